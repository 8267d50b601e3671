import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VirtualClock } from '@raspy/clock';
import { open } from 'lmdb';
import { contents, entry, newFolder, removeFolders } from '../test/support/folders.js';
import { FORMAT_KEY } from './format.js';
import { openLmdbStore } from './index.js';
import { encodeNumber } from './record.js';

afterEach(removeFolders);

/** A folder with a store that has one entry. */
async function written(): Promise<string> {
  const folder = newFolder();
  const store = await openLmdbStore({ folder });
  await store.keyValue().commit({ puts: [entry('/a', 1, 'kept')], deletes: [], reservedSeq: 1 });
  await store.close();
  return folder;
}

function change(folder: string, edit: (data: Buffer) => Buffer): void {
  const path = join(folder, 'data.mdb');
  writeFileSync(path, edit(readFileSync(path)));
}

describe('opening a store', () => {
  it('makes the folder and its files for their owner alone', async () => {
    const folder = join(newFolder(), 'with.dot');
    const store = await openLmdbStore({ folder });
    await store.close();
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'data.mdb')).mode & 0o077).toBe(0);
  });

  it('says what to do when a damaged store is not to be touched', async () => {
    const folder = await written();
    change(folder, (data) => data.subarray(0, data.length / 2));
    await expect(openLmdbStore({ folder })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(
        /is damaged \(.*\): restore a copy, or move .*data\.mdb away/,
      ) as unknown,
    });
    expect(existsSync(join(folder, 'data.mdb'))).toBe(true);
  });

  it('sets a damaged store aside when told so, never over one that is there already', async () => {
    const clock = new VirtualClock();
    const folder = await written();
    const kept: (string | undefined)[] = [];
    for (let round = 0; round < 3; round++) {
      change(folder, (data) => data.fill(round + 1));
      const store = await openLmdbStore({ folder, onCorrupt: 'setAside', clock });
      kept.push(store.setAside);
      const kv = store.keyValue();
      expect(await contents(kv)).toEqual({});
      await kv.commit({ puts: [entry('/b', 1)], deletes: [], reservedSeq: 1 });
      await store.close();
    }
    const name = join(folder, 'data.mdb.broken-2026-01-01T00-00-00.000Z');
    expect(kept).toEqual([name, `${name}-2`, `${name}-3`]);
    expect(kept.map((path) => readFileSync(path!)[0])).toEqual([1, 2, 3]);
  });

  it('notices keys out of order while it reads, and does not read the same for ever', async () => {
    const folder = newFolder();
    const store = await openLmdbStore({ folder });
    const puts = Array.from({ length: 3_000 }, (_, i) =>
      entry(`/device/pi/${String(i).padStart(5, '0')}`, i + 1),
    );
    await store.keyValue().commit({ puts, deletes: [], reservedSeq: 3_000 });
    await store.close();
    change(folder, (data) => {
      // In the branch pages: the keys lead everything to the first leaf.
      for (let page = 2 * 4_096; page < data.length; page += 4_096) {
        if ((data.readUInt16LE(page + 18) & 0x6f) !== 1) continue;
        for (let at = page + 24 + 2; at < page + data.readUInt16LE(page + 20); at += 2) {
          data[page + 24 + data.readUInt16LE(at) + 8] = 0xff;
        }
      }
      return data;
    });
    const damaged = await openLmdbStore({ folder });
    await expect(contents(damaged.keyValue())).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await damaged.close();
  });

  it('begins anew where a power cut came before anything was stored', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'data.mdb'), Buffer.alloc(8_192));
    const store = await openLmdbStore({ folder });
    expect(await contents(store.keyValue())).toEqual({});
    await store.close();
  });

  it('leaves alone what another program, version or kind of machine wrote', async () => {
    const other = newFolder();
    const database = open<string, string>({ path: other, noSubdir: false });
    await database.put('key', 'value');
    await database.close();

    const later = await written();
    const store = open<Buffer, Uint8Array>({
      path: later,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
    });
    await store.put(FORMAT_KEY, encodeNumber(FORMAT_KEY, 2));
    await store.close();

    const narrow = newFolder();
    const page = Buffer.alloc(8_192);
    page.writeUInt16LE(0x08, 10);
    page.writeUInt32LE(0xbeefc0de, 16);
    page.writeUInt32LE(2, 20);
    writeFileSync(join(narrow, 'data.mdb'), page);

    for (const [folder, why] of [
      [other, 'it was not written by RasPy'],
      [later, 'it has format 2, and this version knows 1'],
      [narrow, 'it was written on a 32-bit system'],
    ] as const) {
      const before = readFileSync(join(folder, 'data.mdb'));
      await expect(openLmdbStore({ folder, onCorrupt: 'setAside' })).rejects.toMatchObject({
        code: 'STORE_FORMAT',
        message: expect.stringContaining(why) as unknown,
      });
      expect(readFileSync(join(folder, 'data.mdb')).equals(before)).toBe(true);
    }
  });

  it('does not need the lock file, nor that it is sound', async () => {
    const folder = await written();
    for (const spoil of [
      (path: string) => rmSync(path),
      (path: string) => writeFileSync(path, 'x'.repeat(9_999)),
    ]) {
      spoil(join(folder, 'lock.mdb'));
      const store = await openLmdbStore({ folder });
      expect(await contents(store.keyValue())).toEqual({ '/a': 'kept' });
      await store.close();
    }
  });

  it('says so when it cannot be: no folder above, a file in the way, a folder that cannot be written', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    const noData = newFolder();
    mkdirSync(join(noData, 'data.mdb'));
    for (const folder of [join(newFolder(), 'no', 'folder'), file, noData, '/proc/raspy']) {
      await expect(openLmdbStore({ folder, onCorrupt: 'setAside' })).rejects.toMatchObject({
        code: 'STORE_UNUSABLE',
        message: expect.stringContaining('choose another folder') as unknown,
        cause: expect.anything() as unknown,
      });
    }
    expect(existsSync(dirname(file))).toBe(true);
  });
});
