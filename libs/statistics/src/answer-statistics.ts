import { keyOf, type AnyItem, type StatisticsManager } from './statistics-manager.js';
import { Histogram } from './items/histogram.js';
import type { StatisticValue } from './items/item.js';

/** One multipart message; a body of MDP. */
export type StatisticsFrames = readonly Uint8Array[];

const OK = frame('200');

/**
 * `<hostname>.<service>.statistics` (PROTOCOLS §7), a pure function; the status is the last frame.
 *
 * | Action | Answer |
 * | --- | --- |
 * | `all` | a JSON object of all values by key; the status alone when no items are registered |
 * | `list_keys` | a JSON array of all keys, sorted |
 * | `get`, key or oid | the value as JSON; for an oid with several values an object of them; unknown ones are 404 |
 * | `describe` | a JSON array of all items with oid, kind, doc, unit, labels, buckets of histograms, and their names in Prometheus and SNMP |
 * | `histograms` | a JSON array of the series of all histograms: `{ oid, labels, counts, sum }`, labels and buckets in the order of `describe` |
 * | anything else | 501 |
 */
export function answerStatistics(body: StatisticsFrames, manager: StatisticsManager): StatisticsFrames {
  switch (body[0] === undefined ? '' : text(body[0])) {
    case 'all': {
      const all = manager.all();
      return manager.items().length === 0 ? [OK] : [json(all), OK];
    }
    case 'list_keys':
      return [json(Object.keys(manager.all()).sort()), OK];
    case 'get':
      return answerGet(body, manager);
    case 'describe':
      manager.refresh();
      return [json(manager.items().map((item) => describe(item, manager))), OK];
    case 'histograms':
      manager.refresh();
      return [json(manager.items().flatMap(histogramsOf)), OK];
    default:
      return [frame('501')];
  }
}

function answerGet(body: StatisticsFrames, manager: StatisticsManager): StatisticsFrames {
  if (body.length !== 2) return [frame('get takes one frame: an oid or a key of list_keys'), frame('400')];
  const key = text(body[1]!);
  manager.refresh();
  const item = itemOf(key, manager);
  if (item === undefined)
    return [frame(`there is no statistic ${JSON.stringify(key.slice(0, 256))}`), frame('404')];
  const found: Record<string, StatisticValue> = {};
  for (const series of item.series())
    series.tell((suffix, value) => {
      found[keyOf(series, suffix)] = value;
    });
  if (Object.hasOwn(found, key)) return [json(found[key]), OK];
  const isRead = item.labelNames.length > 0 || Object.keys(found).length > 0;
  if (key === item.oid && isRead) return [json(found), OK];
  return [frame(`${JSON.stringify(key.slice(0, 256))} has no value`), frame('404')];
}

/** The item that a key belongs to. */
function itemOf(key: string, manager: StatisticsManager): AnyItem | undefined {
  const brace = key.indexOf('{');
  const name = brace < 0 ? key : key.slice(0, brace);
  const item = manager.get(name);
  if (item !== undefined) return item;
  const dot = name.lastIndexOf('.');
  const parent = manager.get(name.slice(0, Math.max(0, dot)));
  return parent?.suffixes.includes(name.slice(dot)) === true ? parent : undefined;
}

function describe(item: AnyItem, manager: StatisticsManager): object {
  const { oid, kind, doc, unit, labelNames, number } = item;
  return {
    oid,
    kind,
    doc,
    unit,
    labels: labelNames,
    metric: manager.metricOf(oid).name,
    number,
    ...(item instanceof Histogram && { buckets: item.buckets }),
  };
}

/** What a histogram's series have counted, as `HistogramSeries.follow` takes it over. */
function histogramsOf(item: AnyItem): object[] {
  if (!(item instanceof Histogram)) return [];
  return item
    .series()
    .map(({ oid, labelValues, counts, sum }) => ({ oid, labels: labelValues, counts, sum }));
}

function json(value: unknown): Uint8Array {
  return frame(JSON.stringify(value));
}

function frame(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function text(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}
