import { systemClock } from '@raspy/clock';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../log/logger.js';
import { spawnChild, type ChildPort } from './child-port.js';
import type { FromHost } from './host-protocol.js';
import { endOrphans } from './orphans.js';
import { residentBytes } from './resident-bytes.js';

let folder: string;
let children: ChildPort[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-child-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function run(script: string, ...args: string[]) {
  const entry = join(folder, 'child.cjs');
  await writeFile(entry, script);
  const lines: string[] = [];
  const messages: FromHost[] = [];
  const child = spawnChild({ entry, args, output: (line) => lines.push(line) });
  children.push(child);
  let heard: (() => void) | undefined;
  child.onMessage((message) => {
    messages.push(message as FromHost);
    heard?.();
  });
  const said = new Promise<void>((resolve) => (heard = resolve));
  const ended = new Promise<string>((resolve) => child.onEnd(resolve));
  return { child, entry, lines, messages, said, ended };
}
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('talks with a process, forwards its lines as they are, and tells how it ended', async () => {
  const { child, lines, messages, ended } = await run(
    `
    process.on('message', (message) => {
      process.send({ type: 'pong', message, args: process.argv.slice(2) }, () => process.exit(3));
    });
    process.stderr.write('{"a":1}\\nhalf');
    process.stdout.write('out\\n');
  `,
    'a',
  );
  child.send({ type: 'ping' });
  expect(await ended).toBe('exit code 3');
  expect(messages).toEqual([{ type: 'pong', message: { type: 'ping' }, args: ['a'] }]);
  expect([...lines].sort()).toEqual(['half\n', 'out\n', '{"a":1}\n']);
  child.send({ type: 'ping' });
  child.kill('SIGKILL');
});

it('cuts a line that never ends', async () => {
  const { lines, ended } = await run(`process.stderr.write('x'.repeat(300_000))`);
  await ended;
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join('').replaceAll('\n', '')).toHaveLength(300_000);
});

it('takes with it what it has started itself', async () => {
  const { child, said, messages, ended } = await run(`
    const inner = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1e6)'], { stdio: 'inherit' });
    process.send({ type: 'pong', inner: inner.pid });
    setInterval(() => 0, 1e6);
  `);
  await said;
  const { inner } = messages[0] as unknown as { inner: number };
  expect(isAlive(inner)).toBe(true);
  child.kill('SIGTERM');
  expect(await ended).toBe('SIGTERM');
  while (isAlive(inner)) await new Promise((resolve) => setImmediate(resolve));
});

const onLinux = process.platform === 'linux' ? it : it.skip;

onLinux('tells the memory of a process that runs', async () => {
  const { child, said } = await run(`process.send({ type: 'pong' }); setInterval(() => 0, 1e6)`);
  await said;
  expect(await residentBytes(child.pid!)).toBeGreaterThan(10_000_000);
  expect(await residentBytes(process.pid)).toBeGreaterThan(10_000_000);
  expect(await residentBytes(2 ** 30)).toBeUndefined();
});

onLinux('waits for a host that was left behind, and kills it when it does not end', async () => {
  const script = `process.send({ type: 'pong' }); setInterval(() => 0, 1e6)`;
  const { child, entry, said, ended } = await run(script, 'host', 'tank');
  const other = spawnChild({ entry, args: ['host', 'tank2'], output: () => undefined });
  children.push(other);
  await said;
  const warned: unknown[] = [];
  await endOrphans({
    command: [entry, 'host', 'tank'],
    patienceMs: 60,
    clock: systemClock,
    logger: { ...silentLogger, warn: (_message, fields) => void warned.push(fields) },
  });
  expect(await ended).toBe('SIGKILL');
  expect(warned).toContainEqual({ pid: child.pid });
  expect(isAlive(other.pid!)).toBe(true);
});
