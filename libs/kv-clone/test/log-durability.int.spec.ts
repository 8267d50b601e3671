import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openKvLog } from '../src/storage-log/index.js';

const NODE = ['--conditions=@raspy/source', '--import', 'tsx', join(__dirname, 'support/child.ts')];

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raspy-kv-log-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Starts it, and kills it once it has said so many numbers. @returns the last */
async function killedAfter(numbers: number): Promise<number> {
  const running = spawn(process.execPath, [...NODE, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
  child = running;
  const ended = new Promise((resolve) => running.once('close', resolve));
  let count = 0;
  let last = 0;
  createInterface({ input: running.stdout }).on('line', (line) => {
    last = Number(line);
    if (++count === numbers) running.kill('SIGKILL');
  });
  await ended;
  expect(running.signalCode).toBe('SIGKILL');
  return last;
}

it('has all that was acknowledged after kill -9, ten times over, and no commit in part', async () => {
  for (let round = 0; round < 10; round++) {
    const acknowledged = await killedAfter(60 + round * 7);
    const kv = await openKvLog({ folder, segmentBytes: 65_536 });
    expect(kv.damage).toEqual([]);
    const { reservedSeq, entries } = await kv.load();
    const found = new Map(
      Array.from(entries, ({ key, body }) => [Buffer.from(key).toString(), body[0]] as const),
    );
    // One more may have been written whose acknowledgement was not said.
    expect(reservedSeq - acknowledged).toBeGreaterThanOrEqual(0);
    expect(reservedSeq - acknowledged).toBeLessThanOrEqual(1);
    const wrong: unknown[] = [];
    for (let seq = 1; seq <= reservedSeq; seq++) {
      for (const part of [0, 1, 2]) {
        const expected = part === 0 && seq <= reservedSeq - 50 ? undefined : seq % 251;
        const is = found.get(`/${seq}/${part}`);
        if (is !== expected) wrong.push({ seq, part, is, expected });
      }
    }
    expect(wrong).toEqual([]);
    await kv.close();
  }
}, 60_000);
