import type { SandboxEnd } from './sandbox.js';

/** A call that a program made; `args` is a JSON array. */
export interface RealmCall {
  readonly id: number;
  readonly method: string;
  readonly args: string;
}

/** What came of one turn of a program. */
export interface Turn {
  readonly calls: readonly RealmCall[];
  /** It is over; the calls were made before. */
  readonly end?: SandboxEnd;
}
