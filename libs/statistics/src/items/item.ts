import type { ChangeHub } from '../change-hub.js';
import { StatisticsLabelsError, StatisticsOptionError } from '../errors.js';
import { checkOid, numberOf } from '../oid.js';
import { checkLabelNames, labelText, MAX_LABEL_LENGTH, OTHER } from './labels.js';
import { SeriesTree } from './series-tree.js';

/** What an item is: how it changes, and how exporters tell it. */
export type ItemKind = 'integer' | 'counter' | 'float' | 'string' | 'histogram';

/** What an item tells by MMI. */
export type StatisticValue = number | string;

/** What every item is told. */
export interface ItemOptions {
  /** Its name, unique in a manager: names joined by dots, e.g. `broker.requests`. */
  readonly oid: string;
  /** What it tells, for people: one sentence. */
  readonly doc: string;
  /** Of what, e.g. `seconds`, `milliseconds`, `bytes`, `celsius`, `percent`. @default a mere number */
  readonly unit?: string;
  /** Names of labels; the item has a series for each set of their values then. @default none */
  readonly labels?: readonly string[];
  /**
   * Series at most. Further sets of values are counted in one series whose labels are all `other`, as are values of more than
   * 256 characters, so that neither a hostile name nor a mistake fills the memory. @default 1000
   */
  readonly maxSeries?: number;
  /** Its number in SNMP, 1 to 2147483647. @default made of the oid, always the same */
  readonly number?: number;
  /** Its whole name in Prometheus. @default made of the manager's prefix, the oid, the unit and the kind */
  readonly metric?: string;
}

/** One series of an item: its value for one set of values of the labels. */
export abstract class Series {
  /** `{a="x"}`, empty without labels. */
  readonly labelText: string;
  /** What exporters keep of it, such as the beginning of its line. @internal */
  lines: readonly string[] | undefined;

  constructor(
    readonly oid: string,
    labelNames: readonly string[],
    /** In the order of the item's names. */
    readonly labelValues: readonly string[],
  ) {
    this.labelText = labelText(labelNames, labelValues);
  }

  /** Its values for MMI, each with what follows the oid; none when it cannot be read. */
  abstract tell(put: (suffix: string, value: StatisticValue) => void): void;
}

/** An item with its series; the subclasses say what a series is. */
export abstract class Item<S extends Series = Series> {
  abstract readonly kind: ItemKind;
  /** What follows the oid in the keys of its values, e.g. empty and `.64` of a counter. */
  abstract readonly suffixes: readonly string[];
  readonly oid: string;
  readonly doc: string;
  /** Empty when it is a mere number. */
  readonly unit: string;
  readonly labelNames: readonly string[];
  readonly maxSeries: number;
  /** Its number in SNMP. */
  readonly number: number;
  /** Its whole name in Prometheus as its owner wants it. */
  readonly metric: string | undefined;
  /** How often something was counted as `other`. */
  overflowed = 0;
  /** Of the manager that has it. @internal */
  hub: ChangeHub | undefined;
  /** Of an item with labels. */
  readonly #series = new SeriesTree<S>();
  #sorted: readonly S[] | undefined;
  #only: S | undefined;
  #other: S | undefined;

  constructor(options: ItemOptions) {
    this.oid = checkOid(options.oid);
    this.doc = options.doc.trim();
    if (this.doc === '') throw new StatisticsOptionError(`"${this.oid}" has no doc: say what it tells`);
    this.unit = options.unit ?? '';
    if (this.unit !== '' && !/^[a-z][a-z0-9_]{0,31}$/.test(this.unit))
      throw new StatisticsOptionError(
        `the unit of "${this.oid}" is ${JSON.stringify(this.unit)}: write it out in lower case, such as "seconds"`,
      );
    this.labelNames = checkLabelNames(`"${this.oid}"`, options.labels ?? []);
    this.maxSeries = options.maxSeries ?? 1_000;
    if (!Number.isSafeInteger(this.maxSeries) || this.maxSeries < 1)
      throw new StatisticsOptionError(`maxSeries of "${this.oid}" has to be a whole number from 1`);
    this.number = options.number ?? numberOf(this.oid);
    if (!Number.isInteger(this.number) || this.number < 1 || this.number > 0x7fffffff)
      throw new StatisticsOptionError(
        `number of "${this.oid}" has to be a whole number from 1 to 2147483647`,
      );
    this.metric = options.metric;
    if (this.metric !== undefined && !/^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/.test(this.metric))
      throw new StatisticsOptionError(`metric of "${this.oid}" is no name of Prometheus`);
  }

  /**
   * The series of these values, in the order of the item's label names; made when it is asked for the first time. Keep what
   * it returns where speed matters.
   *
   * @throws StatisticsLabelsError when there are more or fewer values than labels, or one is no text
   */
  labels(...values: readonly string[]): S {
    return this.#series.get(values) ?? this.#grow(values);
  }

  /** The series of these values is told no more, and its place is free; whether there was one. */
  forget(...values: readonly string[]): boolean {
    const series = this.#series.get(values);
    if (series === undefined) return false;
    this.#series.delete(values);
    if (series === this.#other) this.#other = undefined;
    this.#changed();
    this.hub?.gone(series);
    return true;
  }

  /** All series, in the order of their labels. */
  series(): readonly S[] {
    if (this.labelNames.length === 0) return (this.#sorted ??= [this.only]);
    return (this.#sorted ??= [...this.#series.values()].sort((a, b) => (a.labelText < b.labelText ? -1 : 1)));
  }

  /** The one series of an item without labels. @internal @throws StatisticsLabelsError when it has labels */
  get only(): S {
    return this.#only ?? this.#begin();
  }

  protected abstract create(labelValues: readonly string[]): S;

  #begin(): S {
    if (this.labelNames.length > 0)
      throw new StatisticsLabelsError(
        this.oid,
        `it has a value for each ${this.labelNames.join(', ')}; ask labels() for one`,
      );
    return (this.#only = this.create([]));
  }

  #grow(values: readonly string[]): S {
    if (values.length !== this.labelNames.length)
      throw new StatisticsLabelsError(
        this.oid,
        `${values.length} values were given; it has ${this.labelNames.join(', ') || 'none'}`,
      );
    if (values.length === 0) return this.only;
    if (values.some((value) => typeof value !== 'string'))
      throw new StatisticsLabelsError(this.oid, 'values have to be texts');
    if (this.#series.size >= this.maxSeries + (this.#other === undefined ? 0 : 1)) return this.#overflow();
    if (values.some((value) => value.length > MAX_LABEL_LENGTH)) return this.#overflow();
    return this.#put(values);
  }

  #overflow(): S {
    this.overflowed += 1;
    this.hub?.overflow(this.oid);
    return (this.#other ??= this.#put(this.labelNames.map(() => OTHER)));
  }

  #put(values: readonly string[]): S {
    const present = this.#series.get(values);
    if (present !== undefined) return present;
    const series = this.create([...values]);
    this.#series.set(values, series);
    this.#changed();
    return series;
  }

  #changed(): void {
    this.#sorted = undefined;
    if (this.hub !== undefined) this.hub.structure += 1;
  }
}
