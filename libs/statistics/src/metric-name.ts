import type { Item, ItemKind } from './items/item.js';

/** How Prometheus calls an item, and what its values are divided by to be in base units. */
export interface MetricName {
  readonly name: string;
  readonly divisor: number;
}

/** Units that are told in their base unit: how they end a name, what they become, and what they are divided by. */
const BASE_UNITS: Readonly<Record<string, { readonly base: string; readonly divisor: number }>> = {
  ms: { base: 'seconds', divisor: 1_000 },
  milliseconds: { base: 'seconds', divisor: 1_000 },
  us: { base: 'seconds', divisor: 1_000_000 },
  microseconds: { base: 'seconds', divisor: 1_000_000 },
  percent: { base: 'ratio', divisor: 100 },
};

/** Endings that mean something to Prometheus, and that a name must not have by chance. */
const RESERVED: Readonly<Record<ItemKind, RegExp>> = {
  integer: /_(?:total|count|sum|bucket|info)$/,
  float: /_(?:total|count|sum|bucket|info)$/,
  counter: /_(?:total|count|sum|bucket|info)$/,
  histogram: /_(?:total|count|sum|bucket|info)$/,
  string: /_info$/,
};

/**
 * The name of an item by Prometheus' conventions: prefix, oid in snake case, base unit, and `_total` of counters or `_info` of
 * texts. `broker.bytesSent` in bytes is `raspy_broker_sent_bytes_total`. A `metric` of its own is taken as it is.
 */
export function metricName(prefix: string, item: Item): MetricName {
  const unit = BASE_UNITS[item.unit] ?? { base: item.unit, divisor: 1 };
  if (item.metric !== undefined) return { name: item.metric, divisor: unit.divisor };
  let words = snake(item.oid);
  const kept = words.replace(RESERVED[item.kind], '');
  if (kept !== '') words = kept;
  words = withoutUnit(words, [item.unit, unit.base]);
  const parts = [prefix, words, unit.base];
  if (item.kind === 'counter') parts.push('total');
  if (item.kind === 'string') parts.push('info');
  return { name: parts.filter((part) => part !== '').join('_'), divisor: unit.divisor };
}

/** All names under which Prometheus keeps an item. */
export function seriesNames(name: string, kind: ItemKind): readonly string[] {
  return kind === 'histogram' ? [name, `${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
}

function snake(oid: string): string {
  return oid
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}

/** The unit stands at the end, once. */
function withoutUnit(words: string, units: readonly string[]): string {
  const parts = words.split('_');
  const kept = parts.filter((part) => !units.includes(part));
  return kept.length === 0 ? words : kept.join('_');
}
