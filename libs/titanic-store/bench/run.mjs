// What a durable request costs: the store alone and the whole broker, against the disk's own fdatasync, against a Titanic
// that does one thing at a time as the guide's does, and against what a user would take instead, BullMQ on Redis and NATS
// JetStream (Debian: redis-server, nats-server). Systems are measured in turn (A B C A B C ...), so that slow spells of the
// machine hit all alike. Prints a table for each workload, then one line of JSON.
//   nx run titanic-store:bench [--reps=3] [--quick] [--only=store,accept,...] [--dir=FOLDER]
// FOLDER is where all of them write; it must be on the disk that is meant, not in memory. Default: beside the workspace.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '@raspy/loadgen';
import { accepts } from './accept.mjs';
import { roundTrips } from './round-trip.mjs';
import { measureRecovery } from './recovery.mjs';
import { stores } from './stores.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    reps: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'store,accept,round-trip,recovery' },
    dir: { type: 'string', default: here },
  },
});
const reps = values.quick ? 1 : Number(values.reps);
const spanMs = values.quick ? 500 : 2_000;
const wanted = values.only.split(',');
const outstanding = [1, 10, 100, 1_000];
const root = mkdtempSync(join(values.dir, '.bench-'));
const folder = () => mkdtempSync(join(root, 'run-'));

const results = {};
try {
  if (wanted.includes('store')) {
    await compare('store alone, durable accepts/s', stores, 'one fdatasync each', (measure, n) =>
      measure({ folder: folder(), outstanding: n, spanMs }),
    );
  }
  if (wanted.includes('accept')) {
    await compare('over the wire, durable accepts/s', await accepts(), 'one fdatasync each', (measure, n) =>
      measure({ folder: folder(), outstanding: n, spanMs }),
    );
  }
  if (wanted.includes('round-trip')) {
    const count = values.quick ? 1_000 : 10_000;
    await compare(
      `request to reply, 4 workers, ${count} requests, complete/s`,
      roundTrips,
      'one at a time',
      (measure, n) => measure({ folder: folder(), outstanding: n, count }),
      [1, 100],
    );
  }
  if (wanted.includes('recovery')) {
    results.recovery = await measureRecovery({ folder: folder(), pending: values.quick ? 10_000 : 100_000 });
    process.stdout.write(`recovery\n`);
    for (const [name, figure] of Object.entries(results.recovery)) {
      process.stdout.write(`  ${name.padEnd(40)} ${figure.toFixed(0)}\n`);
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ reps, results })}\n`);

/** Every system `reps` times in turn at each number of requests outstanding; medians, and medians of ratios to the floor. */
async function compare(title, systems, floor, run, windows = outstanding) {
  const names = Object.keys(systems);
  results[title] = {};
  process.stdout.write(`${title} (ratio to "${floor}" of the same round, which has one outstanding)\n`);
  for (const window of windows) {
    const rounds = Object.fromEntries(names.map((name) => [name, []]));
    for (let rep = 0; rep < reps; rep++) {
      for (const name of [...names.slice(rep % names.length), ...names.slice(0, rep % names.length)]) {
        const { measure, single = false } = systems[name];
        rounds[name].push(await run(measure, single ? 1 : window));
      }
    }
    for (const name of names) {
      const of = (key) => median(rounds[name].map((round) => round[key]));
      const ratio = median(rounds[name].map((round, i) => round.perSecond / rounds[floor][i].perSecond));
      const row = { perSecond: of('perSecond'), ratio };
      for (const key of ['bytesPerRequest', 'p50', 'p99']) {
        if (rounds[name].every((round) => round[key] !== undefined)) row[key] = of(key);
      }
      (results[title][name] ??= {})[window] = row;
      const extras = ['bytesPerRequest', 'p50', 'p99']
        .filter((key) => row[key] !== undefined)
        .map((key) => `  ${key} ${row[key].toFixed(0)}`);
      process.stdout.write(
        `  ${String(window).padStart(5)}  ${name.padEnd(28)} ${row.perSecond.toFixed(0).padStart(8)}/s  x${ratio.toFixed(2)}${extras.join('')}\n`,
      );
    }
  }
}
