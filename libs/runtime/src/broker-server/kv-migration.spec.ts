import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '@raspy/clock';
import type { KvStored, StoredEntry } from '@raspy/kv-clone';
import { openKvLog } from '@raspy/kv-clone/storage-log';
import { lockDataDir } from '../lifecycle/data-dir-lock.js';
import { silentLogger } from '../log/logger.js';
import { migrateLmdbStore } from './kv-migration.js';

const clock = new VirtualClock();
let dataDir: string;
let from: string;
let to: string;
let told: string[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'raspy-migration-'));
  from = join(dataDir, 'store');
  to = join(dataDir, 'store-log');
  told = [];
});
afterEach(() => rm(dataDir, { recursive: true }));

const line = (level: string) => (message: string) => void told.push(`${level} ${message}`);
const logger = { ...silentLogger, info: line('info'), warn: line('warn'), error: line('error') };
const migrate = (): Promise<void> => migrateLmdbStore({ from, to, clock, logger });

const entry = (key: string, seq: number, body: string | Buffer = 'x', ttlSeconds = 0): StoredEntry => ({
  key: Buffer.from(key),
  seq,
  ttlSeconds,
  body: Buffer.from(body),
});

async function oldStore(puts: readonly StoredEntry[], reservedSeq: number): Promise<void> {
  const { openLmdbStore } = await import('@raspy/storage-lmdb');
  const store = await openLmdbStore({ folder: from });
  await store.keyValue().commit({ puts, deletes: [], reservedSeq });
  await store.close();
}

/** Puts something into the log, as one that was interrupted, or a start after it. */
async function inLog(puts: readonly StoredEntry[], reservedSeq: number): Promise<void> {
  const log = await openKvLog({ folder: to });
  await log.load();
  await log.commit({ puts, deletes: [], reservedSeq });
  await log.close();
}

async function logged(): Promise<{ reservedSeq: number; entries: StoredEntry[] }> {
  const log = await openKvLog({ folder: to });
  const { reservedSeq, entries }: KvStored = await log.load();
  const bySeq = Array.from(entries).sort((a, b) => a.seq - b.seq);
  await log.close();
  return { reservedSeq, entries: bySeq };
}

const folders = async (): Promise<string[]> => (await readdir(dataDir)).sort();
const NOT_READ = 'info the tree is kept in a log now; its old store is not read any more';

it('does nothing where there is no store of the old kind', async () => {
  await migrate();
  await mkdir(from);
  await migrate();
  expect([await folders(), told]).toEqual([['store'], []]);
});

it('takes over all values with sequences and times to live, and renames the store', async () => {
  const many = Array.from({ length: 2_500 }, (_, i) => entry(`/device/pi/${i}`, i + 1, `${i}`, i % 3));
  const large = [2_501, 2_502, 2_503].map((seq) => entry(`/${'k'.repeat(seq)}`, seq, Buffer.alloc(800_000)));
  await oldStore([...many, ...large], 20_000);
  await migrate();
  const { reservedSeq, entries } = await logged();
  expect(reservedSeq).toBe(20_000);
  const texts = (list: readonly StoredEntry[]): string[] =>
    list.map(({ key, seq, ttlSeconds, body }) => [key, seq, ttlSeconds, body].map(String).join(' '));
  expect(texts(entries)).toEqual(texts([...many, ...large]));
  expect([await folders(), told]).toEqual([['store-log', 'store.migrated'], [NOT_READ]]);
  await migrate();
  expect(told).toHaveLength(1);
});

it('begins anew when it was interrupted', async () => {
  await oldStore([entry('/a', 1, 'a'), entry('/b', 2, 'b')], 10_000);
  await inLog([entry('/a', 1, 'a')], 0);
  await migrate();
  expect(await logged()).toEqual({
    reservedSeq: 10_000,
    entries: [entry('/a', 1, 'a'), entry('/b', 2, 'b')],
  });
  expect(await folders()).toEqual(['store-log', 'store.migrated']);
});

it('never lets an old store replace what is in the log', async () => {
  await oldStore([entry('/a', 1, 'old')], 10_000);
  await inLog([entry('/a', 20_001, 'new')], 30_000);
  await migrate();
  const kept = { reservedSeq: 30_000, entries: [entry('/a', 20_001, 'new')] };
  expect([await logged(), await folders()]).toEqual([kept, ['store-log', 'store.migrated']]);

  // As somebody does who copies a backup over all.
  await oldStore([entry('/a', 1, 'old')], 10_000);
  await migrate();
  expect([await logged(), await folders()]).toEqual([kept, ['store', 'store-log', 'store.migrated']]);
  expect(told).toEqual([
    NOT_READ,
    "warn the tree's old store is not read any more, but cannot be renamed: remove it",
  ]);
});

it('begins with sequences above all, and no values, where the store is damaged', async () => {
  await oldStore([entry('/a', 1, 'old')], 10_000);
  await writeFile(join(from, 'data.mdb'), Buffer.alloc(65_536, 1));
  await migrate();
  expect(await logged()).toEqual({ reservedSeq: clock.wallNow(), entries: [] });
  expect(told).toEqual([expect.stringMatching(/^error what was saved is damaged/), NOT_READ]);
  expect(await readdir(join(dataDir, 'store.migrated'))).toContainEqual(
    expect.stringMatching(/^data\.mdb\.broken-/),
  );
});

it('says what to do when damage shows only while all is read, and is not done then', async () => {
  await oldStore(
    Array.from({ length: 3_000 }, (_, i) => entry(`/device/pi/${String(i).padStart(5, '0')}`, i + 1)),
    3_000,
  );
  const path = join(from, 'data.mdb');
  const data = await readFile(path);
  // The keys of branch pages then lead to the first leaf, for ever.
  for (let page = 8_192; page < data.length; page += 4_096) {
    const isBranch = (data.readUInt16LE(page + 18) & 0x6f) === 1;
    for (let at = page + 26; isBranch && at < page + data.readUInt16LE(page + 20); at += 2) {
      data[page + 32 + data.readUInt16LE(at)] = 0xff;
    }
  }
  await writeFile(path, data);
  await expect(migrate()).rejects.toThrow('restore a copy, or move data.mdb away');
  expect([await folders(), (await logged()).reservedSeq]).toEqual([['store', 'store-log'], 0]);
});

it('does not read a store that a program of the old kind uses', async () => {
  await oldStore([entry('/a', 1, 'old')], 10_000);
  const unlock = await lockDataDir(from);
  await expect(migrate()).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  await unlock();
});
