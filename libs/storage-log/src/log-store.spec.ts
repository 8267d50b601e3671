import { VirtualClock } from '@raspy/clock';
import { contents, MemoryFiles, openIn, replayed, until } from '../test/support/memory-files.js';

const put = (key: string, value: string) => ({ put: key, value: Buffer.from(value, 'latin1') });

describe('a store', () => {
  it('is empty at first and makes no file; after a restart it holds what was committed', async () => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    expect([store.size, store.findings, files.files.size]).toEqual([0, { tornBytes: 0, damaged: [] }, 0]);
    await store.commit([put('a', '1'), put('b', '2'), { delete: 'never' }]);
    await store.commit([{ put: 'c', value: [Buffer.from('th'), new Uint8Array(0), Buffer.from('ree')] }]);
    await store.commit([{ delete: 'a' }, put('\xff\0', '')]);
    const expected = new Map([
      ['b', '2'],
      ['c', 'three'],
      ['\xff\0', ''],
    ]);
    expect(await contents(store)).toEqual(expected);
    await store.close();

    const { events, replay } = replayed();
    store = await openIn(files, { replay, readCacheBytes: 0 });
    expect(await contents(store)).toEqual(expected);
    expect(events).toEqual(['a=1', 'b=2', '-never', 'c=three', '-a', '\xff\0=']);
    expect([store.has('a'), store.has('b'), await store.get('a')]).toEqual([false, true, undefined]);
    await store.close();
  });

  it('writes what many commit at once by one write and one sync, and the next after it', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files, { segmentBytes: 2 ** 20 });
    await store.commit([put('first', '')]);
    const { writes, syncs } = files;
    const all = Array.from({ length: 1_000 }, (_, index) => store.commit([put(`/${index}`, `${index}`)]));
    await Promise.all(all);
    expect([files.writes - writes, files.syncs - syncs]).toEqual([1, 1]);
    expect(store.statistics()).toMatchObject({
      commits: 1_001,
      flushes: 2,
      keys: 1_001,
      failures: 0,
      segments: 1,
    });
    await store.close();
  });

  it('shows and acknowledges nothing before the sync, and begins no batch before the last one ended', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    await store.commit([put('a', 'old')]);
    let open = (): void => undefined;
    files.gate = new Promise((resolve) => (open = resolve));
    const { writes } = files;
    const settled: string[] = [];
    const first = store.commit([put('a', 'new')]).then(() => settled.push('first'));
    await until(() => files.writes > writes);
    const second = store.commit([put('b', '1')]).then(() => settled.push('second'));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect([settled, files.writes - writes, store.has('b')]).toEqual([[], 1, false]);
    expect(String(await store.get('a'))).toBe('old');
    open();
    await Promise.all([first, second]);
    expect([settled, String(await store.get('a'))]).toEqual([['first', 'second'], 'new']);
    await store.close();
  });

  it('takes the bytes of a value before commit returns', async () => {
    const store = await openIn(new MemoryFiles());
    const value = Buffer.from('given');
    const done = store.commit([{ put: 'a', value }]);
    value.fill('x');
    await done;
    const read = await store.get('a');
    expect(String(read)).toBe('given');
    read!.fill('y');
    expect(String(await store.get('a'))).toBe('given');
    await store.close();
  });

  it('reads the same from its memory and from the disk, whatever the size of the memory', async () => {
    for (const readCacheBytes of [0, 1, 100, 1_000, 2 ** 20]) {
      const store = await openIn(new MemoryFiles(), { readCacheBytes });
      const expected = new Map<string, string>();
      for (let round = 0; round < 60; round++) {
        const value = String.fromCharCode(65 + (round % 26)).repeat((round * 7) % 150);
        expected.set(`/${round % 20}`, value);
        await store.commit([put(`/${round % 20}`, value)]);
        expect(await contents(store)).toEqual(expected);
      }
      await store.close();
    }
  });

  it('rejects what cannot be a record, and then stores nothing of the call', async () => {
    const store = await openIn(new MemoryFiles(), { maxRecordBytes: 100 });
    const good = put('good', '1');
    for (const bad of [put('', ''), put('k'.repeat(1_025), ''), put('\u0100', ''), { delete: '' }]) {
      await expect(store.commit([good, bad])).rejects.toThrow(RangeError);
      expect(() => store.note([good, bad])).toThrow(RangeError);
    }
    await expect(store.commit([good, put('a', 'x'.repeat(100))])).rejects.toMatchObject({
      code: 'LOG_TOO_LARGE',
    });
    await store.commit([put('a', 'x'.repeat(99)), { delete: 'k'.repeat(100) }]);
    await store.commit([]);
    expect([...store.keys()]).toEqual(['a']);
    expect(store.statistics().bytesGiven).toBe(200);
    await store.close();
  });

  it('rejects one call with more than it could ever write at once', async () => {
    const store = await openIn(new MemoryFiles());
    const value = Buffer.alloc(2 ** 26);
    const changes = Array.from({ length: 9 }, () => ({ put: 'a', value }));
    await expect(store.commit(changes)).rejects.toMatchObject({ code: 'LOG_TOO_LARGE' });
    await store.close();
  });

  it('takes no more than maxPendingBytes while the disk is slow', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files, { maxPendingBytes: 2_000 });
    let open = (): void => undefined;
    files.gate = new Promise((resolve) => (open = resolve));
    const commits = Array.from({ length: 4 }, () => store.commit([put('a', 'x'.repeat(600))]));
    await expect(store.commit([put('b', '')])).rejects.toMatchObject({
      code: 'LOG_FULL',
      message: expect.stringContaining('too slow') as string,
    });
    store.note([put('c', ''), put('d', '')]);
    expect(store.statistics().droppedNotes).toBe(2);
    open();
    await Promise.all(commits);
    await store.commit([put('b', '')]);
    expect([...store.keys()]).toEqual(['a', 'b']);
    await store.close();
  });

  it('refuses options that have no meaning, and tells all mistakes', async () => {
    const options = {
      segmentBytes: 1,
      maxRecordBytes: 0,
      maxPendingBytes: 0.5,
      readCacheBytes: -1,
      noteFlushMs: 0,
    };
    const error = await openIn(new MemoryFiles(), options).catch((cause: unknown) => cause as Error);
    expect(error).toBeInstanceOf(RangeError);
    for (const name of Object.keys(options)) expect((error as Error).message).toContain(`${name} is`);
  });
});

describe('notes', () => {
  it('go with the next commit, in the order given', async () => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    store.note([put('a', '1')]);
    const done = store.commit([put('b', '1')]);
    store.note([put('a', '2')]);
    await done;
    expect(store.statistics()).toMatchObject({ flushes: 1, commits: 1, keys: 2 });
    await store.close();
    const { events, replay } = replayed();
    store = await openIn(files, { replay });
    expect(events).toEqual(['a=1', 'b=1', 'a=2']);
    await store.close();
  });

  it('are written alone after noteFlushMs, and only then visible', async () => {
    const clock = new VirtualClock();
    const store = await openIn(new MemoryFiles(), { clock, noteFlushMs: 500 });
    store.note([put('a', '1')]);
    await clock.advanceByAsync(499);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(store.has('a')).toBe(false);
    await clock.advanceByAsync(1);
    await until(() => store.has('a'));
    // A commit took the next one along, so that nothing is due.
    store.note([put('b', '1')]);
    await store.commit([put('c', '1')]);
    expect(clock.nextAt).toBe(Infinity);
    await store.close();
  });

  it('are written by flush and by close', async () => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    store.note([put('a', '1')]);
    await store.flush();
    expect(store.has('a')).toBe(true);
    store.note([put('b', '1')]);
    await store.close();
    store = await openIn(files);
    expect([...store.keys()]).toEqual(['a', 'b']);
    await store.flush();
    await store.close();
  });
});

describe('closing', () => {
  it('waits for commits, flushes and reads that are under way, and then refuses', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files, { readCacheBytes: 0 });
    await store.commit([put('a', '1')]);
    const commit = store.commit([put('b', '2')]);
    const flush = store.flush();
    const read = store.get('a');
    const closing = store.close();
    expect(store.close()).toBe(closing);
    await expect(store.commit([put('c', '')])).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    await closing;
    await Promise.all([commit, flush]);
    expect([String(await read), store.has('b'), store.size]).toEqual(['1', true, 2]);
    await expect(store.get('a')).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    expect(() => store.note([put('c', '')])).toThrow('closed');
  });

  it('waits for the flush that is under way when flush is called', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    let open = (): void => undefined;
    files.gate = new Promise((resolve) => (open = resolve));
    const commit = store.commit([put('a', '1')]);
    await until(() => files.writes > 0);
    const flush = store.flush();
    open();
    await flush;
    expect(store.has('a')).toBe(true);
    await commit;
    await store.close();
  });
});
