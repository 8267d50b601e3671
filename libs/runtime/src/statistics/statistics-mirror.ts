import type { Clock } from '@raspy/clock';
import {
  Histogram,
  SnmpCounter,
  SnmpFloat,
  SnmpInteger,
  SnmpString,
  StatisticsManager,
  TextSeries,
  type AnyItem,
  type NumberSeries,
  type Series,
} from '@raspy/statistics';
import type { StatisticsBoard } from './board.js';

/** What {@link StatisticsMirror} is told. */
export interface StatisticsMirrorOptions {
  /** `<hostname>.<service>` */
  readonly server: string;
  /** Asks its `.statistics` for an action; the JSON of the answer, `undefined` when there is nothing to tell. */
  readonly ask: (action: 'all' | 'describe' | 'histograms') => Promise<unknown>;
  readonly board: StatisticsBoard;
  readonly clock: Clock;
}

interface Description {
  readonly oid: string;
  readonly kind: string;
  readonly doc: string;
  readonly unit: string;
  readonly labels: readonly string[];
  /** Of a histogram. */
  readonly buckets?: readonly number[];
}

interface HistogramCounts {
  readonly oid: string;
  readonly labels: readonly string[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/**
 * The statistics of a server of another process, as it told them last. While it does not answer nothing is told of it: what
 * is missing can be seen, and what is old looks like good news.
 */
export class StatisticsMirror {
  readonly #options: StatisticsMirrorOptions;
  /** One for good: its items and series are the same from look to look, and so are their rows in SNMP. */
  readonly #registry: StatisticsManager;
  #isTold = false;
  #leave: () => void = () => undefined;

  constructor(options: StatisticsMirrorOptions) {
    this.#options = options;
    const { clock, server } = options;
    this.#registry = new StatisticsManager({ clock, constantLabels: { server } });
  }

  /** Takes over what the server tells now. Never rejects. */
  async look(): Promise<void> {
    try {
      const all = ((await this.#options.ask('all')) ?? {}) as Readonly<Record<string, unknown>>;
      const described = ((await this.#options.ask('describe')) ?? []) as readonly Description[];
      haveItems(this.#registry, described);
      const told = new Set<Series>();
      for (const [key, value] of Object.entries(all)) takeOver(this.#registry, key, value, told);
      if (described.some(({ buckets }) => buckets !== undefined)) {
        const histograms = (await this.#options.ask('histograms')) as readonly HistogramCounts[];
        for (const counted of histograms) takeOverHistogram(this.#registry, counted, told);
      }
      forgetOthers(this.#registry, told);
    } catch {
      this.leave();
      return;
    }
    if (this.#isTold) return;
    this.#isTold = true;
    this.#leave = this.#options.board.add(this.#registry);
  }

  /** Nothing is told of it any more. */
  leave(): void {
    this.#isTold = false;
    this.#leave();
    this.#leave = () => undefined;
  }
}

/** Adds what is new, and removes what is gone or has become something else. */
function haveItems(registry: StatisticsManager, described: readonly Description[]): void {
  const wanted = new Map(described.map((description) => [description.oid, description]));
  for (const item of registry.items()) {
    const { oid, kind, unit, labelNames } = item;
    const now = wanted.get(oid);
    const isSame =
      now?.kind === kind &&
      now.unit === unit &&
      now.labels.join() === labelNames.join() &&
      (!(item instanceof Histogram) || now.buckets?.join() === item.buckets.join());
    if (!isSame) registry.remove(oid);
  }
  for (const description of described) {
    const item = registry.get(description.oid) === undefined ? itemOf(description) : undefined;
    if (item !== undefined) registry.add(item);
  }
}

function itemOf({ oid, kind, doc, unit, labels, buckets }: Description): AnyItem | undefined {
  const options = { oid, doc, unit, labels };
  switch (kind) {
    case 'counter':
      return new SnmpCounter(options);
    case 'integer':
      return new SnmpInteger(options);
    case 'float':
      return new SnmpFloat(options);
    case 'string':
      return new SnmpString(options);
    case 'histogram':
      // One that does not say what it counts by cannot be taken over.
      return buckets === undefined ? undefined : new Histogram({ ...options, buckets });
    default:
      return undefined;
  }
}

/** `oid`, and `.64` where it is the whole of a counter, with the labels of a series. */
const KEY = /^(?<oid>[^{]+?)(?<whole>\.64)?(?:\{(?<labels>.*)\})?$/s;
const LABEL = /(?<name>\w+)="(?<text>(?:[^"\\]|\\.)*)"/gs;

function takeOver(registry: StatisticsManager, key: string, value: unknown, told: Set<Series>): void {
  const { oid = '', whole, labels = '' } = KEY.exec(key)?.groups ?? {};
  const item = registry.get(oid);
  if (item === undefined || item instanceof Histogram) return;
  const texts = [...labels.matchAll(LABEL)].map(({ groups }) => unescape(groups!['text']!));
  if (item instanceof SnmpCounter) {
    // The 32-bit value beside it says nothing more.
    if (whole === undefined) return;
    const series = item.labels(...texts);
    series.follow(Number(value));
    told.add(series);
  } else {
    const series: TextSeries | NumberSeries = item.labels(...texts);
    if (series instanceof TextSeries) series.set(String(value));
    else series.set(Number(value));
    told.add(series);
  }
}

function takeOverHistogram(registry: StatisticsManager, counted: HistogramCounts, told: Set<Series>): void {
  const item = registry.get(counted.oid);
  if (!(item instanceof Histogram)) return;
  const series = item.labels(...counted.labels);
  series.follow(counted.counts, counted.sum);
  told.add(series);
}

/** What was not told this time is gone there. */
function forgetOthers(registry: StatisticsManager, told: ReadonlySet<Series>): void {
  for (const item of registry.items())
    for (const series of item.series()) if (!told.has(series)) item.forget(...series.labelValues);
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char));
}
