import type { Millis } from '@raspy/clock';
import type { Instant, JobMemory } from './effects.js';
import type { DueRun } from './late-runs.js';

/** When the runs of a job come, and which of them were decided on. Its own time is the wall clock's, or monotonic. */
export interface Timing {
  /** Whether deadlines are wall time; else they are monotonic. */
  readonly byWallClock: boolean;
  /** The next run, in its own time; `undefined` when there is none any more. */
  next(at: Instant): Millis | undefined;
  /** From a run to the one after it; `Infinity` after the last. */
  gapAfter(due: Millis): Millis;
  /**
   * Takes the runs that have come, the newest first and at most `count`: they are decided on. The first of them is
   * what `next` last gave, and waited for its jitter.
   */
  take(at: Instant, jitter: Millis, count: number): readonly DueRun[];
  /** Runs up to now are no matter any more: the job is new, or was disabled. */
  startAnew(at: Instant): void;
  /** The clock is believed from now on, or not any more. */
  trustChanged(at: Instant): void;
  /** The wall clock was set back. Whether `next` has to be asked again. */
  setBack(at: Instant): boolean;
  /** What to keep; while the clock is not trusted, what was known before. */
  memory(trusted: boolean): Pick<JobMemory, 'settled' | 'lastDue'>;
}
