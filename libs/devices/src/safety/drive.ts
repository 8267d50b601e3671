import type { OutputValue, SafetyRule } from './definition.js';

/** An output is being driven by its guard, until that has worked. */
export interface Drive {
  readonly value: OutputValue;
  readonly rule: SafetyRule;
  readonly reason: string;
  readonly urgent: boolean;
  /** How often it has failed. */
  readonly failures: number;
  /** Whether the answer is awaited; else it waits for its next turn. */
  readonly sent: boolean;
  /** When it is driven again if nothing else has come of it. */
  readonly again: number;
}

/** A drive that is not answered for so long is taken for failed. */
export const ANSWER_MS = 60_000;

const LONGEST_PAUSE_MS = 30_000;

/** The pause after so many failures, one or more: 1, 2, 4 ... 30 s. */
export function pauseMs(failures: number): number {
  return Math.min(1_000 * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE_MS);
}
