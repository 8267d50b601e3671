import type { Clock, Millis } from '@raspy/clock';
import type { Family, FamilyView } from '../family-view.js';
import { HistogramSeries } from '../items/histogram.js';
import type { Series } from '../items/item.js';
import { CounterSeries } from '../items/snmp-counter.js';
import { NumberSeries } from '../items/snmp-integer.js';
import { TextSeries } from '../items/snmp-string.js';
import { COLUMN, isTable, ITEMS, objectsOf, TABLE } from './mib-layout.js';

/** Types of values on the wire. */
export const TYPE = {
  integer: 2,
  octets: 4,
  null: 5,
  oid: 6,
  counter32: 65,
  timeTicks: 67,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
} as const;

/** A value as it is written. */
export interface SnmpValue {
  readonly type: number;
  readonly value: number | string | Buffer | null;
}

/** One readable object. */
export interface Instance {
  readonly oid: readonly number[];
  readonly text: string;
  /** Now; undefined when it cannot be read. */
  read(): SnmpValue | undefined;
}

/** How old values may be that cost something to look up, and the list of objects, in milliseconds. */
const FRESH_MS: Millis = 1_000;

/** All objects of an agent in their order. */
export class MibView {
  readonly #families: FamilyView;
  readonly #base: readonly number[];
  readonly #clock: Clock;
  readonly #system: readonly Instance[];
  /** Rows keep their numbers as long as the agent runs. */
  readonly #rows = new WeakMap<Series, number>();
  readonly #lastRow = new Map<string, number>();
  #instances: readonly Instance[] = [];
  #version = -1;
  #freshUntil: Millis = -Infinity;

  constructor(families: FamilyView, base: readonly number[], clock: Clock) {
    this.#families = families;
    this.#base = base;
    this.#clock = clock;
    const begun = clock.now();
    this.#system = [
      fixed([1, 3, 6, 1, 2, 1, 1, 1, 0], { type: TYPE.octets, value: 'RasPy' }),
      fixed([1, 3, 6, 1, 2, 1, 1, 2, 0], { type: TYPE.oid, value: base.join('.') }),
      {
        ...fixed([1, 3, 6, 1, 2, 1, 1, 3, 0], { type: TYPE.null, value: null }),
        read: () => ({
          type: TYPE.timeTicks,
          value: Math.floor((clock.now() - begun) / 10) % 2 ** 32,
        }),
      },
    ];
  }

  /** Looks up what is too old; to be called before a request is answered. */
  freshen(): void {
    const now = this.#clock.now();
    if (now < this.#freshUntil) return;
    this.#freshUntil = now + FRESH_MS;
    this.#families.refresh();
    const { version } = this.#families;
    if (version === this.#version) return;
    this.#version = version;
    this.#instances = [
      ...this.#system,
      ...this.#families.families().flatMap((family) => this.#of(family)),
    ].sort((a, b) => compareOids(a.oid, b.oid));
  }

  /** How many objects there are. */
  get size(): number {
    return this.#instances.length;
  }

  get(oid: readonly number[]): SnmpValue {
    const found = this.#instances[this.#from(oid)];
    if (found === undefined || compareOids(found.oid, oid) !== 0)
      return { type: TYPE.noSuchObject, value: null };
    return found.read() ?? { type: TYPE.noSuchInstance, value: null };
  }

  /** The first one behind `oid` that can be read. */
  next(oid: readonly number[]): { readonly instance: Instance; readonly value: SnmpValue } | undefined {
    let index = this.#from(oid);
    const here = this.#instances[index];
    if (here !== undefined && compareOids(here.oid, oid) === 0) index += 1;
    for (; index < this.#instances.length; index += 1) {
      const instance = this.#instances[index]!;
      const value = instance.read();
      if (value !== undefined) return { instance, value };
    }
    return undefined;
  }

  /** Index of the first one that is not before `oid`. */
  #from(oid: readonly number[]): number {
    let low = 0;
    let high = this.#instances.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareOids(this.#instances[middle]!.oid, oid) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #of(family: Family): Instance[] {
    const root = [...this.#base, ITEMS, family.item.number];
    if (!isTable(family)) {
      const series = family.item.series()[0]!;
      return objectsOf(family).map(({ column }) =>
        instance([...root, column - 1, 0], () => valueOf(series, column)),
      );
    }
    return family.members.flatMap(({ manager, item }) =>
      item.series().flatMap((series) => {
        const row = this.#rowOf(family.oid, series);
        const cell = (column: number, read: () => SnmpValue | undefined) =>
          instance([...root, TABLE, 1, column, row], read);
        const labels = new Map(
          [...manager.constantLabelNames, ...item.labelNames].map((name, index) => [
            name,
            [...manager.constantLabelValues, ...series.labelValues][index]!,
          ]),
        );
        return [
          ...objectsOf(family).map(({ column }) => cell(column, () => valueOf(series, column))),
          ...family.labelNames.map((name, index) =>
            cell(COLUMN.labels + index, () => textValue(labels.get(name) ?? '')),
          ),
        ];
      }),
    );
  }

  #rowOf(oid: string, series: Series): number {
    let row = this.#rows.get(series);
    if (row === undefined) {
      row = (this.#lastRow.get(oid) ?? 0) + 1;
      this.#lastRow.set(oid, row);
      this.#rows.set(series, row);
    }
    return row;
  }
}

/** Negative when `a` comes first. */
export function compareOids(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function instance(oid: readonly number[], read: () => SnmpValue | undefined): Instance {
  return { oid, text: oid.join('.'), read };
}

function fixed(oid: readonly number[], value: SnmpValue): Instance {
  return instance(oid, () => value);
}

function valueOf(series: Series, column: number): SnmpValue | undefined {
  if (series instanceof HistogramSeries)
    return column === COLUMN.first ? counter64(series.count) : textValue(String(series.sum));
  if (series instanceof CounterSeries) {
    const { total } = series;
    if (total === undefined) return undefined;
    return column === COLUMN.first ? { type: TYPE.counter32, value: total % 2 ** 32 } : counter64(total);
  }
  if (series instanceof TextSeries) return series.value === undefined ? undefined : textValue(series.value);
  if (!(series instanceof NumberSeries)) return undefined;
  const { value } = series;
  if (value === undefined) return undefined;
  return series.integer
    ? { type: TYPE.integer, value: Math.max(-0x80000000, Math.min(0x7fffffff, value)) }
    : textValue(String(value));
}

/** The shortest bytes of a number that is not negative, with the sign free. */
function counter64(total: number): SnmpValue {
  const bytes = Buffer.alloc(9);
  bytes.writeBigUInt64BE(BigInt(total), 1);
  let first = 0;
  while (first < 8 && bytes[first] === 0 && bytes[first + 1]! < 0x80) first += 1;
  return { type: TYPE.counter64, value: bytes.subarray(first) };
}

/** At most 255 bytes of UTF-8, cut between characters. */
function textValue(text: string): SnmpValue {
  let cut = text.slice(0, 255);
  while (Buffer.byteLength(cut) > 255) cut = cut.slice(0, -1);
  return { type: TYPE.octets, value: cut.replace(/[\ud800-\udbff]$/, '') };
}
