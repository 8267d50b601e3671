/** Time and value. */
export type Point = readonly [at: number, value: number];

/** How far back is shown, milliseconds. */
export const HOUR_MS = 3_600_000;
const MOST_POINTS = 3600;

/** With one point more; those older than an hour go. Times that step back are left out: a line does not turn round. */
export function withPoint(points: readonly Point[], [at, value]: Point): readonly Point[] {
  const last = points.at(-1);
  if (last !== undefined && at <= last[0]) return points;
  const first = points.findIndex(([time]) => time >= at - HOUR_MS);
  const kept = first < 0 ? [] : points.slice(Math.max(first, points.length - MOST_POINTS + 1));
  return [...kept, [at, value]];
}

export interface Spark {
  /** Of an SVG path. */
  readonly line: string;
  readonly area: string;
  readonly low: number;
  readonly high: number;
}

/** A small line over the last hour up to `now`, thinned to about two points a pixel; nothing for fewer than two points. */
export function spark(
  points: readonly Point[],
  now: number,
  width: number,
  height: number,
): Spark | undefined {
  const from = now - HOUR_MS;
  const within = points.filter(([at]) => at >= from && at <= now);
  if (within.length < 2) return undefined;
  const values = within.map(([, value]) => value);
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const span = high - low || 1;
  const pad = 2;
  const start = within[0]![0];
  const time = now - start || 1;
  const every = Math.max(1, Math.ceil(within.length / (width * 2)));
  const drawn = within.filter((_, index) => index % every === 0 || index === within.length - 1);
  const coordinates = drawn.map(([at, value]): string => {
    const x = ((at - start) / time) * width;
    const y = high === low ? height / 2 : height - pad - ((value - low) / span) * (height - 2 * pad);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${coordinates.join('L')}`;
  const end = coordinates.at(-1)!.split(' ')[0]!;
  return { line, area: `${line}L${end} ${height}L${coordinates[0]!.split(' ')[0]!} ${height}Z`, low, high };
}
