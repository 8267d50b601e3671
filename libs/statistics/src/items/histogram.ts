import type { Clock } from '@raspy/clock';
import { StatisticsOptionError, StatisticsValueError } from '../errors.js';
import { Item, Series, type ItemOptions, type StatisticValue } from './item.js';

/** Upper ends of buckets in seconds, when none are given: from a request on the same board to one that waited. */
export const DURATION_BUCKETS: readonly number[] = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Counted observations: one series of {@link Histogram}. */
export class HistogramSeries extends Series {
  readonly #item: Histogram;
  /** Of each bucket alone; the last is of what lies above all bounds. */
  readonly #counts: Float64Array;
  #count = 0;
  #sum = 0;

  constructor(item: Histogram, labelValues: readonly string[]) {
    super(item.oid, item.labelNames, labelValues);
    this.#item = item;
    this.#counts = new Float64Array(item.buckets.length + 1);
  }

  /** Observations so far. */
  get count(): number {
    return this.#count;
  }

  /** All observations added. */
  get sum(): number {
    return this.#sum;
  }

  /** Upper ends of the buckets. */
  get buckets(): readonly number[] {
    return this.#item.buckets;
  }

  /** How many observations each bucket has alone; the last is of what lies above them all. */
  get counts(): readonly number[] {
    return Array.from(this.#counts);
  }

  /** How many observations were at most as large as each of the item's buckets; the last is all of them. */
  cumulative(): number[] {
    let sum = 0;
    return Array.from(this.#counts, (count) => (sum += count));
  }

  /** @throws StatisticsValueError when it is negative or no finite number; nothing is counted */
  observe(value: number): void {
    const item = this.#item;
    if (!(value >= 0) || value === Infinity)
      throw new StatisticsValueError(item.oid, value, 'a finite number from 0');
    const { buckets } = item;
    let bucket = 0;
    while (bucket < buckets.length && value > buckets[bucket]!) bucket += 1;
    this.#counts[bucket]! += 1;
    this.#count += 1;
    this.#sum += value;
    const hub = item.hub;
    if (hub?.listening === true) hub.touch(this);
  }

  /**
   * Takes over what somebody else has counted. Less than before means that he began anew, which exporters tell as it is.
   *
   * @param counts - of each bucket alone, and of what lies above them all
   * @param sum - of all observations, in the item's unit
   * @throws StatisticsValueError when these are not as many whole numbers from 0, or the sum is negative or not finite
   */
  follow(counts: readonly number[], sum: number): void {
    const isRight =
      counts.length === this.#counts.length &&
      counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
      sum >= 0 &&
      sum < Infinity;
    if (!isRight)
      throw new StatisticsValueError(
        this.#item.oid,
        counts,
        `${this.#counts.length} whole numbers from 0, and a sum`,
      );
    const isSame = sum === this.#sum && counts.every((count, bucket) => count === this.#counts[bucket]);
    if (isSame) return;
    this.#counts.set(counts);
    this.#count = counts.reduce((all, count) => all + count, 0);
    this.#sum = sum;
    const hub = this.#item.hub;
    if (hub?.listening === true) hub.touch(this);
  }

  override tell(put: (suffix: string, value: StatisticValue) => void): void {
    put('.count', this.#count);
    put('.sum', this.#sum);
  }
}

/** What {@link Histogram} is told. */
export interface HistogramOptions extends ItemOptions {
  /** Upper ends of the buckets, rising, up to 64; what lies above them all is counted, too. @default {@link DURATION_BUCKETS} */
  readonly buckets?: readonly number[];
}

/**
 * How observations, mostly durations in seconds, are spread over fixed buckets. MMI and SNMP tell their count and sum,
 * Prometheus the buckets, too.
 */
export class Histogram extends Item<HistogramSeries> {
  override readonly kind = 'histogram';
  override readonly suffixes: readonly string[] = ['.count', '.sum'];
  /** Upper ends of the buckets. */
  readonly buckets: readonly number[];

  /** @param options - its unit is seconds unless told otherwise */
  constructor(options: HistogramOptions) {
    super({ ...options, unit: options.unit ?? 'seconds' });
    this.buckets = [...(options.buckets ?? DURATION_BUCKETS)];
    const rising = this.buckets.every(
      (end, index) => Number.isFinite(end) && (index === 0 || end > this.buckets[index - 1]!),
    );
    if (!rising || this.buckets.length < 1 || this.buckets.length > 64)
      throw new StatisticsOptionError(`buckets of "${this.oid}" have to be 1 to 64 finite numbers that rise`);
  }

  /** Counts one observation. @throws StatisticsValueError when it is negative or no finite number; StatisticsLabelsError */
  observe(value: number): void {
    this.only.observe(value);
  }

  /** Takes over what somebody else has counted, see {@link HistogramSeries.follow}. @throws StatisticsValueError, StatisticsLabelsError */
  follow(counts: readonly number[], sum: number): void {
    this.only.follow(counts, sum);
  }

  /** Counts the seconds from now until what it returns is called; of the monotonic clock, which never steps. */
  start(clock: Clock, ...labels: readonly string[]): () => void {
    const series = labels.length === 0 ? this.only : this.labels(...labels);
    const begun = clock.now();
    return () => series.observe(Math.max(0, clock.now() - begun) / 1_000);
  }

  protected override create(labelValues: readonly string[]): HistogramSeries {
    return new HistogramSeries(this, labelValues);
  }
}
