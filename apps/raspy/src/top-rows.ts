import type { StatisticValues } from './statistics.js';

/** One value of one server. */
export interface TopRow {
  readonly server: string;
  readonly statistic: string;
  readonly value: number | string;
  /** How fast a counter rises; absent for what is no counter, and in the first look. */
  readonly perSecond?: number;
}

/** What was told, and when in milliseconds. */
export interface Look {
  readonly at: number;
  readonly told: ReadonlyMap<string, StatisticValues | Error>;
}

/** The 64-bit value of a counter stands beside its 32-bit one, which is left out. */
const WHOLE = /\.64(?=$|\{)/;

/** All values of a look; a counter that is less than before belongs to a server that began anew. */
export function topRows(now: Look, before: Look | undefined): TopRow[] {
  const rows: TopRow[] = [];
  for (const [server, told] of now.told) {
    if (told instanceof Error) continue;
    const earlier = before?.told.get(server);
    for (const [key, value] of Object.entries(told)) {
      if (!WHOLE.test(key)) {
        if (!Object.hasOwn(told, wholeOf(key))) rows.push({ server, statistic: key, value });
        continue;
      }
      const statistic = key.replace(WHOLE, '');
      const last = earlier === undefined || earlier instanceof Error ? undefined : earlier[key];
      const seconds = before === undefined ? 0 : (now.at - before.at) / 1_000;
      const isRate = typeof value === 'number' && typeof last === 'number' && value >= last && seconds > 0;
      rows.push({ server, statistic, value, ...(isRate && { perSecond: (value - last) / seconds }) });
    }
  }
  return rows;
}

/** What changes most comes first; zeros are left out unless all are wanted. */
export function sortedRows(rows: readonly TopRow[], all: boolean): TopRow[] {
  return rows
    .filter(({ value, perSecond = 0 }) => all || value !== 0 || perSecond > 0)
    .sort(
      (a, b) =>
        (b.perSecond ?? 0) - (a.perSecond ?? 0) ||
        compare(a.statistic, b.statistic) ||
        compare(a.server, b.server),
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function wholeOf(key: string): string {
  const brace = key.indexOf('{');
  return brace < 0 ? `${key}.64` : `${key.slice(0, brace)}.64${key.slice(brace)}`;
}
