import { FamilyView, type Family, type FamilyMember } from '../family-view.js';
import { HistogramSeries } from '../items/histogram.js';
import type { Series } from '../items/item.js';
import { labelText } from '../items/labels.js';
import { CounterSeries } from '../items/snmp-counter.js';
import { TextSeries } from '../items/snmp-string.js';
import { NumberSeries } from '../items/snmp-integer.js';
import type { StatisticsManager } from '../statistics-manager.js';

/** `Content-Type` of the text exposition format 0.0.4. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Lines in a chunk, about; written in well under a millisecond each. */
const LINES_PER_CHUNK = 250;

/**
 * The values of managers in Prometheus' text exposition format 0.0.4: families in the order of their names, series in the order
 * of their labels, values in base units. What cannot be read just then is left out.
 */
export class PrometheusExposition {
  readonly #view: FamilyView;

  /** @param managers - those that are told together; they differ in their constant labels */
  constructor(managers: StatisticsManager | readonly StatisticsManager[]) {
    this.#view = new FamilyView(managers);
  }

  /** Pieces of about 250 lines, so that whoever writes them may do something else in between. */
  *chunks(): Generator<string, void, undefined> {
    this.#view.refresh();
    let text = '';
    let lines = 0;
    for (const oid of this.#view.conflicts())
      text += `# ${oid} is left out: it is told differently elsewhere\n`;
    for (const family of this.#view.families()) {
      let head = headOf(family);
      for (const member of family.members) {
        for (const series of member.item.series()) {
          const written = linesOf(family, member, series);
          if (written === '') continue;
          text += head + written;
          head = '';
          lines += series instanceof HistogramSeries ? series.buckets.length + 3 : 1;
          if (lines < LINES_PER_CHUNK) continue;
          yield text;
          text = '';
          lines = 0;
        }
      }
    }
    if (text !== '') yield text;
  }

  /** All of it at once. */
  text(): string {
    return [...this.chunks()].join('');
  }
}

const TYPES = {
  integer: 'gauge',
  float: 'gauge',
  counter: 'counter',
  string: 'gauge',
  histogram: 'histogram',
};

function headOf({ metric, item }: Family): string {
  return `# HELP ${metric} ${escapeHelp(item.doc)}\n# TYPE ${metric} ${TYPES[item.kind]}\n`;
}

/** Backslash and line feed mean something in a help text; a quote does not. */
function escapeHelp(doc: string): string {
  return doc.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function linesOf(family: Family, member: FamilyMember, series: Series): string {
  if (series instanceof HistogramSeries) return histogramLines(family, member, series);
  if (series instanceof TextSeries) {
    const { value } = series;
    return value === undefined ? '' : `${family.metric}${labels(member, series, ['value'], [value])} 1\n`;
  }
  const told =
    series instanceof CounterSeries
      ? series.total
      : series instanceof NumberSeries
        ? series.value
        : undefined;
  if (told === undefined) return '';
  series.lines ??= [`${family.metric}${labels(member, series)} `];
  return `${series.lines[0]!}${told / family.divisor}\n`;
}

function histogramLines(family: Family, member: FamilyMember, series: HistogramSeries): string {
  const { metric, divisor } = family;
  const { buckets } = series;
  series.lines ??= [
    ...[...buckets.map((end) => String(end / divisor)), '+Inf'].map(
      (end) => `${metric}_bucket${labels(member, series, ['le'], [end])} `,
    ),
    `${metric}_sum${labels(member, series)} `,
    `${metric}_count${labels(member, series)} `,
  ];
  const counts = series.cumulative();
  let text = '';
  for (const [index, count] of counts.entries()) text += `${series.lines[index]!}${count}\n`;
  text += `${series.lines[counts.length]!}${series.sum / divisor}\n`;
  return `${text}${series.lines[counts.length + 1]!}${series.count}\n`;
}

function labels(
  { manager, item }: FamilyMember,
  series: Series,
  names: readonly string[] = [],
  values: readonly string[] = [],
): string {
  return labelText(
    [...manager.constantLabelNames, ...item.labelNames, ...names],
    [...manager.constantLabelValues, ...series.labelValues, ...values],
  );
}
