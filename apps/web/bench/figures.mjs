/** A time of this machine in milliseconds, the same for the processes of it. */
export const machineNow = () => performance.timeOrigin + performance.now();

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const round = (number, digits = 1) => Number(number.toFixed(digits));

export function percentiles(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const of = (p) => round(sorted[Math.floor((sorted.length - 1) * p)]);
  return { p50: of(0.5), p95: of(0.95), p99: of(0.99), max: of(1) };
}

/** Of each figure of rounds that are alike. */
export function medians(rounds) {
  return Object.fromEntries(
    Object.keys(rounds[0]).map((name) => {
      const sorted = rounds.map((figures) => figures[name]).sort((a, b) => a - b);
      return [name, sorted[Math.floor((sorted.length - 1) / 2)]];
    }),
  );
}

/** Devices that say next to nothing by themselves. */
export const quietDevices = (count) =>
  Array.from({ length: count }, (_, index) => ({
    name: `d${index}`,
    oid: 'fake.linear',
    config: { start: index, slopePerSecond: 0, intervalMs: 60_000 },
  }));
