import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdbStore } from '../src/index.js';
import { contents, entry, newFolder, removeFolders } from './support/folders.js';
import { Child } from './support/run-child.js';

const children: Child[] = [];

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  removeFolders();
});

function start(args: readonly string[], maxFileKiB?: number): Child {
  const child = new Child(args, maxFileKiB);
  children.push(child);
  return child;
}

describe('what was acknowledged', () => {
  it('is there after the process was killed, five times over, and no commit is there in part', async () => {
    const folder = newFolder();
    for (let round = 0; round < 5; round++) {
      const child = start(['commit', folder]);
      await child.saidLines(60);
      expect(await child.kill()).toBe('SIGKILL');
      const acknowledged = Number(child.lines.at(-1));

      const store = await openLmdbStore({ folder });
      const kv = store.keyValue();
      const { reservedSeq } = await kv.load();
      // One more may have been written whose acknowledgement was not said.
      expect(reservedSeq - acknowledged).toBeGreaterThanOrEqual(0);
      expect(reservedSeq - acknowledged).toBeLessThanOrEqual(1);
      const found = await contents(kv);
      for (let seq = 1; seq <= reservedSeq; seq++) {
        for (const part of [0, 1, 2]) {
          const isGone = part === 0 && seq <= reservedSeq - 50;
          const body = isGone ? undefined : Buffer.alloc(200, seq % 251).toString();
          expect(found[`/${seq}/${part}`]).toBe(body);
        }
      }
      await store.close();
    }
  });

  const small = async (folder: string, body: string): Promise<void> => {
    const store = await openLmdbStore({ folder });
    expect(await contents(store.keyValue())).toEqual({ '/small': body });
    await store.close();
  };

  it('stays when the disk is full; a commit that is too much is not there at all, a small one is', async () => {
    const folder = newFolder();
    if (!mountSmallDisk(folder)) return;
    try {
      const child = start(['fill', folder]);
      expect([await child.ended, child.lines]).toEqual([0, ['written', 'STORE_FULL', 'written']]);
      // A write that the system refuses is one that may end the process: it was not tried.
      expect(child.complaints).toBe('');
      await small(folder, 'x'.repeat(20));
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  it('stays when writing fails; the store refuses further commits until it is opened again', async () => {
    const folder = newFolder();
    const child = start(['fill', folder], 2_048);
    expect([await child.ended, child.lines]).toEqual([0, ['written', 'STORE_UNUSABLE', 'STORE_UNUSABLE']]);
    await small(folder, 'x'.repeat(10));
  });
});

describe('a damaged file', () => {
  /** What happens to the file, and what is said of it. */
  const damages: readonly (readonly [string, (data: Buffer) => Buffer, RegExp])[] = [
    ['nothing', (data) => data, /^opened 2000$/],
    ['no byte left', (data) => data.subarray(0, 0), /^opened 0$/],
    ['a few bytes left', (data) => data.subarray(0, 100), /^STORE_CORRUPT/],
    ['one page left', (data) => data.subarray(0, 4_096), /^STORE_CORRUPT/],
    ['half a file', (data) => data.subarray(0, data.length / 2), /^STORE_CORRUPT/],
    ['other bytes', (data) => data.map((_, index) => (index * 7_919) >> 3) as Buffer, /^STORE_CORRUPT/],
    ['first page of zeros', (data) => data.fill(0, 0, 4_096), /^STORE_CORRUPT/],
    ['second page of zeros', (data) => data.fill(0, 4_096, 8_192), /^STORE_CORRUPT/],
    ['second page of other bytes', (data) => data.fill(7, 4_096, 8_192), /^STORE_CORRUPT/],
    ['zeros behind the meta pages', (data) => data.fill(0, 8_192), /^STORE_CORRUPT/],
    ['a last page beyond the end', (data) => numberInMeta(data, 120, 1e6), /^STORE_CORRUPT.*shorter/],
    ['a transaction of the past', (data) => numberInMeta(data, 128, 1), /^STORE_CORRUPT/],
    ['a page size that is none', (data) => numberInMeta(data, 24, 4_095), /^STORE_CORRUPT/],
    ['another LMDB version', (data) => numberInMeta(data, 4, 1), /^STORE_CORRUPT/],
  ];

  it('is found before LMDB sees it, and ends no process', async () => {
    const source = newFolder();
    const store = await openLmdbStore({ folder: source });
    const kv = store.keyValue();
    const puts = Array.from({ length: 2_000 }, (_, index) =>
      entry(`/key/${index}`, index + 1, 'body'.repeat(20)),
    );
    await kv.commit({ puts, deletes: [], reservedSeq: 1 });
    await kv.commit({ puts: [entry('/key/7', 1, Buffer.alloc(20_000, 7))], deletes: [], reservedSeq: 2 });
    await kv.commit({ puts: [entry('/key/9', 1, Buffer.alloc(20_000, 7))], deletes: [], reservedSeq: 2 });
    await store.close();
    const intact = readFileSync(join(source, 'data.mdb'));

    // One bit in each page, at places that walk through header, pointers, keys and bodies.
    const flips = Array.from({ length: intact.length / 4_096 - 2 }, (_, index): (typeof damages)[number] => [
      `a bit of page ${index + 2}`,
      (data) => {
        const place = (index + 2) * 4_096 + [0, 8, 18, 20, 22, 24, 30, 40, 3_000, 3_500, 4_090][index % 11]!;
        data[place]! ^= 1 << (index % 8);
        return data;
      },
      // Free space is read by nobody.
      /^(STORE_CORRUPT|opened 2000$)/,
    ]);
    const all = [...damages, ...flips];
    const folders = all.map(([, damage]) => {
      const folder = newFolder();
      cpSync(source, folder, { recursive: true });
      writeFileSync(join(folder, 'data.mdb'), damage(Buffer.from(intact)));
      return folder;
    });
    const child = start(['try', ...folders]);
    expect(await child.ended).toBe(0);
    expect(child.lines).toHaveLength(all.length);
    const unexpected = all.flatMap(([name, , expected], index) =>
      expected.test(child.lines[index]!) ? [] : [`${name}: ${child.lines[index]!}`],
    );
    expect(unexpected).toEqual([]);
    const found = child.lines.slice(damages.length).filter((line) => line.startsWith('STORE_CORRUPT'));
    expect(found.length).toBeGreaterThan(flips.length / 2);
  });
});

/** Changes both meta pages at a place behind their header; 64-bit systems. */
function numberInMeta(data: Buffer, at: number, number: number): Buffer {
  for (const page of [0, 4_096]) data.writeUInt32LE(number, page + 24 + at);
  return data;
}

/** A disk of 3 MiB at a folder; needs root. */
function mountSmallDisk(folder: string): boolean {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]);
  if (status === 0) return true;
  process.stderr.write(`skipped, since no disk can be mounted here: ${String(stderr)}`);
  return false;
}
