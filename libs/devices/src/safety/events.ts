import type { OutputValue, SafetyRule } from './definition.js';

/** What a guard did or found. */
export type SafetyEventType =
  /** A rule took it out of use: it is driven to its fail-safe state. */
  | 'tripped'
  /** A trip that held was acknowledged. */
  | 'acknowledged'
  | 'disabled'
  | 'enabled'
  /** Its lease was given back. */
  | 'released'
  /** It could not be driven; that is tried again for ever, after 1, 2, 4 ... 30 s. */
  | 'driveFailed'
  /** It is driven at last. */
  | 'driven'
  /** It does not report what it was set to; it is driven again. */
  | 'disobeyed'
  /** It reports what it was set to again. */
  | 'obeys'
  /** Its session ended while it may be active, so that nothing can be done about it. */
  | 'unreachable'
  /** What was saved of it cannot be used: its counters begin anew. */
  | 'memoryLost';

/** Something that people should know of a guarded output; plain JSON. */
export interface SafetyEvent {
  readonly type: SafetyEventType;
  /** `critical`: somebody has to look after it now; `warning`: it is in its fail-safe state, or was changed. */
  readonly severity: 'info' | 'warning' | 'critical';
  readonly device: string;
  /** The rule that it is about. */
  readonly rule?: SafetyRule;
  /** For people. */
  readonly reason: string;
  /** Whether it holds until a person acknowledges it. @default false */
  readonly latched?: boolean;
}

/** What the caller of the machine has to do, in this order. */
export type SafetyEffect =
  /**
   * Set the output, before anything else that waits for the device if it is urgent, and tell `applied` what came of it.
   */
  | {
      readonly type: 'drive';
      readonly device: string;
      readonly value: OutputValue;
      readonly rule: SafetyRule;
      readonly reason: string;
      readonly urgent: boolean;
    }
  | { readonly type: 'event'; readonly event: SafetyEvent }
  /** What `state` and `save` tell of it is not what it was. */
  | { readonly type: 'changed'; readonly device: string };

/** Why something may not be done now. */
export interface SafetyRefusal {
  readonly rule: SafetyRule;
  /** For people: what is wrong, and what would be needed. */
  readonly reason: string;
  /** Milliseconds until this rule allows it; absent when that does not depend on time, or is not known. */
  readonly retryAfterMs?: number;
}
