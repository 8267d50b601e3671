import { systemClock, type Cancel, type Clock, type Millis } from '@raspy/clock';
import type { Observable } from 'rxjs';
import { ChangeHub, type StatisticsChanges } from './change-hub.js';
import {
  DuplicateStatisticError,
  StatisticsOptionError,
  StatisticsValueError,
  UnknownStatisticError,
} from './errors.js';
import { Histogram } from './items/histogram.js';
import type { Series, StatisticValue } from './items/item.js';
import { checkLabelNames, inOrder } from './items/labels.js';
import { SnmpCounter } from './items/snmp-counter.js';
import type { SnmpFloat, SnmpInteger } from './items/snmp-integer.js';
import { SnmpString } from './items/snmp-string.js';
import { metricName, seriesNames, type MetricName } from './metric-name.js';

/** Every kind of item. */
export type AnyItem = SnmpInteger | SnmpCounter | SnmpFloat | SnmpString | Histogram;

/** What a {@link StatisticsManager} is told. */
export interface StatisticsManagerOptions {
  /** Times the telling of changes. @default the machine's */
  readonly clock?: Clock;
  /** At most how often changes are told. @default 1000 */
  readonly changesEveryMs?: Millis;
  /** First word of all names in Prometheus. @default `raspy` */
  readonly prefix?: string;
  /**
   * Labels that all its items have for exporters, such as the server; MMI does not tell them. Managers of one process that
   * are exported together differ in their values. @default none
   */
  readonly constantLabels?: Readonly<Record<string, string>>;
}

/**
 * The statistics of one server: items by their oids, which MMI, Prometheus and SNMP all read. No sockets; exporters are behind
 * doors of their own.
 */
export class StatisticsManager {
  /** Of {@link StatisticsManagerOptions.constantLabels}. */
  readonly constantLabelNames: readonly string[];
  /** In the order of their names. */
  readonly constantLabelValues: readonly string[];
  /** What changed, coalesced, while somebody listens. Items that are computed are not watched. */
  readonly changes$: Observable<StatisticsChanges>;
  readonly #items = new Map<string, AnyItem>();
  readonly #names = new Map<string, MetricName>();
  /** Oids by the names and numbers that they take. */
  readonly #taken = new Map<string, string>();
  readonly #tasks = new Set<() => void>();
  readonly #prefix: string;
  readonly #hub: ChangeHub;
  #sorted: readonly AnyItem[] | undefined;
  #itemsVersion = 0;
  #failures = 0;

  constructor(options: StatisticsManagerOptions = {}) {
    const { clock = systemClock, changesEveryMs = 1_000, prefix = 'raspy', constantLabels = {} } = options;
    if (!(changesEveryMs >= 0 && changesEveryMs < Infinity))
      throw new StatisticsOptionError('changesEveryMs has to be a number from 0');
    if (!/^[a-z][a-z0-9_]{0,31}$/.test(prefix))
      throw new StatisticsOptionError(
        `the prefix ${JSON.stringify(prefix)} has to be lower-case letters, digits and "_"`,
      );
    this.#prefix = prefix;
    this.constantLabelNames = checkLabelNames('the manager', Object.keys(constantLabels));
    this.constantLabelValues = Object.values(constantLabels);
    this.#hub = new ChangeHub(clock, changesEveryMs, valuesOf);
    this.changes$ = this.#hub.changes$;
  }

  /**
   * Adds an item, which is told from now on.
   *
   * @returns the item
   * @throws DuplicateStatisticError when its oid, a key, its name in Prometheus or its number in SNMP is taken
   * @throws StatisticsOptionError when it belongs to a manager, or has a constant label of this one
   */
  add<T extends AnyItem>(item: T): T {
    const { oid } = item;
    if (item.hub !== undefined) throw new StatisticsOptionError(`"${oid}" belongs to a manager already`);
    const both = item.labelNames.find((name) => this.constantLabelNames.includes(name));
    if (both !== undefined)
      throw new StatisticsOptionError(`the label "${both}" of "${oid}" is one that all items have`);
    const name = metricName(this.#prefix, item);
    const claims = claimsOf(item, name.name);
    for (const { claim, remedy } of claims) {
      const by = this.#taken.get(claim);
      if (by !== undefined) throw new DuplicateStatisticError(oid, claim, by, remedy);
    }
    for (const { claim } of claims) this.#taken.set(claim, oid);
    this.#items.set(oid, item);
    this.#names.set(oid, name);
    item.hub = this.#hub;
    this.#changed();
    if (this.#hub.listening) for (const series of item.series()) this.#hub.touch(series);
    return item;
  }

  /** Takes an item away; whether there was one. */
  remove(oid: string): boolean {
    const item = this.#items.get(oid);
    if (item === undefined) return false;
    for (const { claim } of claimsOf(item, this.#names.get(oid)!.name)) this.#taken.delete(claim);
    this.#items.delete(oid);
    this.#names.delete(oid);
    for (const series of item.series()) {
      series.lines = undefined;
      this.#hub.gone(series);
    }
    item.hub = undefined;
    this.#changed();
    return true;
  }

  /** The item of this oid. */
  get(oid: string): AnyItem | undefined {
    return this.#items.get(oid);
  }

  /** All items in the order of their oids. */
  items(): readonly AnyItem[] {
    return (this.#sorted ??= [...this.#items.values()].sort((a, b) => (a.oid < b.oid ? -1 : 1)));
  }

  /** How Prometheus calls an item of this manager. @throws UnknownStatisticError */
  metricOf(oid: string): MetricName {
    const name = this.#names.get(oid);
    if (name === undefined) throw new UnknownStatisticError(oid);
    return name;
  }

  /**
   * A new value by oid: a counter is raised by it, a histogram observes it, all others are replaced. Where it is called often,
   * keep the item instead.
   *
   * @param labels - of items that have them
   * @throws UnknownStatisticError, StatisticsValueError, CounterStepError, StatisticsLabelsError
   */
  update(oid: string, value: StatisticValue, labels: Readonly<Record<string, string>> = {}): void {
    const item = this.#items.get(oid);
    if (item === undefined) throw new UnknownStatisticError(oid);
    const values = inOrder(oid, item.labelNames, labels);
    if (item instanceof SnmpString) {
      if (typeof value !== 'string') throw new StatisticsValueError(oid, value, 'a text');
      item.labels(...values).set(value);
    } else {
      if (typeof value !== 'number') throw new StatisticsValueError(oid, value, 'a number');
      if (item instanceof SnmpCounter) item.labels(...values).add(value);
      else if (item instanceof Histogram) item.labels(...values).observe(value);
      else item.labels(...values).set(value);
    }
  }

  /**
   * Runs a task before values are read out: by MMI at each request, by exporters at each scrape or at most once a second. For
   * what is cheap to count at its source and costs something to look up.
   *
   * @returns ends it
   */
  beforeRead(task: () => void): Cancel {
    this.#tasks.add(task);
    return () => void this.#tasks.delete(task);
  }

  /** Runs the tasks of {@link beforeRead}; one that throws does not keep the others from running. */
  refresh(): void {
    for (const task of this.#tasks) {
      try {
        task();
      } catch {
        this.#failures += 1;
      }
    }
  }
  /** How often a task of {@link beforeRead} threw. */
  get failures(): number {
    return this.#failures;
  }

  /** All values by their keys: the oid, with `.64`, `.count` or `.sum` where there are several, and `{label="value"}`. */
  all(): Record<string, StatisticValue> {
    this.refresh();
    const found: Record<string, StatisticValue> = {};
    for (const item of this.items()) for (const series of item.series()) tellInto(found, series);
    return found;
  }

  /** Rises when items come or go. */
  get itemsVersion(): number {
    return this.#itemsVersion;
  }

  /** Rises when items or series come or go. */
  get version(): number {
    return this.#hub.structure;
  }

  #changed(): void {
    this.#sorted = undefined;
    this.#itemsVersion += 1;
    this.#hub.structure += 1;
  }
}

/** The key of one value. */
export function keyOf(series: Series, suffix: string): string {
  return `${series.oid}${suffix}${series.labelText}`;
}

/** The values of one series by their keys. */
function valuesOf(series: Series): Record<string, StatisticValue> {
  const found: Record<string, StatisticValue> = {};
  tellInto(found, series);
  return found;
}

function tellInto(found: Record<string, StatisticValue>, series: Series): void {
  series.tell((suffix, value) => {
    found[keyOf(series, suffix)] = value;
  });
}

function claimsOf(item: AnyItem, metric: string): readonly { claim: string; remedy: string }[] {
  return [...new Set([item.oid, ...item.suffixes.map((suffix) => item.oid + suffix)])]
    .map((key) => ({ claim: `the oid ${key}`, remedy: 'choose another oid' }))
    .concat(
      seriesNames(metric, item.kind).map((name) => ({
        claim: `the name ${name} in Prometheus`,
        remedy: 'give one of them a metric of its own',
      })),
      { claim: `the number ${item.number} in SNMP`, remedy: 'give one of them a number of its own' },
    );
}
