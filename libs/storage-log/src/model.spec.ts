import { VirtualClock } from '@raspy/clock';
import fc from 'fast-check';
import {
  contents,
  MemoryFiles,
  openIn,
  randomFrom,
  replayed,
  systemError,
  until,
} from '../test/support/memory-files.js';
import type { LogChange } from './batch.js';
import type { LogStore } from './log-store.js';

/** What a store should hold, changed as the store is. */
function applyTo(model: Map<string, string>, changes: readonly LogChange[]): void {
  for (const change of changes) {
    if ('put' in change) model.set(change.put, Buffer.from(change.value as Uint8Array).toString('latin1'));
    else model.delete(change.delete);
  }
}

function randomChanges(random: () => number, keys: number, stamp: number): LogChange[] {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => {
    const key = `/key/${Math.floor(random() * keys)}`;
    if (random() < 0.3) return { delete: key };
    return { put: key, value: Buffer.from(`${stamp}/${index}`.padEnd(Math.floor(random() * 300), '.')) };
  });
}

/** Resolves when cleaning has nothing to do. */
async function settled(store: LogStore): Promise<void> {
  await until(() => {
    const { totalBytes, liveBytes } = store.statistics();
    return totalBytes <= Math.max(4 * 4_096, 2 * liveBytes);
  });
}

describe('a store with small segments, cleaned all the time', () => {
  it('holds what a map holds, through commits, notes, reads and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 300, 10_000), async (seed, readCacheBytes) => {
        const random = randomFrom(seed);
        const files = new MemoryFiles();
        const model = new Map<string, string>();
        let store = await openIn(files, { readCacheBytes });
        let hasCleaned = false;
        for (let round = 0; round < 300; round++) {
          const pending: Promise<void>[] = [];
          for (let call = 0; call < 1 + random() * 5; call++) {
            const changes = randomChanges(random, 40, round);
            applyTo(model, changes);
            if (random() < 0.2) store.note(changes);
            else pending.push(store.commit(changes));
          }
          if (random() < 0.5) await Promise.all(pending);
          const key = `/key/${Math.floor(random() * 40)}`;
          if (random() < 0.2) {
            await store.flush();
            expect((await store.get(key))?.toString('latin1')).toBe(model.get(key));
          }
          hasCleaned ||= !files.files.has('00000001.log') && store.statistics().segments > 0;
          if (random() < 0.03) {
            await store.close();
            store = await openIn(files, { readCacheBytes });
            expect(store.findings).toEqual({ tornBytes: 0, damaged: [] });
            expect(await contents(store)).toEqual(model);
          }
        }
        await store.flush();
        await settled(store);
        expect(await contents(store)).toEqual(model);
        const { totalBytes, liveBytes, failures, keys } = store.statistics();
        expect([hasCleaned, failures, keys]).toEqual([true, 0, model.size]);
        expect(totalBytes).toBe(files.usedBytes);
        expect(liveBytes).toBeLessThanOrEqual(totalBytes);
        await store.close();

        const again = new Map<string, string>();
        store = await openIn(files, {
          replay: (event) => {
            if (event.type === 'put') again.set(event.key, event.value.toString('latin1'));
            else if (event.type === 'delete') again.delete(event.key);
            else throw new Error('damage');
          },
        });
        expect(again).toEqual(model);
        expect(await contents(store)).toEqual(model);
        await store.close();
      }),
      { numRuns: 25 },
    );
  });

  it('holds all that was acknowledged after a loss of power at any time, and reports no damage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = randomFrom(seed);
        let files = new MemoryFiles();
        // All values that a key may have: the one acknowledged last, and those given since.
        const possible = new Map<string, Set<string | undefined>>();
        for (let life = 0; life < 6; life++) {
          const store = await openIn(files);
          expect(store.findings.damaged).toEqual([]);
          const wrong: unknown[] = [];
          for (let index = 0; index < 30; index++) {
            const key = `/key/${index}`;
            const value = (await store.get(key))?.toString('latin1');
            const values = possible.get(key) ?? new Set([undefined]);
            if (!values.has(value)) wrong.push({ key, value, values });
            possible.set(key, new Set([value]));
          }
          expect(wrong).toEqual([]);
          let isOff = false;
          const isOn = (): boolean => !isOff;
          const clients = Array.from({ length: 4 }, async (_, client) => {
            for (let round = 0; isOn(); round++) {
              const key = `/key/${client + 4 * Math.floor(random() * 7)}`;
              const value = random() < 0.3 ? undefined : `${life}/${round}`.padEnd(random() * 200, '.');
              possible.get(key)!.add(value);
              await store.commit([
                value === undefined ? { delete: key } : { put: key, value: Buffer.from(value) },
              ]);
              // What the process has not heard of when the power goes was not acknowledged.
              if (isOn()) possible.set(key, new Set([value]));
            }
          });
          const turns = Math.floor(random() * 400);
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          isOff = true;
          const after = files.afterPowerCut(random);
          await Promise.all(clients);
          await store.close();
          files = after;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('holds each call as a whole, or nothing of it, after a loss of power at any time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = randomFrom(seed);
        let files = new MemoryFiles();
        for (let life = 0; life < 6; life++) {
          const store = await openIn(files);
          const found = await contents(store);
          for (let client = 0; client < 5; client++) {
            const stamps = [0, 1, 2, 3].map((part) => found.get(`/${client}/${part}`)?.split(' ')[0]);
            expect(new Set(stamps).size).toBe(1);
          }
          let isOff = false;
          const clients = Array.from({ length: 5 }, async (_, client) => {
            for (let round = 0; !isOff; round++) {
              const isDeletion = random() < 0.3;
              await store.commit(
                [0, 1, 2, 3].map((part): LogChange => {
                  const key = `/${client}/${part}`;
                  const text = `${life}/${round} `.padEnd(random() * 200, '.');
                  return isDeletion ? { delete: key } : { put: key, value: Buffer.from(text) };
                }),
              );
            }
          });
          const turns = Math.floor(random() * 300);
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          isOff = true;
          const after = files.afterPowerCut(random);
          await Promise.all(clients);
          await store.close();
          files = after;
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('cleaning', () => {
  it('copies live records in pieces beside commits, and reads go on meanwhile', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files, { readCacheBytes: 0 });
    for (let index = 0; index < 200; index++) {
      await store.commit([{ put: `/live/${index}`, value: Buffer.alloc(100, index) }]);
    }
    let reads = 0;
    const reader = (async () => {
      for (; files.files.has('00000001.log') || reads < 1_000; reads++) {
        const index = (reads * 7) % 200;
        expect(await store.get(`/live/${index}`)).toEqual(Buffer.alloc(100, index));
      }
    })();
    for (let round = 0; round < 600; round++) {
      await store.commit([{ put: '/hot', value: Buffer.alloc(300, round) }]);
    }
    await reader;
    await settled(store);
    expect(store.statistics()).toMatchObject({ keys: 201, failures: 0 });
    expect(store.statistics().segments).toBeLessThan(15);
    await store.close();
  });

  it('goes on without commits, and begins new segments as commits do', async () => {
    const clock = new VirtualClock();
    const files = new MemoryFiles();
    const store = await openIn(files, { clock });
    files.failures.set('read', systemError('EIO'));
    files.failures.set('remove', systemError('EIO'));
    for (let index = 0; index < 300; index++) {
      await store.commit([{ put: `/live/${index}`, value: Buffer.alloc(100, index) }]);
      await store.commit([{ put: '/hot', value: Buffer.alloc(300, index) }]);
    }
    files.failures.clear();
    clock.advanceBy(5_000);
    await store.commit([{ put: '/hot', value: Buffer.alloc(300) }]);
    await settled(store);
    for (const { bytes } of files.files.values()) expect(bytes.length).toBeLessThan(2 * 4_096 + 1_000);
    expect(store.size).toBe(301);
    await store.close();
  });

  it('keeps a segment of which a record that counts is damaged since, and does not read it all the time', async () => {
    const clock = new VirtualClock();
    const files = new MemoryFiles();
    const store = await openIn(files, { clock });
    await store.commit([{ put: '/damaged', value: Buffer.from('first') }]);
    files.content('00000001.log').bytes[57]! ^= 1;
    for (let round = 0; round < 60; round++) {
      await store.commit([{ put: '/hot', value: Buffer.alloc(1_000, round) }]);
    }
    expect(files.files.has('00000001.log')).toBe(true);
    expect(files.reads).toBe(1);
    clock.advanceBy(5_000);
    await store.commit([{ delete: '/damaged' }]);
    await until(() => !files.files.has('00000001.log'));
    await store.close();
  });

  it('removes the oldest segments only, each after what it held is on the disk elsewhere', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    for (let round = 0; round < 400; round++) {
      await store.commit([{ put: `/${round % 50}`, value: Buffer.alloc(150, round) }]);
    }
    await settled(store);
    const removed = files.calls.filter((call) => call.startsWith('remove'));
    expect(removed.length).toBeGreaterThan(5);
    expect(removed).toEqual([...removed].sort());
    await store.close();
  });

  it('removes dead segments at once, those before a restart too, but never the last', async () => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    for (let round = 0; round < 10; round++) {
      await store.commit([{ put: '/only', value: Buffer.alloc(5_000, round) }]);
    }
    await until(() => store.statistics().segments === 1);
    await store.commit([{ delete: '/only' }]);
    await store.close();
    store = await openIn(files);
    await until(() => store.statistics().segments === 1);
    expect([...files.files.keys()]).toEqual(['00000011.log']);
    await store.commit([{ put: '/new', value: Buffer.alloc(1) }]);
    await until(() => store.statistics().segments === 1);
    expect([...files.files.keys()]).toEqual(['00000012.log']);
    await store.close();
  });

  it('joins what many starts have left in a file each', async () => {
    const files = new MemoryFiles();
    const model = new Map<string, string>();
    for (let start = 0; start < 100; start++) {
      const store = await openIn(files);
      const changes: LogChange[] = [
        { put: `/never again/${start}`, value: Buffer.from(`${start}`) },
        { put: '/each time', value: Buffer.from(`${start}`) },
      ];
      applyTo(model, changes);
      await store.commit(changes);
      await until(() => store.statistics().segments <= 64);
      await store.close();
    }
    expect(files.files.size).toBe(64);
    const store = await openIn(files);
    expect(await contents(store)).toEqual(model);
    await store.close();
  });

  it('never brings a value back that was deleted or replaced while it was copied', async () => {
    const { events, replay } = replayed();
    const files = new MemoryFiles();
    let store = await openIn(files);
    const model = new Map<string, string>();
    for (let round = 0; round < 2_000; round++) {
      const key = `/${(round * 13) % 60}`;
      const changes: LogChange[] =
        round % 3 === 0 ? [{ delete: key }] : [{ put: key, value: Buffer.from(`${round}`.padEnd(200)) }];
      applyTo(model, changes);
      void store.commit(changes);
      if (round % 4 === 0) await new Promise(setImmediate);
    }
    await store.flush();
    expect(await contents(store)).toEqual(model);
    await store.close();
    store = await openIn(files, { replay });
    expect(await contents(store)).toEqual(model);
    expect(events.length).toBeGreaterThan(model.size);
    await store.close();
  });
});
