import type { Cancel, Clock, Millis } from './clock.js';

/** More tasks than this at one instant are a loop that never lets time go on: an error rather than a test that hangs. */
const MAX_TASKS_AT_ONCE = 1_000_000;

interface Entry {
  readonly at: Millis;
  readonly order: number;
  readonly task: () => void;
}

/**
 * A clock that moves only when told to: days pass in microseconds, always the same way.
 *
 * Tasks run in the order of their instants, those of one instant in the order they were scheduled;
 * while a task runs, {@link VirtualClock.now} is exactly its instant.
 */
export class VirtualClock implements Clock {
  #now: Millis;
  #wallOffset: Millis;
  #order = 0;
  #entries: Entry[] = [];
  #ranAtOnce = 0;

  /**
   * @param start - first value of {@link VirtualClock.now}; default 0
   * @param wallStart - first value of {@link VirtualClock.wallNow}; default 2026-01-01T00:00Z
   */
  constructor(start: Millis = 0, wallStart: Millis = Date.UTC(2026, 0, 1)) {
    this.#now = start;
    this.#wallOffset = wallStart - start;
  }

  now(): Millis {
    return this.#now;
  }

  wallNow(): Millis {
    return this.#now + this.#wallOffset;
  }

  /** Steps the wall clock alone, as NTP does; nothing scheduled moves. */
  stepWall(by: Millis): void {
    this.#wallOffset += by;
  }

  schedule(at: Millis, task: () => void): Cancel {
    const entry: Entry = { at: Math.max(at, this.#now), order: this.#order++, task };
    if (at !== Infinity) this.#entries.push(entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  /** Instant of the next task, `Infinity` when there is none. */
  get nextAt(): Millis {
    return this.#earliest()?.at ?? Infinity;
  }

  /**
   * Moves time forward to `instant`, running every task that falls due on the way, new ones included.
   * @throws Error when a million tasks run at one instant: they schedule each other without end
   */
  advanceTo(instant: Millis): void {
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.at > instant) break;
      this.#entries.splice(this.#entries.indexOf(next), 1);
      this.#ranAtOnce = next.at > this.#now ? 1 : this.#ranAtOnce + 1;
      if (this.#ranAtOnce > MAX_TASKS_AT_ONCE) {
        throw new Error(`tasks schedule each other at ${next.at} ms without end; time cannot go on`);
      }
      this.#now = next.at;
      next.task();
    }
    this.#now = Math.max(this.#now, instant);
  }

  /** Moves time forward by `span`; see {@link VirtualClock.advanceTo}. */
  advanceBy(span: Millis): void {
    this.advanceTo(this.#now + span);
  }

  /**
   * Like {@link VirtualClock.advanceBy}, but lets promise reactions run before it begins, after each task and at
   * the end: for code that awaits between its timers.
   */
  async advanceByAsync(span: Millis): Promise<void> {
    const end = this.#now + span;
    await settle();
    while (this.nextAt <= end) {
      this.advanceTo(this.nextAt);
      await settle();
    }
    this.advanceTo(end);
    await settle();
  }

  #earliest(): Entry | undefined {
    let best: Entry | undefined;
    for (const entry of this.#entries) {
      if (best === undefined || entry.at < best.at || (entry.at === best.at && entry.order < best.order)) {
        best = entry;
      }
    }
    return best;
  }
}

/** One turn of the event loop: every promise reaction that is ready runs first. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
