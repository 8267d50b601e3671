import type { Millis } from '@raspy/clock';
import type { Instant, JobMemory } from './effects.js';
import type { DueRun } from './late-runs.js';
import type { Timing } from './timing.js';

/** Runs at an even pace of monotonic time: no step of the wall clock moves them. */
export class IntervalTiming implements Timing {
  readonly byWallClock = false;
  /** The last run by the wall clock, as far as it is believed: how a restart finds the pace again. */
  #settled: Millis | undefined;
  #next: Millis | undefined;
  #hasRun = false;

  constructor(
    readonly everyMs: Millis,
    { settled }: JobMemory = {},
  ) {
    this.#settled = settled;
  }

  next({ now, wall, trusted }: Instant): Millis {
    // A clock that was set back tells nothing of how long ago the last run was.
    const since = trusted && this.#settled !== undefined ? Math.max(wall - this.#settled, 0) : 0;
    this.#next ??= now - since + this.everyMs;
    return this.#next;
  }

  gapAfter(): Millis {
    return this.everyMs;
  }

  take({ now, wall, trusted }: Instant, jitter: Millis, count: number): readonly DueRun[] {
    const first = this.#next!;
    const times = Math.floor((now - first) / this.everyMs);
    const runs = Array.from({ length: Math.min(times + 1, count) }, (_, i) => {
      const late = now - first - (times - i) * this.everyMs;
      return { due: wall - late, late: i === times ? late - jitter : late };
    });
    this.#next = first + (times + 1) * this.everyMs;
    this.#hasRun = true;
    if (trusted) this.#settled = runs[0]!.due;
    return runs;
  }

  startAnew({ wall, trusted }: Instant): void {
    this.#next = undefined;
    this.#hasRun = false;
    this.#settled = trusted ? wall : undefined;
  }

  trustChanged({ trusted }: Instant): void {
    // Now it can be told how long ago the last run before the restart was.
    if (trusted && !this.#hasRun && this.#settled !== undefined) this.#next = undefined;
  }

  setBack(): boolean {
    return false;
  }

  memory(): JobMemory {
    return this.#settled === undefined ? {} : { settled: this.#settled };
  }
}
