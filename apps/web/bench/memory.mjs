import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { residentKb, startChild } from '@raspy/loadgen/children';
import { medians, pause, round } from './figures.mjs';
import { binOf } from './home.mjs';

/** By then what was compiled for the start is thrown away. */
const SETTLE_MS = 10_000;

/** What a home takes without web and with it, in turn. */
export async function measureMemory({ reps, progress }) {
  const rounds = [];
  for (let rep = 0; rep < reps; rep++) {
    const without = await residentMb('broker,fake,core');
    const withWeb = await residentMb('broker,fake,core,web');
    progress(`memory ${rep + 1}/${reps}: ${without} and ${withWeb} MB`);
    rounds.push({ withoutMb: without, withMb: withWeb, addedMb: round(withWeb - without) });
  }
  return medians(rounds);
}

async function residentMb(servers) {
  const folder = mkdtempSync(join(tmpdir(), 'raspy-bench-'));
  const home = startChild(binOf('raspy', 'raspy'), [
    'start',
    '--broker-port=0',
    '--web-port=0',
    '--config=/dev/null',
    `--data-dir=${folder}`,
    `--servers=${servers}`,
    '--log-level=silent',
    '--json',
  ]);
  try {
    await home.until(/"?event"?:"?ready/);
    await pause(SETTLE_MS);
    return round([home.pid, ...childrenOf(home.pid)].reduce((sum, pid) => sum + residentKb(pid), 0) / 1_024);
  } finally {
    await home.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
