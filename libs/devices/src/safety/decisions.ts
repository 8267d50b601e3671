import type { OutputValue } from './definition.js';
import type { SafetyEffect, SafetyRefusal } from './events.js';

/** A lease that was given or renewed. */
export interface LeaseGrant {
  readonly id: string;
  /** How long it lasts from now on. */
  readonly ms: number;
}

/** What is asked beside the value. */
export interface SafetyAsk {
  /** For how long it may stay so without a renewal, in milliseconds. @default no lease */
  readonly leaseMs?: number;
  /** The lease that the asker has and keeps; prolonged when `leaseMs` is given. @default a new one where one is asked for */
  readonly leaseId?: string;
}

interface Refused extends SafetyRefusal {
  readonly allowed: false;
  readonly effects: readonly SafetyEffect[];
}

/** Whether an output may be set; if so, it has to be set now, and `applied` has to be told what came of it. */
export type SafetyDecision =
  | {
      readonly allowed: true;
      readonly value: OutputValue;
      readonly lease?: LeaseGrant;
      readonly effects: readonly SafetyEffect[];
    }
  | Refused;

/** Whether a command may be executed. */
export type SpendDecision =
  | {
      readonly allowed: true;
      /** Whether that used something of a budget, which should be on record before it is executed. */
      readonly spent: boolean;
      readonly effects: readonly SafetyEffect[];
    }
  | Refused;

/** What came of a renewal. */
export type RenewDecision =
  | { readonly found: false; readonly effects: readonly SafetyEffect[] }
  | {
      readonly found: true;
      readonly allowed: true;
      readonly device: string;
      readonly lease: LeaseGrant;
      readonly effects: readonly SafetyEffect[];
    }
  /** The lease stays as it was. */
  | (Refused & { readonly found: true; readonly device: string });

/** What came of giving a lease back. */
export type ReleaseDecision =
  | { readonly found: false; readonly effects: readonly SafetyEffect[] }
  | { readonly found: true; readonly device: string; readonly effects: readonly SafetyEffect[] };
