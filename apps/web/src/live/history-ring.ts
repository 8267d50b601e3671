import type { Millis } from '@raspy/clock';

/** A value at an instant, in Unix milliseconds. */
export type Point = readonly [atMs: Millis, value: number];

/** How much a {@link HistoryRing} remembers. */
export interface HistoryLimits {
  /** How far back. @default an hour */
  readonly spanMs?: Millis;
  /** Of what comes within so long, the last one stays. @default 10 s */
  readonly stepMs?: Millis;
  /** Values that are remembered; the one that is quiet for longest goes first. @default 2,000 */
  readonly maxKeys?: number;
}

/** The last hour of numeric values, in memory: for sparklines. Pure. */
export class HistoryRing {
  readonly #spanMs: Millis;
  readonly #stepMs: Millis;
  readonly #maxKeys: number;
  readonly #points = new Map<string, Point[]>();

  constructor({ spanMs = 3_600_000, stepMs = 10_000, maxKeys = 2_000 }: HistoryLimits = {}) {
    this.#spanMs = spanMs;
    this.#stepMs = stepMs;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#points.size;
  }

  add(key: string, at: Millis, value: number): void {
    const points = this.#points.get(key) ?? [];
    // A wall clock that was set back: what lies ahead of it was told by the wrong time.
    while (points.length > 0 && points.at(-1)![0] > at) points.pop();
    const last = points.at(-1);
    if (last !== undefined && this.#step(last[0]) === this.#step(at)) points.pop();
    points.push([at, value]);
    this.#cut(points, at);
    this.#points.delete(key);
    this.#points.set(key, points);
    if (this.#points.size > this.#maxKeys) {
      const [oldest] = this.#points.keys();
      this.#points.delete(oldest!);
    }
  }

  /** The oldest first. */
  of(key: string, wallNow: Millis): readonly Point[] {
    const points = this.#points.get(key);
    if (points === undefined) return [];
    this.#cut(points, wallNow);
    return points;
  }

  #step(at: Millis): number {
    return Math.floor(at / this.#stepMs);
  }

  #cut(points: Point[], now: Millis): void {
    const from = points.findIndex(([at]) => at > now - this.#spanMs);
    points.splice(0, from === -1 ? points.length : from);
  }
}
