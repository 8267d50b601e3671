import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@raspy/clock';
import { textFrame } from '@raspy/wire';
import { silentLogger, type Logger } from '../log/logger.js';
import { NO_CHANGES } from './device-overlay.js';
import { HostMemory } from './host-memory.js';

const SAVED = { version: 1, wall: 5, output: true, active: true, on: [[10, 5]], spent: [] } as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-memory-'));
});
afterEach(() => rm(folder, { recursive: true }));

function open(more: { maxKeys?: number; logger?: Logger } = {}): Promise<HostMemory> {
  return HostMemory.open({ folder: join(folder, 'm'), clock: systemClock, logger: silentLogger, ...more });
}

it('knows after a restart what was acted on, and how it ended', async () => {
  const first = await open();
  expect(first.isNew).toBe(true);
  expect(await first.begin('dose-1')).toEqual({ state: 'new' });
  await first.finish('dose-1', [textFrame('{"ml":5}'), textFrame('200')]);
  expect(await first.begin('dose-2')).toEqual({ state: 'new' });
  expect(await first.begin('dose-1')).toMatchObject({ state: 'done' });
  await first.close();

  const second = await open();
  expect(second.isNew).toBe(false);
  const known = await second.begin('dose-1');
  expect(known.state === 'done' && known.reply.map(String)).toEqual(['{"ml":5}', '200']);
  expect(await second.begin('dose-2')).toEqual({ state: 'unknown' });
  expect(await second.begin('Düse ✓')).toEqual({ state: 'new' });
  await second.close();
  const third = await open();
  expect(await third.begin('Düse ✓')).toEqual({ state: 'unknown' });
  await third.close();
});

it('a reply that is too much is not kept: a repeat is told that the outcome is not known', async () => {
  const memory = await open();
  await memory.begin('photo');
  await memory.finish('photo', [new Uint8Array(70_000), textFrame('200')]);
  expect(await memory.begin('photo')).toEqual({ state: 'unknown' });
  await memory.close();
});

it('forgets the oldest keys, on the disk too', async () => {
  const memory = await open({ maxKeys: 2 });
  for (const key of ['a', 'b', 'c']) await memory.begin(key);
  await memory.close();
  const again = await open({ maxKeys: 3 });
  expect(await again.begin('a')).toEqual({ state: 'new' });
  expect(await again.begin('b')).toEqual({ state: 'unknown' });
  expect(await again.begin('c')).toEqual({ state: 'unknown' });
  await again.close();
});

it('keeps what is known of guarded outputs, and the changes of devices', async () => {
  const memory = await open();
  expect(memory.load('heater')).toBeUndefined();
  await memory.save('heater', SAVED);
  const changes = { changed: { lamp: { config: { name: 'lamp', oid: 'a.b' } } }, removed: {} };
  expect(memory.changes).toEqual(NO_CHANGES);
  await memory.keepChanges(changes);
  await memory.close();
  const again = await open();
  expect(again.load('heater')).toEqual(SAVED);
  expect(again.changes).toEqual(changes);
  await again.close();
});

it('says loudly that it is damaged, and keeps what is sound', async () => {
  const memory = await open();
  await memory.begin('dose-1');
  for (let pin = 1; pin <= 40; pin++) await memory.save('heater', SAVED);
  await memory.begin('dose-2');
  await memory.close();
  const [name] = (await readdir(join(folder, 'm'))).filter((file) => !file.startsWith('.'));
  const file = join(folder, 'm', name!);
  const bytes = await readFile(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
  await writeFile(file, bytes);
  const errors: string[] = [];
  const again = await open({ logger: { ...silentLogger, error: (message) => errors.push(message) } });
  expect(errors).toContainEqual(expect.stringContaining('is damaged'));
  expect(await again.begin('dose-1')).toEqual({ state: 'unknown' });
  expect(await again.begin('dose-2')).toEqual({ state: 'unknown' });
  expect(again.load('heater')).toEqual(SAVED);
  await again.close();
});

it('cannot be opened where a file is in the way', async () => {
  await writeFile(join(folder, 'm'), 'x');
  await expect(open()).rejects.toMatchObject({
    message: expect.stringContaining('cannot be opened') as string,
  });
});
