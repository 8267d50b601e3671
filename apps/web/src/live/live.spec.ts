import { VirtualClock } from '@raspy/clock';
import type { KvChange, KvClient, KvClientStatus, KvEntry } from '@raspy/kv-clone';
import fc from 'fast-check';
import { BehaviorSubject, Subject } from 'rxjs';
import { entryJson } from './entry-json.js';
import { EventRing } from './event-ring.js';
import { HistoryRing } from './history-ring.js';
import { isUnder, LiveTree } from './live-tree.js';
import { Outflow } from './outflow.js';

const entry = (key: string, body: string | Uint8Array, restored = false): KvEntry => {
  return { key, body: Buffer.from(body), seq: 1n, restored };
};

it('tells an entry as JSON, as text, or in base64', () => {
  expect(entryJson(entry('/a', '{"x":1}'))).toEqual({
    key: '/a',
    value: { x: 1 },
    seq: '1',
    restored: false,
  });
  expect(entryJson(entry('/a', 'plain text'))).toMatchObject({ text: 'plain text' });
  expect(entryJson(entry('/a', Uint8Array.of(255, 0)))).toMatchObject({ base64: '/wA=' });
});

describe('a ring of events', () => {
  it('tells exactly what came after an id, or that this is not known any more', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 20 }), fc.nat(60), (count, events, from) => {
        const ring = new EventRing('e', { events });
        const ids = [ring.id];
        for (let index = 0; index < count; index++) {
          ring.add('set', '/k', { index });
          ids.push(ring.id);
        }
        const missed = ring.since(ids[from]);
        if (from > count || from < count - events) expect(missed).toBeUndefined();
        else
          expect(missed!.map(({ seq }) => seq)).toEqual(
            Array.from({ length: count - from }, (_, i) => from + i + 1),
          );
      }),
    );
  });

  it('is bounded by the length of what it remembers, too, and knows nothing of other runs', () => {
    const ring = new EventRing('e', { characters: 300 });
    for (let index = 0; index < 50; index++) ring.add('set', '/k', { text: 'x'.repeat(60) });
    expect(ring.size).toBeLessThan(4);
    expect([ring.since('f:50'), ring.since(undefined), ring.since('e:51'), ring.since('rubbish')]).toEqual(
      Array(4).fill(undefined),
    );
    expect(ring.since(ring.id)).toEqual([]);
    const { id } = ring;
    ring.forget();
    expect([ring.since(id), ring.since(ring.id)]).toEqual([undefined, []]);
  });

  it('writes events of one line a field', () => {
    expect(new EventRing('e').add('set', '/k', { text: 'a\nb' }).text).toBe(
      'event: set\nid: e:1\ndata: {"text":"a\\nb"}\n\n',
    );
  });
});

describe('a history', () => {
  it('has the last point of each step, for as long as it spans', () => {
    const ring = new HistoryRing({ spanMs: 100, stepMs: 10 });
    for (const [at, value] of [
      [0, 1],
      [5, 2],
      [10, 3],
      [95, 4],
      [104, 5],
    ] as const)
      ring.add('/k', at, value);
    expect(ring.of('/k', 104)).toEqual([
      [5, 2],
      [10, 3],
      [95, 4],
      [104, 5],
    ]);
    expect(ring.of('/k', 110)).toEqual([
      [95, 4],
      [104, 5],
    ]);
    expect([ring.of('/k', 500), ring.of('/none', 0)]).toEqual([[], []]);
  });

  it('drops what a wall clock that was wrong has told', () => {
    const ring = new HistoryRing({ stepMs: 10 });
    ring.add('/k', 1_000_000, 1);
    ring.add('/k', 50, 2);
    expect(ring.of('/k', 60)).toEqual([[50, 2]]);
  });

  it('remembers so many values', () => {
    const ring = new HistoryRing({ maxKeys: 2 });
    for (const key of ['/a', '/b', '/a', '/c']) ring.add(key, 1, 1);
    expect([ring.size, ring.of('/b', 1), ring.of('/a', 1).length]).toEqual([2, [], 1]);
  });
});

describe('an outflow', () => {
  it('gives all that waits, in order', async () => {
    const outflow = new Outflow(100);
    const first = outflow.take();
    outflow.push('a');
    expect(Buffer.from((await first)!).toString()).toBe('a');
    outflow.push('b');
    outflow.push('c');
    expect(Buffer.from((await outflow.take())!).toString()).toBe('bc');
    const last = outflow.take();
    outflow.shed();
    outflow.push('d');
    expect([await last, outflow.bytes]).toEqual([undefined, 0]);
  });

  it('ends when more waits than may, besides a snapshot', () => {
    const outflow = new Outflow(10);
    outflow.push('x'.repeat(50), true);
    outflow.push('x'.repeat(10));
    expect([outflow.isShed, outflow.bytes]).toEqual([false, 60]);
    outflow.push('x');
    expect([outflow.isShed, outflow.bytes]).toEqual([true, 0]);
  });
});

it('sees subtrees as the tree does', () => {
  expect(isUnder('/device/a/b', '/device/a')).toBe(true);
  expect([isUnder('/device/ab', 'device/a'), isUnder('/device/a', '/device/a'), isUnder('/x', '/')]).toEqual([
    false,
    false,
    true,
  ]);
});

describe('a live tree', () => {
  const make = (options = {}) => {
    const clock = new VirtualClock();
    const status$ = new BehaviorSubject<KvClientStatus>('syncing');
    const changes = new Subject<KvChange>();
    const entries: KvEntry[] = [];
    const tree = {
      status$,
      watch: () => changes,
      entries: (subtree: string) => entries.filter(({ key }) => isUnder(key, subtree)),
    } as unknown as KvClient;
    const live = new LiveTree({ tree, clock, epoch: 'e', ...options });
    live.start();
    const set = (one: KvEntry): void => changes.next({ type: 'set', entry: one, healed: false });
    return { clock, status$, changes, entries, live, set };
  };
  const text = async (outflow: Outflow): Promise<string> =>
    Buffer.from((await outflow.take()) ?? []).toString();
  const names = (said: string): string[] => [...said.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name!);

  it('begins with status and snapshot, tells what changes in the subtree alone, and resumes', async () => {
    const { entries, live, set, changes, status$ } = make();
    entries.push(entry('/a/x', '1'), entry('/b/x', '2'));
    const reader = live.read({ subtree: '/a', mayRead: () => true })!;
    const first = await text(reader.outflow);
    expect(names(first)).toEqual(['status', 'snapshot']);
    expect(first).toContain('"/a/x"');
    expect(first).not.toContain('"/b/x"');
    status$.next('synced');
    set(entry('/a/y', '3'));
    set(entry('/b/y', '4'));
    changes.next({ type: 'delete', key: '/a/x', seq: 2n, healed: false });
    const second = await text(reader.outflow);
    expect(names(second)).toEqual(['status', 'set', 'delete']);
    const [, id] = /event: set\nid: (\S+)/.exec(second)!;
    const resumed = live.read({ subtree: '/a', lastId: id, mayRead: () => true })!;
    expect(names(await text(resumed.outflow))).toEqual(['status', 'delete']);
    reader.close();
    expect(live.readers).toBe(1);
    live.stop();
    expect(live.readers).toBe(0);
  });

  it('begins anew for all when there is a picture for the first time, and says when it is not current', async () => {
    const { live, changes, entries, status$ } = make();
    const reader = live.read({ subtree: '', mayRead: () => true })!;
    await text(reader.outflow);
    entries.push(entry('/a', '1'));
    changes.next({ type: 'snapshot', entries, seq: 1n });
    status$.next('stale');
    status$.next('closed');
    const said = await text(reader.outflow);
    expect([names(said), live.status]).toEqual([['snapshot', 'status'], 'stale']);
    expect(said).toContain('"stale"');
  });

  it('beats every 15 s, and sends away who may not read any more', async () => {
    const { live, clock } = make();
    let mayRead = true;
    const reader = live.read({ subtree: '', mayRead: () => mayRead })!;
    await text(reader.outflow);
    clock.advanceBy(15_000);
    expect(await text(reader.outflow)).toBe(': still here\n\n');
    mayRead = false;
    clock.advanceBy(15_000);
    expect([reader.outflow.isShed, live.readers, live.shed]).toEqual([true, 0, 0]);
  });

  it('sheds a reader that is too slow, by changes or by heartbeats, and takes so many', () => {
    const { live, set, clock } = make({ maxQueuedBytes: 200, maxReaders: 2 });
    const slow = live.read({ subtree: '', mayRead: () => true })!;
    live.read({ subtree: '/none', mayRead: () => true });
    expect(live.read({ subtree: '', mayRead: () => true })).toBeUndefined();
    for (let index = 0; index < 20; index++) set(entry('/k', `${index}`));
    expect([slow.outflow.isShed, live.readers, live.shed]).toEqual([true, 1, 1]);
    clock.advanceBy(15_000 * 40);
    expect([live.readers, live.shed]).toEqual([0, 2]);
  });

  it('remembers numbers of devices, and none from the disk of the server', () => {
    const { live, set, clock, changes } = make();
    const at = clock.wallNow();
    set(entry('/device/a/b/c', JSON.stringify({ value: 1, at })));
    set(entry('/device/a/b/d', JSON.stringify({ value: 'x', at })));
    set(entry('/device/a/b/e', JSON.stringify({ value: 1, at }), true));
    set(entry('/other', JSON.stringify({ value: 1, at })));
    changes.next({
      type: 'snapshot',
      entries: [entry('/device/f', JSON.stringify({ value: 2, at }))],
      seq: 1n,
    });
    expect(live.history('/device/a/b/c')).toEqual([[at, 1]]);
    expect(live.remembered).toEqual({ events: 0, values: 2 });
  });
});
