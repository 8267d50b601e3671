// The key/value server, in memory and on disk, against the plainest forwarder of the same socket library and against
// mosquitto with retained messages (Debian: mosquitto), interleaved (A B C A B C ...), so that slow spells of the machine
// hit all alike. Prints a table for each workload, then one line of JSON.
//   nx run kv-clone:bench [--reps=3] [--quick]
import { parseArgs } from 'node:util';
import { median } from '@raspy/loadgen';
import { startTree, trees } from './trees.mjs';

const { values } = parseArgs({
  options: { reps: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false } },
});
const reps = values.quick ? 1 : Number(values.reps);
const share = values.quick ? 0.2 : 1;
const FLOOR = 'forwarder';

const updates = {
  'updates to 1 subscriber': { subs: 1, window: 500, count: 100_000, keys: 10_000 },
  'updates to 10 subscribers': { subs: 10, window: 500, count: 40_000, keys: 10_000 },
  'publish to watch, one at a time': { subs: 1, window: 1, count: 4_000, keys: 1_000 },
};
const sizes = values.quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];

const results = {};
for (const [title, workload] of Object.entries(updates)) {
  const count = Math.ceil(workload.count * share);
  const measure = async (tree) => {
    // Each is a fresh process, whose code has to get warm.
    await tree.update({ ...workload, count: Math.ceil(count / 4) });
    return tree.update({ ...workload, count });
  };
  await compare(title, measure, {
    perSecond: 'updates/s',
    p50: 'p50 µs',
    p99: 'p99 µs',
    cpu: 'processor µs/update',
  });
}
for (const keys of sizes) {
  await compare(
    `${keys} keys of 100 B`,
    async (tree) => {
      const before = tree.residentBytes();
      await tree.update({ subs: 1, window: 500, count: keys, keys });
      const resident = tree.residentBytes();
      const snapshots = [];
      for (let i = 0; i < 3; i++) snapshots.push(await tree.snapshot(keys));
      const whileUpdating = await tree.updatesDuringSnapshot?.();
      return {
        snapshotMs: median(snapshots),
        bytesPerKey: (resident - before) / keys,
        residentMb: resident / 1e6,
        peakMb: tree.peakBytes() / 1e6,
        ...whileUpdating,
      };
    },
    {
      snapshotMs: 'snapshot ms',
      bytesPerKey: 'resident B/key',
      residentMb: 'resident MB',
      peakMb: 'peak MB',
      standstillMs: 'longest standstill ms',
    },
  );
}
process.stdout.write(`${JSON.stringify({ reps, results })}\n`);

/** Runs every system `reps` times in turn; medians, and the median of ratios to the floor within a repetition. */
async function compare(title, measure, columns) {
  const rounds = Object.fromEntries(Object.keys(trees).map((name) => [name, []]));
  const names = Object.keys(trees);
  for (let rep = 0; rep < reps; rep++) {
    for (const name of [...names.slice(rep % names.length), ...names.slice(0, rep % names.length)]) {
      const tree = await startTree(name);
      try {
        rounds[name].push(await measure(tree));
      } finally {
        await tree.stop();
      }
    }
  }
  process.stdout.write(`${title}\n`);
  results[title] = {};
  for (const name of names) {
    const row = {};
    const cells = [];
    for (const [key, label] of Object.entries(columns)) {
      const figures = rounds[name].map((round) => round[key]);
      if (figures.some((figure) => figure === undefined)) continue;
      const ratio = median(figures.map((figure, i) => figure / rounds[FLOOR][i][key]));
      row[key] = { median: median(figures), toForwarder: Number.isFinite(ratio) ? ratio : undefined };
      const times = row[key].toForwarder === undefined ? '' : ` x${ratio.toFixed(2)}`;
      cells.push(`${label} ${row[key].median.toFixed(row[key].median < 100 ? 1 : 0)}${times}`);
    }
    results[title][name] = row;
    process.stdout.write(`  ${name.padEnd(14)} ${cells.join('  ')}\n`);
  }
}
