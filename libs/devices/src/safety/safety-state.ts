import type { OutputValue, SafetyRule } from './definition.js';

/** What a guard tells of its output; plain JSON. Times are relative to when it was asked. */
export interface SafetyState {
  /** Name of the guarded value. */
  readonly output: string;
  /** What it is to be. */
  readonly wanted: OutputValue;
  /** What it was set to last; absent while that is not known. */
  readonly actual?: OutputValue;
  readonly failSafe: OutputValue;
  /** `tripped`: a rule drove it to its fail-safe state, and it has not been asked for anything since. */
  readonly state: 'ok' | 'tripped' | 'disabled';
  /** The rule that tripped, or keeps it from being driven, or from what it begins with. */
  readonly rule?: SafetyRule;
  /** For people. */
  readonly reason?: string;
  /** Whether it stays tripped until a person acknowledges it. */
  readonly latched: boolean;
  /** Its lease; not its name, which is for its holder alone. */
  readonly lease?: { readonly endsInMs: number };
  /** For how long it has been active, as far as is known. */
  readonly onForMs?: number;
  /** For how long it may still be active within its window; the shortest of several. */
  readonly dutyLeftMs?: number;
  /** How long it must stay inactive yet. */
  readonly offUntilInMs?: number;
  readonly budgets?: readonly BudgetState[];
}

/** What is left of a budget. */
export interface BudgetState {
  readonly command: string;
  readonly argument: string;
  /** How much may still be given within the window. */
  readonly left: number;
}
