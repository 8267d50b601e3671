import { StatisticsOptionError, StatisticsValueError } from '../errors.js';
import { checkComputed, readSafely, type Computed } from './computed.js';
import { Item, Series, type ItemOptions, type StatisticValue } from './item.js';

/** A number that is replaced: one series of {@link SnmpInteger} or {@link SnmpFloat}. */
export class NumberSeries extends Series {
  #value: number;
  readonly #item: NumberItem;

  constructor(item: NumberItem, labelValues: readonly string[], initial: number) {
    super(item.oid, item.labelNames, labelValues);
    this.#item = item;
    this.#value = initial;
  }

  /** Whether it has whole numbers only. */
  get integer(): boolean {
    return this.#item.kind === 'integer';
  }

  /** Now; undefined when it is computed and that failed. */
  get value(): number | undefined {
    const { read } = this.#item;
    return read === undefined ? this.#value : readSafely(read, this.#item.isValue);
  }

  /** @throws StatisticsValueError when it is no value of the item, or the item is computed */
  set(value: number): void {
    const item = this.#item;
    if (item.read !== undefined || !item.isValue(value)) item.refuse(value);
    this.#value = value;
    const hub = item.hub;
    if (hub?.listening === true) hub.touch(this);
  }

  override tell(put: (suffix: string, value: StatisticValue) => void): void {
    const { value } = this;
    if (value !== undefined) put('', value);
  }
}

/** What {@link SnmpInteger} and {@link SnmpFloat} are told. */
export interface NumberOptions extends ItemOptions, Computed<number> {
  /** Where every series begins. @default 0 */
  readonly initial?: number;
}

/** What the two kinds of numbers share. */
export abstract class NumberItem extends Item<NumberSeries> {
  abstract override readonly kind: 'integer' | 'float';
  override readonly suffixes: readonly string[] = [''];
  /** Computes it. @internal */
  readonly read: (() => number) | undefined;
  /** @internal */
  abstract readonly isValue: (value: number) => boolean;
  readonly #initial: number;
  readonly #expected: string;

  constructor(options: NumberOptions, isValue: (value: number) => boolean, expected: string) {
    super(options);
    checkComputed(this.oid, options);
    this.read = options.read;
    this.#expected = expected;
    this.#initial = options.initial ?? 0;
    if (!isValue(this.#initial))
      throw new StatisticsOptionError(`initial of "${this.oid}" has to be ${expected}`);
  }

  /** Now; undefined when it is computed and that failed. @throws StatisticsLabelsError when it has labels */
  get value(): number | undefined {
    return this.only.value;
  }

  /**
   * Replaces the value (PROTOCOLS D19).
   *
   * @throws StatisticsValueError when it is no value of the item, or the item is computed
   * @throws StatisticsLabelsError when it has labels
   */
  set(value: number): void {
    this.only.set(value);
  }

  /** @internal */
  refuse(value: unknown): never {
    throw new StatisticsValueError(
      this.oid,
      value,
      this.read === undefined ? this.#expected : 'none: it is computed',
    );
  }

  protected override create(labelValues: readonly string[]): NumberSeries {
    return new NumberSeries(this, labelValues, this.#initial);
  }
}

/**
 * A whole number that goes up and down, such as a length; -9007199254740991 to 9007199254740991. SNMP tells it as Integer32,
 * which stands still at its ends: take {@link SnmpFloat} where that is too narrow, as for bytes of a disk.
 */
export class SnmpInteger extends NumberItem {
  override readonly kind = 'integer';
  override readonly isValue = Number.isSafeInteger;

  constructor(options: NumberOptions) {
    super(options, Number.isSafeInteger, 'a whole number');
  }
}

/** A number with a fraction, such as a temperature; any finite one. SNMP tells it as text, since it has no such type. */
export class SnmpFloat extends NumberItem {
  override readonly kind = 'float';
  override readonly isValue = Number.isFinite;

  constructor(options: NumberOptions) {
    super(options, Number.isFinite, 'a finite number');
  }
}
