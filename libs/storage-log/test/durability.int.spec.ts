import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLogStore, LogStoreError, type LogStore } from '../src/index.js';
import { newFolder, removeFolders } from './support/folders.js';
import { until } from './support/memory-files.js';
import { Child } from './support/run-child.js';

const children: Child[] = [];

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  removeFolders();
});

describe('what was acknowledged', () => {
  it('is there after the process was killed, twenty times over', async () => {
    const folder = newFolder();
    const acknowledged = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const child = new Child([folder]);
      children.push(child);
      await child.saidLines(100 + round * 13);
      expect(await child.kill()).toBe('SIGKILL');
      for (const line of child.lines.slice(0, -1)) acknowledged.add(Number(line));
      const store = await openLogStore({ folder, segmentBytes: 65_536 });
      expect(store.findings.damaged).toEqual([]);
      const wrong = [...acknowledged].filter(
        (number) => store.has(`/${number}/a`) !== (number % 5 === 0) || !store.has(`/${number}/b`),
      );
      expect(wrong).toEqual([]);
      const one = [...acknowledged][(round * 7_919) % acknowledged.size]!;
      expect(await store.get(`/${one}/b`)).toEqual(Buffer.alloc(600, one % 251));
      await store.close();
    }
  }, 120_000);

  it('stays on a disk that is full, which takes commits again once there is room', async () => {
    const folder = newFolder();
    if (!mountSmallDisk(folder)) return;
    let store: LogStore | undefined;
    try {
      store = await openLogStore({ folder: join(folder, 'log'), segmentBytes: 100_000 });
      let count = 0;
      let error: unknown;
      while (error === undefined) {
        await store.commit([{ put: `/${count}`, value: Buffer.alloc(50_000, count) }]).then(
          () => count++,
          (cause: unknown) => (error = cause),
        );
      }
      expect(error).toMatchObject({ code: 'LOG_FULL', cause: { code: 'ENOSPC' } });
      await store.close();
      store = await openLogStore({ folder: join(folder, 'log'), segmentBytes: 100_000 });
      expect([store.size, store.findings]).toEqual([count, { tornBytes: 0, damaged: [] }]);
      execFileSync('mount', ['-o', 'remount,size=8m', folder]);
      await store.commit(Array.from({ length: 4 }, (_, index) => ({ delete: `/${index}` })));
      await until(() => !existsSync(join(folder, 'log/00000001.log')));
      expect(store.size).toBe(count - 4);
    } finally {
      await store?.close();
      execFileSync('umount', [folder]);
    }
  });
});

/** @returns whether this user may */
function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a store on a real disk', () => {
  it('is made for its owner alone, in a folder that is there', async () => {
    const folder = join(newFolder(), 'log');
    const store = await openLogStore({ folder });
    await store.commit([{ put: 'a', value: Buffer.from('1') }]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, '00000001.log')).mode & 0o777).toBe(0o600);
    await store.close();
    await expect(openLogStore({ folder: join(folder, 'no/such') })).rejects.toMatchObject({
      code: 'LOG_UNUSABLE',
    });
    await expect(openLogStore({ folder: join(folder, '00000001.log') })).rejects.toThrow(LogStoreError);
  });

  it('holds many and large values, replaced and cleaned, and copies damage aside', async () => {
    const folder = newFolder();
    const options = { folder, segmentBytes: 2 ** 20, readCacheBytes: 2 ** 20 };
    let store = await openLogStore(options);
    const large = randomBytes(5_000_000);
    await store.commit([{ put: 'large', value: [large.subarray(0, 1_000), large.subarray(1_000)] }]);
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 1_000 }, (_, index) =>
          store.commit([{ put: `/${index}`, value: Buffer.alloc(500, round) }]),
        ),
      );
    }
    await until(() => store.statistics().totalBytes <= 2 * store.statistics().liveBytes);
    expect((await store.get('large'))?.equals(large)).toBe(true);
    expect(await store.get('/999')).toEqual(Buffer.alloc(500, 19));
    await store.close();
    store = await openLogStore(options);
    expect([store.size, store.findings]).toEqual([1_001, { tornBytes: 0, damaged: [] }]);
    expect((await store.get('large'))?.equals(large)).toBe(true);
    await store.close();
  });

  it('tells each record of a hundred thousand as it was stored', async () => {
    const folder = newFolder();
    let store = await openLogStore({ folder });
    const value = Buffer.alloc(100, 'x');
    const put = (index: number) => ({ put: `/titanic/request/${index}`, value });
    for (let first = 0; first < 100_000; first += 10_000) {
      await store.commit(Array.from({ length: 10_000 }, (_, index) => put(first + index)));
    }
    await store.close();
    let count = 0;
    store = await openLogStore({
      folder,
      replay: (event) => {
        if (event.type === 'put' && event.value.equals(value)) count++;
      },
    });
    expect([count, store.size]).toEqual([100_000, 100_000]);
    await store.close();
  });

  it('copies a damaged file aside, and rejects with what replay throws', async () => {
    const folder = newFolder();
    let store = await openLogStore({ folder });
    await store.commit([{ put: 'a', value: Buffer.from('one') }]);
    await store.commit([{ put: 'b', value: Buffer.from('two') }]);
    await store.close();
    const bytes = Buffer.from('damage');
    const { open } = await import('node:fs/promises');
    const file = await open(join(folder, '00000001.log'), 'r+');
    await file.write(bytes, 0, bytes.length, 40);
    await file.close();
    store = await openLogStore({ folder });
    expect(store.findings.damaged).toEqual([{ file: '00000001.log', bytes: expect.any(Number) as number }]);
    expect([...store.keys()]).toEqual(['b']);
    expect(readdirSync(folder).some((name) => name.startsWith('00000001.log.damaged-20'))).toBe(true);
    await store.close();

    const refusal = new Error('not mine');
    const replay = (): never => {
      throw refusal;
    };
    await expect(openLogStore({ folder, replay })).rejects.toBe(refusal);
  });

  it('leaves files of others alone', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'lost+found'));
    writeFileSync(join(folder, 'owner.lock'), '1');
    const store = await openLogStore({ folder });
    await store.commit([{ put: 'a', value: Buffer.from('1') }]);
    await store.close();
    expect(readdirSync(folder).sort()).toEqual(['00000001.log', 'lost+found', 'owner.lock']);
  });
});
