// What an idle broker process costs: time from start to its ready line, and resident memory some seconds later; beside a
// bare Node process in the same run. Prints JSON.   nx run broker:bench [--reps=5]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { reps: { type: 'string', default: '5' } } });
const bin = fileURLToPath(new URL('../bin/raspy-broker.mjs', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
const systems = {
  broker: [bin, '--broker-port=0', `--data-dir=${dataDir}`],
  'bare node': ['-e', 'console.log("ready"); setInterval(() => undefined, 1e6)'],
};
const rounds = { broker: [], 'bare node': [] };
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)];

for (let rep = 0; rep < Number(values.reps); rep++) {
  for (const [name, args] of Object.entries(systems)) rounds[name].push(await measure(args));
}
rmSync(dataDir, { recursive: true });
const result = Object.fromEntries(
  Object.entries(rounds).map(([name, list]) => [
    name,
    {
      readyMs: Math.round(median(list.map((r) => r.readyMs))),
      residentMB: median(list.map((r) => r.residentMB)),
    },
  ]),
);
process.stdout.write(`${JSON.stringify(result)}\n`);

async function measure(args) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const readyMs = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  return { readyMs, residentMB: Math.round(Number(kilobytes) / 102.4) / 10 };
}
