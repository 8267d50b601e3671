// Broker against the plainest forwarder of the same socket library and against libzmq's own proxy, interleaved
// (A B C A B C ...), so that slow spells of the machine hit all alike. Prints a table, then one line of JSON.
//   nx run mdp-protocol:bench [--reps=5] [--quick]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { forwarder, load, median, proxy, startSystem } from '@raspy/loadgen';
import { measureMachine } from './machine.mjs';

const { values } = parseArgs({
  options: { reps: { type: 'string', default: '5' }, quick: { type: 'boolean', default: false } },
});
const reps = values.quick ? 1 : Number(values.reps);
const share = values.quick ? 0.2 : 1;

const workloads = {
  'w4 W100 100B': { workers: 4, window: 100, bytes: 100, count: 30_000 },
  'w32 W1000 100B': { workers: 32, window: 1_000, bytes: 100, count: 60_000 },
  'w1 W1 100B': { workers: 1, window: 1, bytes: 100, count: 8_000 },
  'w4 W100 10kB': { workers: 4, window: 100, bytes: 10_000, count: 20_000 },
  'w32 W1000 10kB': { workers: 32, window: 1_000, bytes: 10_000, count: 30_000 },
  'w1 W1 10kB': { workers: 1, window: 1, bytes: 10_000, count: 6_000 },
};
const broker = {
  mode: 'mdp',
  command: [process.execPath, fileURLToPath(new URL('broker.mjs', import.meta.url))],
};
const systems = { broker, forwarder: forwarder(), zmq_proxy: proxy() };
const names = Object.keys(systems);

const results = {};
for (const [title, workload] of Object.entries(workloads)) {
  const rounds = Object.fromEntries(names.map((name) => [name, []]));
  for (let rep = 0; rep < reps; rep++) {
    // A fresh process each time: a forwarder does not forget workers of earlier rounds.
    for (const name of [...names.slice(rep % names.length), ...names.slice(0, rep % names.length)]) {
      const system = await startSystem(systems[name]);
      try {
        rounds[name].push(await load(system, { ...workload, count: Math.ceil(workload.count * share) }));
      } finally {
        await system.stop();
      }
    }
  }
  results[title] = summarize(rounds);
  print(title, results[title]);
}

const machine = measureMachine();
process.stdout.write(`machine alone: ${machine.microsPerRoundTrip.toFixed(2)} µs per round trip\n`);
process.stdout.write(`${JSON.stringify({ reps, results, machine })}\n`);

/** Medians, and the median of the ratios taken pair by pair within a repetition. */
function summarize(rounds) {
  const summary = {};
  for (const name of names) {
    const of = (key) => median(rounds[name].map((round) => round[key]));
    const ratio = (key) => median(rounds[name].map((round, i) => round[key] / rounds.forwarder[i][key]));
    summary[name] = {
      perSecond: of('perSecond'),
      p50: of('p50'),
      p99: of('p99'),
      cpu: of('cpu'),
      toForwarder: { perSecond: ratio('perSecond'), p50: ratio('p50'), cpu: ratio('cpu') },
    };
  }
  return summary;
}

function print(title, summary) {
  process.stdout.write(`${title}\n`);
  for (const [name, s] of Object.entries(summary)) {
    const r = s.toForwarder;
    process.stdout.write(
      `  ${name.padEnd(10)} ${s.perSecond.toFixed(0).padStart(7)} req/s x${r.perSecond.toFixed(2)}` +
        `  p50 ${s.p50.toFixed(0).padStart(6)} µs x${r.p50.toFixed(2)}  p99 ${s.p99.toFixed(0).padStart(6)} µs` +
        `  processor ${s.cpu.toFixed(1).padStart(6)} µs/req x${r.cpu.toFixed(2)}\n`,
    );
  }
}
