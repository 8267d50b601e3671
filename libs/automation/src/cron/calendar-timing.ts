import type { Millis } from '@raspy/clock';
import type { Instant, JobMemory } from './effects.js';
import type { DueRun } from './late-runs.js';
import type { Recurrence } from './recurrence.js';
import type { Timing } from './timing.js';

/** A wall clock that was set back by more than this has begun another calendar: what ran by the old one does not count. */
export const FORGET_AFTER_MS = 86_400_000;

interface Decided {
  /** Every run up to here was decided on; `undefined` before the first look at the clock. */
  readonly settled: Millis | undefined;
  /** The last run that came. It does not come again when the clock is set back. */
  readonly lastDue: Millis | undefined;
}

/** Runs by the wall clock: cron expressions, the sun, one instant. */
export class CalendarTiming implements Timing {
  readonly byWallClock = true;
  #decided: Decided;
  /** What was decided on by a clock that was believed; the present decisions are by another while it is not. */
  #believed: Decided;
  #due: Millis | undefined;

  constructor(
    readonly recurrence: Recurrence,
    { settled, lastDue }: JobMemory = {},
  ) {
    this.#decided = { settled, lastDue };
    this.#believed = this.#decided;
  }

  next({ wall }: Instant): Millis | undefined {
    const { lastDue } = this.#decided;
    const settled = this.#decided.settled ?? wall;
    this.#decided = settled <= wall ? { settled, lastDue } : decidedBefore(wall, lastDue);
    this.#due = this.recurrence.next(this.#decided.settled!);
    return this.#due;
  }

  gapAfter(due: Millis): Millis {
    const following = this.recurrence.next(due);
    return following === undefined ? Infinity : following - due;
  }

  take({ wall }: Instant, jitter: Millis, count: number): readonly DueRun[] {
    const first = this.#due!;
    const runs: DueRun[] = [];
    const second = this.recurrence.next(first);
    if (second !== undefined && second <= wall) {
      let due = this.recurrence.previous(wall + 1);
      for (; due !== undefined && due > first && runs.length < count; due = this.recurrence.previous(due)) {
        runs.push({ due, late: wall - due });
      }
    }
    if (runs.length < count) runs.push({ due: first, late: wall - first - jitter });
    const newest = runs[0]!.due;
    this.#decided = { settled: newest, lastDue: newest };
    return runs;
  }

  startAnew({ wall, trusted }: Instant): void {
    const { lastDue } = this.#decided;
    this.#decided = trusted ? decidedBefore(wall, lastDue) : { settled: undefined, lastDue };
    this.#believed = trusted ? this.#decided : { settled: undefined, lastDue: undefined };
  }

  trustChanged({ wall, trusted }: Instant): void {
    if (!trusted) {
      this.#believed = this.#decided;
      return;
    }
    const { settled, lastDue } = this.#believed;
    // What ran by the clock that was not believed counts where that clock was about right.
    const ran = ifNear(wall, this.#decided.lastDue);
    this.#decided =
      settled === undefined
        ? decidedBefore(wall, ran)
        : { settled: latest(settled, ran), lastDue: latest(lastDue, ran) };
    this.#believed = this.#decided;
  }

  setBack({ wall }: Instant): boolean {
    return this.#decided.settled !== undefined && this.#decided.settled > wall;
  }

  memory(trusted: boolean): JobMemory {
    const { settled, lastDue } = trusted ? this.#decided : this.#believed;
    return { ...(settled === undefined ? {} : { settled }), ...(lastDue === undefined ? {} : { lastDue }) };
  }
}

/** Nothing before `wall` matters; what came already does not come again. */
function decidedBefore(wall: Millis, lastDue: Millis | undefined): Decided {
  const near = ifNear(wall, lastDue);
  return { settled: latest(wall, near), lastDue: near };
}

/** An instant, unless it lies so far ahead that it belongs to another calendar. */
function ifNear(wall: Millis, instant: Millis | undefined): Millis | undefined {
  return instant !== undefined && instant <= wall + FORGET_AFTER_MS ? instant : undefined;
}

function latest<T extends Millis | undefined>(one: T, other: Millis | undefined): T | Millis {
  return other === undefined || (one !== undefined && one >= other) ? one : other;
}
