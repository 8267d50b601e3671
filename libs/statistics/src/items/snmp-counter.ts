import { CounterStepError, StatisticsOptionError, StatisticsValueError } from '../errors.js';
import { checkComputed, readSafely, type Computed } from './computed.js';
import { Item, Series, type ItemOptions, type StatisticValue } from './item.js';

const WRAP = 2 ** 32;

/** A count that only goes up: one series of {@link SnmpCounter}. */
export class CounterSeries extends Series {
  #total: number;
  readonly #item: SnmpCounter;

  constructor(item: SnmpCounter, labelValues: readonly string[], initial: number) {
    super(item.oid, item.labelNames, labelValues);
    this.#item = item;
    this.#total = initial;
  }

  /** Modulo 2^32, as Counter32; undefined when it is computed and that failed. */
  get value(): number | undefined {
    const { total } = this;
    return total === undefined ? undefined : total % WRAP;
  }

  /** Since it began, exact up to 2^53; undefined when it is computed and that failed. */
  get total(): number | undefined {
    const { read } = this.#item;
    return read === undefined ? this.#total : readSafely(read, isTotal);
  }

  /** @param step - whole, from 0. Default 1 @throws CounterStepError otherwise; StatisticsValueError when it is computed */
  add(step = 1): void {
    const item = this.#item;
    if (!(step >= 0) || !Number.isSafeInteger(step)) throw new CounterStepError(item.oid, step);
    if (item.read !== undefined) item.refuse(step);
    this.#total += step;
    const hub = item.hub;
    if (hub?.listening === true) hub.touch(this);
  }

  /**
   * Takes over what somebody else has counted. Less than before means that he began anew, which exporters tell as it is.
   *
   * @throws StatisticsValueError when it is no whole number from 0, or the item is computed
   */
  follow(total: number): void {
    const item = this.#item;
    if (item.read !== undefined || !isTotal(total)) item.refuse(total);
    if (total === this.#total) return;
    this.#total = total;
    const hub = item.hub;
    if (hub?.listening === true) hub.touch(this);
  }

  override tell(put: (suffix: string, value: StatisticValue) => void): void {
    const { total } = this;
    if (total === undefined) return;
    put('', total % WRAP);
    put('.64', total);
  }
}

/** What {@link SnmpCounter} is told. */
export interface CounterOptions extends ItemOptions, Computed<number> {
  /** Where every series begins. @default 0 */
  readonly initial?: number;
}

/**
 * A count that only goes up. Its value is that of SNMP's Counter32: 4294967295 and 1 is 0 (PROTOCOLS D18). Beside it stands the
 * 64-bit total, exact up to 2^53, which MMI tells as `<oid>.64` and Prometheus as the value.
 */
export class SnmpCounter extends Item<CounterSeries> {
  override readonly kind = 'counter';
  override readonly suffixes: readonly string[] = ['', '.64'];
  /** Computes the total. @internal */
  readonly read: (() => number) | undefined;
  readonly #initial: number;

  constructor(options: CounterOptions) {
    super(options);
    checkComputed(this.oid, options);
    this.read = options.read;
    this.#initial = options.initial ?? 0;
    if (!isTotal(this.#initial))
      throw new StatisticsOptionError(`initial of "${this.oid}" has to be a whole number from 0`);
  }

  /** Modulo 2^32; undefined when it is computed and that failed. @throws StatisticsLabelsError when it has labels */
  get value(): number | undefined {
    return this.only.value;
  }

  /** Since it began; undefined when it is computed and that failed. @throws StatisticsLabelsError when it has labels */
  get total(): number | undefined {
    return this.only.total;
  }

  /**
   * Raises it.
   *
   * @param step - whole, from 0. Default 1
   * @throws CounterStepError otherwise; the counter keeps its value
   * @throws StatisticsLabelsError when it has labels
   */
  add(step = 1): void {
    this.only.add(step);
  }

  /** Takes over what somebody else has counted. @see CounterSeries.follow */
  follow(total: number): void {
    this.only.follow(total);
  }

  /** @internal */
  refuse(value: unknown): never {
    throw new StatisticsValueError(
      this.oid,
      value,
      this.read === undefined ? 'a whole number from 0' : 'none: it is computed',
    );
  }

  protected override create(labelValues: readonly string[]): CounterSeries {
    return new CounterSeries(this, labelValues, this.#initial);
  }
}

function isTotal(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
