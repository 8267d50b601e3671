import type { Clock } from '@raspy/clock';
import {
  Histogram,
  SnmpCounter,
  SnmpFloat,
  SnmpInteger,
  SnmpString,
  StatisticsManager,
  type AnyItem,
} from '@raspy/statistics';
import type { StatisticsBoard } from './board.js';

/** What {@link StatisticsMirror} is told. */
export interface StatisticsMirrorOptions {
  /** `<hostname>.<service>` */
  readonly server: string;
  /** Asks its `.statistics` for an action; the JSON of the answer, `undefined` when there is nothing to tell. */
  readonly ask: (action: 'all' | 'describe') => Promise<unknown>;
  readonly board: StatisticsBoard;
  readonly clock: Clock;
}

interface Description {
  readonly oid: string;
  readonly kind: string;
  readonly doc: string;
  readonly unit: string;
  readonly labels: readonly string[];
}

/**
 * The statistics of a server of another process, as it told them last; histograms have no series. While it does not answer nothing is told
 * of it: what is missing can be seen, and what is old looks like good news.
 */
export class StatisticsMirror {
  readonly #options: StatisticsMirrorOptions;
  #leave: () => void = () => undefined;

  constructor(options: StatisticsMirrorOptions) {
    this.#options = options;
  }

  /** Takes over what the server tells now. Never rejects. */
  async look(): Promise<void> {
    try {
      const all = ((await this.#options.ask('all')) ?? {}) as Readonly<Record<string, unknown>>;
      const described = ((await this.#options.ask('describe')) ?? []) as readonly Description[];
      // Made anew each time: items and series that are gone are gone here, and counters begin where the server has them.
      const registry = new StatisticsManager({
        clock: this.#options.clock,
        constantLabels: { server: this.#options.server },
      });
      for (const description of described) addItem(registry, description);
      for (const [key, value] of Object.entries(all)) takeOver(registry, key, value);
      this.leave();
      this.#leave = this.#options.board.add(registry);
    } catch {
      this.leave();
    }
  }

  /** Nothing is told of it any more. */
  leave(): void {
    this.#leave();
    this.#leave = () => undefined;
  }
}

function addItem(registry: StatisticsManager, { oid, kind, doc, unit, labels }: Description): void {
  const options = { oid, doc, unit, labels };
  if (kind === 'counter') registry.add(new SnmpCounter(options));
  else if (kind === 'integer') registry.add(new SnmpInteger(options));
  else if (kind === 'float') registry.add(new SnmpFloat(options));
  else if (kind === 'string') registry.add(new SnmpString(options));
  else if (kind === 'histogram' && labels.length > 0) registry.add(new Histogram(options));
}

/** `oid`, and `.64` where it is the whole of a counter, with the labels of a series. */
const KEY = /^(?<oid>[^{]+?)(?<whole>\.64)?(?:\{(?<labels>.*)\})?$/s;
const LABEL = /(?<name>\w+)="(?<text>(?:[^"\\]|\\.)*)"/gs;

function takeOver(registry: StatisticsManager, key: string, value: unknown): void {
  const { oid = '', whole, labels = '' } = KEY.exec(key)?.groups ?? {};
  const item: AnyItem | undefined = registry.get(oid);
  const texts = [...labels.matchAll(LABEL)].map(({ groups }) => unescape(groups!['text']!));
  if (item instanceof SnmpCounter) {
    if (whole !== undefined && typeof value === 'number') item.labels(...texts).follow(value);
  } else if (item instanceof SnmpString) item.labels(...texts).set(String(value));
  else if (item instanceof SnmpInteger || item instanceof SnmpFloat) item.labels(...texts).set(Number(value));
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char));
}
