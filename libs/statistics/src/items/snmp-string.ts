import { StatisticsOptionError, StatisticsValueError } from '../errors.js';
import { checkComputed, readSafely, type Computed } from './computed.js';
import { Item, Series, type ItemOptions, type StatisticValue } from './item.js';

/** Characters of a text at most. */
export const MAX_TEXT_LENGTH = 1_024;

/** A text that is replaced: one series of {@link SnmpString}. */
export class TextSeries extends Series {
  #value: string;
  readonly #item: SnmpString;

  constructor(item: SnmpString, labelValues: readonly string[], initial: string) {
    super(item.oid, item.labelNames, labelValues);
    this.#item = item;
    this.#value = initial;
  }

  /** Now; undefined when it is computed and that failed. */
  get value(): string | undefined {
    const { read } = this.#item;
    return read === undefined ? this.#value : readSafely(read, isText);
  }

  /** @throws StatisticsValueError when it is no text of up to 1,024 characters, or the item is computed */
  set(value: string): void {
    const item = this.#item;
    if (item.read !== undefined || !isText(value)) item.refuse(value);
    this.#value = value;
    const hub = item.hub;
    if (hub?.listening === true) hub.touch(this);
  }

  override tell(put: (suffix: string, value: StatisticValue) => void): void {
    const { value } = this;
    if (value !== undefined) put('', value);
  }
}

/** What {@link SnmpString} is told. */
export interface TextOptions extends ItemOptions, Computed<string> {
  /** Where every series begins. @default empty */
  readonly initial?: string;
}

/** A text of up to 1,024 characters, such as a version. SNMP tells the first 255 bytes, Prometheus a label `value` at a 1. */
export class SnmpString extends Item<TextSeries> {
  override readonly kind = 'string';
  override readonly suffixes: readonly string[] = [''];
  /** Computes it. @internal */
  readonly read: (() => string) | undefined;
  readonly #initial: string;

  constructor(options: TextOptions) {
    super(options);
    checkComputed(this.oid, options);
    this.read = options.read;
    this.#initial = options.initial ?? '';
    if (!isText(this.#initial))
      throw new StatisticsOptionError(
        `initial of "${this.oid}" has to be a text of up to ${MAX_TEXT_LENGTH} characters`,
      );
  }

  /** Now; undefined when it is computed and that failed. @throws StatisticsLabelsError when it has labels */
  get value(): string | undefined {
    return this.only.value;
  }

  /** Replaces the text (PROTOCOLS D19). @throws StatisticsValueError, StatisticsLabelsError */
  set(value: string): void {
    this.only.set(value);
  }

  /** @internal */
  refuse(value: unknown): never {
    throw new StatisticsValueError(
      this.oid,
      value,
      this.read === undefined ? `a text of up to ${MAX_TEXT_LENGTH} characters` : 'none: it is computed',
    );
  }

  protected override create(labelValues: readonly string[]): TextSeries {
    return new TextSeries(this, labelValues, this.#initial);
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_TEXT_LENGTH;
}
