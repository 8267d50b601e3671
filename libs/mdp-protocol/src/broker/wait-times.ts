import type { Millis } from '@raspy/clock';

/** Durations, spread over buckets. */
export interface DurationCounts {
  /** How many each bucket of {@link WAIT_BUCKETS_MS} has alone; the last is of what lies above them all. */
  readonly counts: readonly number[];
  /** All durations added, ms. */
  readonly sumMs: Millis;
}

/** Upper ends of the buckets, ms. The first is of requests that found an idle worker. */
export const WAIT_BUCKETS_MS: readonly Millis[] = [
  0, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
];

/** How long requests waited in the broker for a worker. Touched for each request: plain numbers. */
export class WaitTimes {
  readonly #counts = new Float64Array(WAIT_BUCKETS_MS.length + 1);
  #sum = 0;

  record(waited: Millis): void {
    let bucket = 0;
    while (bucket < WAIT_BUCKETS_MS.length && waited > WAIT_BUCKETS_MS[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += waited;
  }

  /** As it is now. */
  get snapshot(): DurationCounts {
    return { counts: [...this.#counts], sumMs: this.#sum };
  }
}
