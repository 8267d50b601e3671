import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogStore } from '@raspy/storage-log';
import fc from 'fast-check';
import type { KvCommit, StoredEntry } from '../storage.js';
import { openKvLog, type KvLogStorage } from './index.js';

let folder: string;
const open: KvLogStorage[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-log-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((storage) => storage.close()));
  await rm(folder, { recursive: true });
});

interface Opened {
  readonly kv: KvLogStorage;
  readonly reservedSeq: number;
  /** By key, in hex. */
  readonly entries: Map<string, StoredEntry>;
}

async function openStorage(segmentBytes = 4_096): Promise<Opened> {
  const kv = await openKvLog({ folder, segmentBytes });
  open.push(kv);
  const { reservedSeq, entries } = await kv.load();
  const found = Array.from(entries, (one) => [hex(one.key), one] as const);
  const byKey = new Map(found);
  expect(byKey.size).toBe(found.length);
  return { kv, reservedSeq, entries: byKey };
}

async function reopen(kv: KvLogStorage): Promise<Opened> {
  await kv.close();
  return openStorage();
}

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');
const entry = (
  key: string | Uint8Array,
  seq: number,
  body: string | Uint8Array = 'x',
  ttlSeconds = 0,
): StoredEntry => ({ key: Buffer.from(key), seq, ttlSeconds, body: Buffer.from(body) });
const texts = ({ entries }: Opened): Record<string, string> =>
  Object.fromEntries(
    [...entries.values()].map(({ key, body }) => [Buffer.from(key).toString(), Buffer.from(body).toString()]),
  );
const commitOf = (more: Partial<KvCommit>): KvCommit => ({ puts: [], deletes: [], reservedSeq: 0, ...more });

const SEGMENT_HEADER_BYTES = 20;
const files = async (): Promise<Map<string, Buffer>> => {
  const found = new Map<string, Buffer>();
  for (const name of (await readdir(folder)).sort().map((one) => join(folder, one))) {
    // One of which nothing counts any more may be removed just now.
    const bytes = await readFile(name).catch(() => undefined);
    if (bytes !== undefined) found.set(name, bytes);
  }
  return found;
};
const lastFile = async (): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
  return join(folder, names.at(-1)!);
};

/** Changes a byte of what is searched for, in the file that was written last. */
async function damage(what: string): Promise<void> {
  const file = await lastFile();
  const bytes = await readFile(file);
  const at = bytes.lastIndexOf(what, undefined, 'latin1');
  expect(at).toBeGreaterThan(0);
  bytes[at]! ^= 0xff;
  await writeFile(file, bytes);
}

describe('the log of a tree', () => {
  it('is empty at first, and after a restart holds what was committed', async () => {
    const first = await openStorage();
    expect([first.reservedSeq, first.entries.size]).toEqual([0, 0]);
    const puts = [entry('/a', 1, 'one', 5), entry('/b', 2 ** 53 - 1, 'two', 2 ** 32 - 1)];
    await first.kv.commit(commitOf({ puts, reservedSeq: 2 ** 53 - 1 }));
    const { kv, reservedSeq, entries } = await reopen(first.kv);
    expect(reservedSeq).toBe(2 ** 53 - 1);
    expect([...entries.values()]).toEqual(puts);
    expect([kv.damage, kv.mayLackCommits]).toEqual([[], false]);
  });

  it('overwrites, deletes what is there and what is not, and prefers a put to a delete of the same key', async () => {
    const { kv } = await openStorage();
    await kv.commit(commitOf({ puts: [entry('/a', 1, '1'), entry('/b', 2, '2')] }));
    const deletes = ['/b', '/never', '/c'].map((key) => Buffer.from(key));
    await kv.commit(commitOf({ puts: [entry('/a', 3, '3'), entry('/c', 4, '4')], deletes }));
    expect(texts(await reopen(kv))).toEqual({ '/a': '3', '/c': '4' });
  });

  it('takes any key: long, empty, or like a name of the log; and long ones that begin alike stay apart', async () => {
    const first = await openStorage();
    const keys = [0, 1, 33, 510, 511, 512, 1_979, 4_096, 70_000].flatMap((length) => [
      Buffer.alloc(length, 'k'),
      Buffer.alloc(length + 1, 'k').fill(0, length),
      Buffer.alloc(length + 1, 's'),
      Buffer.alloc(length + 1, 0xff),
    ]);
    const unique = new Map(keys.map((key) => [hex(key), key]));
    const puts = [...unique.values()].map((key, index) => entry(key, index + 1, randomBytes(index)));
    await first.kv.commit(commitOf({ puts, reservedSeq: 1 }));
    const again = await reopen(first.kv);
    expect(again.entries).toEqual(new Map(puts.map((one) => [hex(one.key), one])));
    expect(again.kv.damage).toEqual([]);
    await again.kv.commit(commitOf({ deletes: [...unique.values()], reservedSeq: 1 }));
    expect((await reopen(again.kv)).entries.size).toBe(0);
  });

  it('takes a body of 16 MiB', async () => {
    const { kv } = await openStorage();
    const body = randomBytes(2 ** 24);
    await kv.commit(commitOf({ puts: [entry('/large', 1, body)] }));
    const { entries } = await reopen(kv);
    expect(body.equals([...entries.values()][0]!.body)).toBe(true);
  });

  it('refuses all of a commit that cannot be written, and is as it was', async () => {
    const { kv } = await openStorage();
    await kv.commit(commitOf({ puts: [entry('/a', 1, 'old')], reservedSeq: 5 }));
    const puts = [entry('/a', 2, 'new'), entry('/b', 3)];
    const deletes = [Buffer.from('/a')];
    const tooLarge = { ...entry('/c', 4), body: Buffer.alloc(2 ** 27 + 1) };
    await expect(
      kv.commit({ puts: [...puts, entry('/c', 4, 'x', -1)], deletes, reservedSeq: 9 }),
    ).rejects.toMatchObject({ name: 'RangeError' });
    await expect(kv.commit({ puts: [...puts, tooLarge], deletes, reservedSeq: 9 })).rejects.toMatchObject({
      code: 'LOG_TOO_LARGE',
    });
    const again = await reopen(kv);
    expect([again.reservedSeq, texts(again)]).toEqual([5, { '/a': 'old' }]);
  });

  it('keeps a reserved sequence that is written alone, writes none twice, but again after a failure', async () => {
    const { kv } = await openStorage();
    await kv.commit(commitOf({ reservedSeq: 7 }));
    const written = kv.statistics();
    await kv.commit(commitOf({ reservedSeq: 7 }));
    expect(kv.statistics()).toEqual(written);
    const tooLarge = { ...entry('/c', 4), body: Buffer.alloc(2 ** 27 + 1) };
    await kv.commit({ puts: [tooLarge], deletes: [], reservedSeq: 7 }).catch(() => undefined);
    await kv.commit(commitOf({ reservedSeq: 7 }));
    const again = await reopen(kv);
    expect(again.reservedSeq).toBe(7);
    await again.kv.commit(commitOf({ reservedSeq: 7 }));
    expect(again.kv.statistics().commits).toBe(0);
  });

  it('is read once, and refuses commits when it is closed', async () => {
    const { kv } = await openStorage();
    await expect(kv.load()).rejects.toThrow('once only');
    await kv.close();
    await expect(kv.commit(commitOf({ reservedSeq: 1 }))).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  });

  it('counts commits, bytes given, and bytes written in whole pages', async () => {
    const { kv } = await openStorage();
    await kv.commit(commitOf({ reservedSeq: 1 }));
    await kv.commit({ puts: [entry('/a', 1, 'body')], deletes: [Buffer.from('/bc')], reservedSeq: 1 });
    const { commits, bytesGiven, bytesWritten, bytesOnDisk } = kv.statistics();
    expect([commits, bytesGiven, bytesWritten]).toEqual([2, 9, 2 * 4_096]);
    expect(bytesOnDisk).toBeLessThan(300);
  });

  it('does not grow for ever where values are replaced', async () => {
    const { kv } = await openStorage();
    for (let seq = 1; seq <= 2_000; seq++) {
      const puts = [entry(`/${seq % 10}`, seq, 'x'.repeat(100)), entry(`/gone/${seq}`, seq)];
      await kv.commit({ puts, deletes: [Buffer.from(`/gone/${seq - 1}`)], reservedSeq: seq });
    }
    expect(kv.statistics().bytesOnDisk).toBeLessThan(8 * 4_096);
    expect((await reopen(kv)).entries.size).toBe(11);
  });

  it('is not opened where the files are of another program', async () => {
    await writeFile(join(folder, '00000001.log'), 'a line of some other log, for people to read');
    await expect(openKvLog({ folder })).rejects.toMatchObject({ code: 'LOG_FORMAT' });
  });
});

const key = fc.oneof(
  fc.constantFrom('/a', '/b', '/c', '/d').map((text) => Buffer.from(text)),
  fc.integer({ min: 505, max: 515 }).map((length) => Buffer.alloc(length, 'k')),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const put = fc.record({
  key,
  seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  ttlSeconds: fc.nat(),
  body: fc.uint8Array({ minLength: 1, maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
});
const commit: fc.Arbitrary<KvCommit> = fc.record({
  puts: fc.array(put, { maxLength: 8 }),
  deletes: fc.array(key, { maxLength: 4 }),
  reservedSeq: fc.nat(),
});

/** What a storage should hold. */
interface Model {
  readonly reservedSeq: number;
  readonly entries: ReadonlyMap<string, StoredEntry>;
}

/** As texts: jest compares Buffers byte by byte, and looks at each many times. */
const plain = (entries: ReadonlyMap<string, StoredEntry>): string[] =>
  Array.from(entries, ([name, { key, seq, ttlSeconds, body }]) =>
    [name, hex(key), seq, ttlSeconds, hex(body)].join(' '),
  ).sort();

function after(model: Model, { puts, deletes, reservedSeq }: KvCommit): Model {
  const entries = new Map(model.entries);
  for (const gone of deletes) entries.delete(hex(gone));
  for (const added of puts) entries.set(hex(added.key), added);
  return { reservedSeq, entries };
}

describe('whatever is committed', () => {
  it('is what a map would hold, however often it is opened, and whatever is torn off its last commit', async () => {
    const step = fc.record({
      commit,
      then: fc.constantFrom('go on', 'reopen', 'tear'),
      cut: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const name of await readdir(folder)) await rm(join(folder, name));
        let model: Model = { reservedSeq: 0, entries: new Map() };
        // Nothing is cleaned then.
        const segmentBytes = 2 ** 20;
        let { kv } = await openStorage(segmentBytes);
        for (const { commit, then, cut } of steps) {
          const before = await files();
          await kv.commit(commit);
          if (then === 'go on') {
            model = after(model, commit);
            continue;
          }
          await kv.close();
          const [file = '', bytes = Buffer.alloc(0)] = [...(await files())].at(-1) ?? [];
          const start = before.get(file)?.length ?? SEGMENT_HEADER_BYTES;
          if (then === 'tear' && bytes.length > start) {
            await writeFile(file, bytes.subarray(0, start + Math.floor((bytes.length - start) * cut)));
            // Had the power gone before it was acknowledged, the file of which it left nothing would be there.
            for (const [name, content] of before) if (name !== file) await writeFile(name, content);
          } else model = after(model, commit);
          const opened = await openStorage(segmentBytes);
          kv = opened.kv;
          expect([opened.reservedSeq, plain(opened.entries)]).toEqual([
            model.reservedSeq,
            plain(model.entries),
          ]);
          expect(kv.damage).toEqual([]);
        }
        await Promise.all(open.splice(0).map((storage) => storage.close()));
      }),
      { numRuns: 60 },
    );
  });

  it('is there after damage but for the records that were hit, and tells that it may lack commits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { minLength: 3, maxLength: 8 }), fc.nat(), async (commits, place) => {
        for (const name of await readdir(folder)) await rm(join(folder, name));
        const { kv } = await openStorage();
        const ever = new Map<string, Set<string>>();
        for (const one of commits) {
          await kv.commit(one);
          for (const { key, body } of one.puts) {
            ever.set(hex(key), (ever.get(hex(key)) ?? new Set()).add(hex(body)));
          }
        }
        await kv.close();
        const [first] = (await readdir(folder)).sort();
        if (first === undefined) return;
        const bytes = await readFile(join(folder, first));
        bytes[place % bytes.length]! ^= 1 + (place % 255);
        await writeFile(join(folder, first), bytes);
        const again = await openStorage();
        expect(again.kv.mayLackCommits).toBe(true);
        for (const [name, { body }] of again.entries) expect(ever.get(name)).toContain(hex(body));
        await Promise.all(open.splice(0).map((storage) => storage.close()));
      }),
      { numRuns: 60 },
    );
  });
});

describe('damage', () => {
  it('in the middle is told, costs what it hit, and shows there what was before', async () => {
    const { kv } = await openStorage();
    await kv.commit(commitOf({ puts: [entry('/a', 1, 'sound'), entry('/b', 2, 'older')], reservedSeq: 10 }));
    await kv.commit(
      commitOf({ puts: [entry('/b', 3, 'DAMAGED'), entry('/c', 4, 'sound')], reservedSeq: 10 }),
    );
    await kv.commit(commitOf({ puts: [entry('/d', 5, 'later')], reservedSeq: 20 }));
    await kv.close();
    await damage('DAMAGED');
    const again = await openStorage();
    expect(texts(again)).toEqual({ '/a': 'sound', '/b': 'older', '/c': 'sound', '/d': 'later' });
    expect(again.kv.damage).toEqual([
      expect.stringMatching(/^\d+ bytes of 00000001\.log are not as they were written/),
    ]);
    expect([again.kv.mayLackCommits, again.reservedSeq]).toEqual([true, 20]);
  });

  it('of the last commit takes it as a whole, and leaves doubt of the sequences alone', async () => {
    const { kv } = await openStorage();
    await kv.commit(commitOf({ puts: [entry('/a', 1, 'sound')], reservedSeq: 10 }));
    await kv.commit(commitOf({ puts: [entry('/a', 2, 'DAMAGED'), entry('/b', 3, 'lost')], reservedSeq: 20 }));
    await kv.close();
    await damage('DAMAGED');
    const again = await openStorage();
    expect([again.reservedSeq, texts(again)]).toEqual([10, { '/a': 'sound' }]);
    expect([again.kv.damage, again.kv.mayLackCommits]).toEqual([[], true]);
    await again.kv.commit(commitOf({ reservedSeq: 1_000 }));
    expect((await reopen(again.kv)).kv.mayLackCommits).toBe(false);
  });

  it('may be that no sequence is reserved, though there are entries', async () => {
    const { kv } = await openStorage();
    await kv.commit(commitOf({ puts: [entry('/a', 1)] }));
    expect((await reopen(kv)).kv).toMatchObject({ damage: [], mayLackCommits: true });
  });

  it('is a record, sound as such, of a form that is not known', async () => {
    const log = await openLogStore({ folder });
    const value = Buffer.from('form of the future'.padEnd(30));
    await log.commit([
      { put: 'e/a', value },
      { put: 's', value: Buffer.alloc(7, 1) },
      { put: 's', value: Buffer.alloc(8, 0xff) },
      ...['e/a', 'h', 'hash'].map((name) => ({ put: name, value: Buffer.alloc(3) })),
      { put: 'hash', value },
      { put: 'x', value },
    ]);
    await log.close();
    const { kv, reservedSeq, entries } = await openStorage();
    expect([reservedSeq, entries.size]).toEqual([0, 0]);
    expect(kv.damage).toEqual(['7 records have a form that this version does not know; they were left out']);
  });
});
