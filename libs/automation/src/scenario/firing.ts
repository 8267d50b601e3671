import type { Millis } from '@raspy/clock';
import type { Json } from '../sandbox/sandbox.js';

/** Why a run began: core started; somebody asked; a condition, a time or another scenario; its run before was cut off or failed. */
export type FiringReason = 'start' | 'by hand' | 'condition' | 'time' | 'scenario';

/** What began a run, as its code sees it in `fired`. */
export interface Firing {
  readonly why: FiringReason;
  /** Unix milliseconds by the wall clock. */
  readonly at: Millis;
  /** The entry whose condition or time it was. */
  readonly entry?: string;
  /** What that entry read when it fired; for `scenario`, its moment, or the scenario whose code started this one. */
  readonly value?: Json;
  /** What somebody gave who ran it by hand, or by another scenario. */
  readonly payload?: Json;
  /** It was fired before, and begins again: its run failed, or was ended by a power cut or a crash. */
  readonly again?: 'after an error' | 'after a restart';
}
