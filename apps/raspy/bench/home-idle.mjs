// What an idle home costs in resident memory: with its fake devices in the one process, and with one device server in a
// process of its own; beside a bare Node process in the same run. Prints JSON.   nx run raspy:bench [--reps=3]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { reps: { type: 'string', default: '3' } } });
const bin = fileURLToPath(new URL('../bin/raspy.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
const devices = `devices:
      - { name: temperature, oid: fake.cyclic, config: { unit: °C } }
      - { name: level, oid: fake.linear, config: { min: 0, max: 100, unit: '%' } }
      - { name: lamp, oid: fake.lamp }`;
const home = (name, isolate) => {
  const config = join(folder, `${name}.yaml`);
  writeFileSync(config, `servers:\n  tank:\n    kind: devices\n    isolate: ${isolate}\n    ${devices}\n`);
  return [
    bin,
    'start',
    '--broker-port=0',
    `--data-dir=${join(folder, name)}`,
    `--config=${config}`,
    '--json',
  ];
};
const systems = {
  'one process': home('one', false),
  'one isolated host': home('isolated', true),
  'bare node': ['-e', 'console.log("event:ready"); setInterval(() => undefined, 1e6)'],
};
const rounds = Object.fromEntries(Object.keys(systems).map((name) => [name, []]));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)];
const round1 = (number) => Math.round(number * 10) / 10;

for (let rep = 0; rep < Number(values.reps); rep++) {
  for (const [name, args] of Object.entries(systems)) rounds[name].push(await measure(args));
}
rmSync(folder, { recursive: true });
const result = Object.fromEntries(
  Object.entries(rounds).map(([name, list]) => [
    name,
    {
      readyMs: Math.round(median(list.map((r) => r.readyMs))),
      residentMB: round1(median(list.map((r) => r.residentMB.reduce((sum, one) => sum + one, 0)))),
      processes: list.at(-1).residentMB.map(round1),
    },
  ]),
);
process.stdout.write(`${JSON.stringify(result)}\n`);

async function measure(args) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (/"?event"?:"?ready/.test(said)) resolve();
    });
  });
  const readyMs = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const residentMB = [child.pid, ...childrenOf(child.pid)].map(resident);
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  return { readyMs, residentMB };
}

function resident(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) / 1024;
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
