import type { DutyLimit } from './definition.js';

/** From when until when. */
export type Interval = readonly [from: number, to: number];

/** So many intervals are kept; of more, those with the shortest pause between them are joined, and the pause counts as on. */
const MOST_INTERVALS = 256;

/** When something was on, within a window that slides; exact as long as it is not switched too often. */
export class OnTime {
  readonly #windowMs: number;
  /** Ended, in their order, without touching each other. */
  #ended: Interval[] = [];
  #since: number | undefined;

  /** @param windowMs - the longest window that is asked about; 0 when none is, and nothing is kept then */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Since when it is on. */
  get since(): number | undefined {
    return this.#since;
  }

  /** What was known of the time before. */
  restore(intervals: readonly Interval[]): void {
    for (const interval of [...intervals].sort(([a], [b]) => a - b)) this.#push(interval);
  }

  start(now: number): void {
    this.#since ??= now;
  }

  stop(now: number): void {
    if (this.#since === undefined) return;
    this.#push([this.#since, now]);
    this.#since = undefined;
    this.#forget(now);
  }

  /** All of them, the one that is going on as if it ended now. */
  intervals(now: number): readonly Interval[] {
    this.#forget(now);
    return this.#windowMs > 0 && this.#since !== undefined && this.#since < now
      ? [...this.#ended, [this.#since, now]]
      : this.#ended;
  }

  /** For how long it was on within the window that ends now. */
  used(now: number, windowMs: number): number {
    const begin = now - windowMs;
    return this.intervals(now).reduce((sum, [from, to]) => sum + Math.max(0, to - Math.max(from, begin)), 0);
  }

  /** When it will have been on for as long as it may, if it is on from now on; not before now. */
  reachesAt(now: number, { onMs, windowMs }: DutyLimit): number {
    let used = this.used(now, windowMs);
    if (used >= onMs) return now;
    let at = now;
    let begin = now - windowMs;
    for (const [from, to] of this.#ended) {
      if (to <= begin) continue;
      // While the window's begin passes over a pause it is on for longer and longer; over an interval, for as long.
      const pause = Math.max(0, from - begin);
      if (used + pause >= onMs) break;
      used += pause;
      at += to - begin;
      begin = to;
    }
    return at + (onMs - used);
  }

  /** When it will have been on for less than it may, if it is off from now on. */
  freeAt(now: number, { onMs, windowMs }: DutyLimit): number {
    let excess = this.used(now, windowMs) - onMs;
    if (excess < 0) return now;
    const begin = now - windowMs;
    for (const [from, to] of this.intervals(now)) {
      const counted = Math.max(0, to - Math.max(from, begin));
      if (excess < counted) return Math.max(from, begin) + excess + windowMs + 1;
      excess -= counted;
    }
    return now;
  }

  #push([from, to]: Interval): void {
    if (this.#windowMs <= 0 || !(to > from)) return;
    const last = this.#ended.at(-1);
    if (last !== undefined && from <= last[1]) {
      this.#ended[this.#ended.length - 1] = [last[0], Math.max(last[1], to)];
      return;
    }
    this.#ended.push([from, to]);
    if (this.#ended.length > MOST_INTERVALS) this.#joinNearest();
  }

  #joinNearest(): void {
    let nearest = 1;
    let shortest = Infinity;
    for (let index = 1; index < this.#ended.length; index++) {
      const pause = this.#ended[index]![0] - this.#ended[index - 1]![1];
      if (pause >= shortest) continue;
      shortest = pause;
      nearest = index;
    }
    const [from] = this.#ended[nearest - 1]!;
    const [, to] = this.#ended[nearest]!;
    this.#ended.splice(nearest - 1, 2, [from, to]);
  }

  #forget(now: number): void {
    const begin = now - this.#windowMs;
    const kept = this.#ended.findIndex(([, to]) => to > begin);
    if (kept !== 0) this.#ended = kept < 0 ? [] : this.#ended.slice(kept);
  }
}
