import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { StoredEntry } from '@raspy/kv-clone';
import { contents, entry, newFolder, removeFolders } from '../test/support/folders.js';
import { openLmdbStore } from './index.js';

afterEach(removeFolders);

const none = { puts: [], deletes: [] } as const;

describe('a key/value tree', () => {
  it('is empty at first, and after a restart holds what was committed', async () => {
    const folder = newFolder();
    let store = await openLmdbStore({ folder });
    let kv = store.keyValue();
    const first = await kv.load();
    expect([first.reservedSeq, Array.from(first.entries)]).toEqual([0, []]);
    const puts = [entry('/a', 1, 'one', 5), entry('/b', 2 ** 53 - 1, 'two')];
    await kv.commit({ puts, deletes: [], reservedSeq: 2 ** 53 - 1 });
    await store.close();

    store = await openLmdbStore({ folder });
    kv = store.keyValue();
    const { reservedSeq, entries } = await kv.load();
    expect(reservedSeq).toBe(2 ** 53 - 1);
    expect(Array.from(entries)).toEqual(puts);
    expect(store.setAside).toBeUndefined();
    await store.close();
  });

  it('overwrites, deletes what is there and what is not, and prefers a put to a delete of the same key', async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    const kv = store.keyValue();
    await kv.commit({ puts: [entry('/a', 1, '1'), entry('/b', 2, '2')], deletes: [], reservedSeq: 2 });
    const deletes = ['/b', '/never', '/c'].map((key) => Buffer.from(key));
    await kv.commit({ puts: [entry('/a', 3, '3'), entry('/c', 4, '4')], deletes, reservedSeq: 4 });
    expect(await contents(kv)).toEqual({ '/a': '3', '/c': '4' });
    await store.close();
  });

  it('takes any key: long, empty, or like a hash; and long ones that begin alike stay apart', async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    const kv = store.keyValue();
    const keys = [0, 1, 33, 510, 511, 512, 1_979, 4_096, 70_000].flatMap((length) => [
      Buffer.alloc(length, 'k'),
      Buffer.alloc(length + 1, 'k').fill(0, length),
      Buffer.alloc(length + 1),
    ]);
    const unique = [...new Map(keys.map((key) => [key.toString('hex'), key])).values()];
    const puts = unique.map((key, index) => entry(key, index + 1, randomBytes(index)));
    await kv.commit({ puts, deletes: [], reservedSeq: 1 });
    const bySeq = (a: StoredEntry, b: StoredEntry): number => a.seq - b.seq;
    expect(Array.from((await kv.load()).entries).sort(bySeq)).toEqual(puts);
    await kv.commit({ puts: [], deletes: unique, reservedSeq: 1 });
    expect(await contents(kv)).toEqual({});
    await store.close();
  });

  it('takes a body of 16 MiB', async () => {
    const folder = newFolder();
    let store = await openLmdbStore({ folder });
    const body = randomBytes(2 ** 24);
    await store.keyValue().commit({ puts: [entry('/large', 1, body)], deletes: [], reservedSeq: 1 });
    await store.close();
    store = await openLmdbStore({ folder });
    const [found] = (await store.keyValue().load()).entries;
    expect(body.equals(found!.body)).toBe(true);
    await store.close();
  });

  it('is read while it is changed, from before or after each change, and no read lasts', async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    const kv = store.keyValue();
    const many = Array.from({ length: 2_500 }, (_, index) => entry(`/${String(index).padStart(5, '0')}`, 1));
    await kv.commit({ puts: many, deletes: [], reservedSeq: 1 });
    let count = 0;
    for (const { seq } of (await kv.load()).entries) {
      if (++count === 1_500) {
        await kv.commit({ puts: many.map(({ key }) => entry(key, 2)), deletes: [], reservedSeq: 2 });
      }
      expect(seq).toBe(count <= 2_000 ? 1 : 2);
    }
    expect(count).toBe(2_500);
    await store.close();
  });

  it('refuses all of a commit that has what cannot be written', async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    const kv = store.keyValue();
    const puts = [entry('/a', 1), entry('/b', -1)];
    await expect(kv.commit({ puts, deletes: [], reservedSeq: 1 })).rejects.toMatchObject({
      name: 'RangeError',
    });
    expect(await contents(kv)).toEqual({});
    await store.close();
  });

  it('keeps a reserved sequence that is written alone, and writes none twice', async () => {
    const folder = newFolder();
    let store = await openLmdbStore({ folder });
    let kv = store.keyValue();
    await kv.load();
    await kv.commit({ ...none, reservedSeq: 7 });
    const written = kv.statistics();
    await kv.commit({ ...none, reservedSeq: 7 });
    expect(kv.statistics()).toEqual(written);
    await store.close();
    store = await openLmdbStore({ folder });
    kv = store.keyValue();
    expect((await kv.load()).reservedSeq).toBe(7);
    await store.close();
  });

  it('counts commits, bytes given, and bytes written in whole pages', async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    const kv = store.keyValue();
    await kv.commit({ puts: [], deletes: [], reservedSeq: 1 });
    const before = kv.statistics();
    await kv.commit({ puts: [entry('/a', 1, 'body')], deletes: [Buffer.from('/bc')], reservedSeq: 1 });
    const { commits, bytesGiven, bytesWritten } = kv.statistics();
    expect([commits, bytesGiven]).toEqual([2, 9]);
    // A page of the tree, of the names, of free pages, and the meta page.
    expect(bytesWritten - before.bytesWritten).toBe(4 * 4_096);
    await kv.commit({ puts: [entry('/large', 1, Buffer.alloc(100_000))], deletes: [], reservedSeq: 1 });
    expect(kv.statistics().bytesWritten).toBeGreaterThan(bytesWritten + 100_000);
    await store.close();
  });

  it('is what a map would be, whatever is committed and however often it is opened', async () => {
    const key = fc.oneof(
      fc.constantFrom('/a', '/b', '/c', '/d').map((text) => Buffer.from(text)),
      fc.integer({ min: 505, max: 515 }).map((length) => Buffer.alloc(length, 'k')),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    const put = fc.record({
      key,
      seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      ttlSeconds: fc.nat(),
      body: fc.uint8Array({ minLength: 1, maxLength: 6_000 }).map((bytes) => Buffer.from(bytes)),
    });
    const step = fc.record({
      puts: fc.array(put, { maxLength: 8 }),
      deletes: fc.array(key, { maxLength: 4 }),
      reservedSeq: fc.nat(),
      reopens: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const folder = newFolder();
        const model = new Map<string, StoredEntry>();
        let reserved = 0;
        let store = await openLmdbStore({ folder });
        let kv = store.keyValue();
        for (const { puts, deletes, reservedSeq, reopens } of steps) {
          await kv.commit({ puts, deletes, reservedSeq });
          for (const gone of deletes) model.delete(gone.toString('hex'));
          for (const added of puts) model.set(added.key.toString('hex'), added);
          reserved = reservedSeq;
          if (!reopens) continue;
          await store.close();
          store = await openLmdbStore({ folder });
          kv = store.keyValue();
        }
        const stored = await kv.load();
        expect(stored.reservedSeq).toBe(reserved);
        const found = Array.from(
          stored.entries,
          (one) => [Buffer.from(one.key).toString('hex'), one] as const,
        );
        expect(new Map(found)).toEqual(model);
        expect(found).toHaveLength(model.size);
        await store.close();
        removeFolders();
      }),
      { numRuns: 30 },
    );
  });
});

describe('a store', () => {
  it('has trees that know nothing of each other', async () => {
    const folder = newFolder();
    let store = await openLmdbStore({ folder });
    const trees = ['kv', 'settings-2'].map((name) => store.keyValue(name));
    await Promise.all(
      trees.map((tree, index) =>
        tree.commit({ puts: [entry('/a', 1, String(index))], deletes: [], reservedSeq: index }),
      ),
    );
    await store.close();
    store = await openLmdbStore({ folder });
    expect(await contents(store.keyValue('settings-2'))).toEqual({ '/a': '1' });
    expect(await contents(store.keyValue())).toEqual({ '/a': '0' });
    await store.close();
  });

  it('counts what all its trees write, also what was before a tree', async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    const trees = ['a', 'b'].map((name) => store.keyValue(name));
    for (const tree of trees) await tree.commit({ puts: [entry('/a', 1, 'x')], deletes: [], reservedSeq: 1 });
    await store.close();
    const { commits, bytesGiven, bytesWritten } = store.statistics();
    expect([commits, bytesGiven]).toEqual([2, 6]);
    const ofTrees = trees.reduce((sum, tree) => sum + tree.statistics().bytesWritten, 0);
    expect(bytesWritten).toBeGreaterThan(ofTrees);
  });

  it('gives a tree to one user at a time, and no tree of a name that is none', async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    const first = store.keyValue();
    expect(() => store.keyValue()).toThrow('is in use: close it first');
    await first.close();
    await first.close();
    await expect(first.load()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    const second = store.keyValue();
    await second.commit({ ...none, reservedSeq: 3 });
    await expect(first.commit({ ...none, reservedSeq: 4 })).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    for (const name of ['', 'raspy format', 'A', '../x', 'x'.repeat(65)]) {
      expect(() => store.keyValue(name)).toThrow(RangeError);
    }
    await store.close();
  });

  it('waits for commits when it is closed, and refuses later ones', async () => {
    const folder = newFolder();
    const store = await openLmdbStore({ folder });
    const kv = store.keyValue();
    const puts = Array.from({ length: 5_000 }, (_, index) => entry(`/${index}`, 1));
    let done = false;
    const commit = kv.commit({ puts, deletes: [], reservedSeq: 1 }).then(() => (done = true));
    await store.close();
    expect(done).toBe(true);
    await commit;
    await expect(kv.commit({ ...none, reservedSeq: 2 })).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(() => store.keyValue('other')).toThrow('open it again');
    await store.close();

    const again = await openLmdbStore({ folder });
    expect(Object.keys(await contents(again.keyValue()))).toHaveLength(5_000);
    await again.close();
  });
});
