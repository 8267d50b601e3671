import { VirtualClock } from '@raspy/clock';
import { contents, MemoryFiles, openIn, replayed, systemError, until } from '../test/support/memory-files.js';

const put = (key: string, value: string) => ({ put: key, value: Buffer.from(value, 'latin1') });

describe('a full disk', () => {
  it('fails the commits of a flush, leaves nothing of them, and takes commits again when there is room', async () => {
    for (const room of [0, 1, 10, 20, 30, 50, 100, 150]) {
      const files = new MemoryFiles();
      let store = await openIn(files);
      await store.commit([put('a', 'old')]);
      const before = files.usedBytes;
      files.capacity = before + room;
      const both = await Promise.allSettled([
        store.commit([put('a', 'new'), put('b', 'x'.repeat(100))]),
        store.commit([{ delete: 'a' }, put('c', 'x'.repeat(100))]),
      ]);
      for (const one of both) {
        expect(one).toMatchObject({
          status: 'rejected',
          reason: { code: 'LOG_FULL', cause: { code: 'ENOSPC' } },
        });
      }
      expect([...(await contents(store))]).toEqual([['a', 'old']]);
      expect([files.usedBytes, store.statistics().failures]).toEqual([before, 1]);
      files.capacity = Infinity;
      await store.commit([put('d', '1')]);
      await store.close();
      const { events, replay } = replayed();
      store = await openIn(files, { replay });
      expect([events, store.findings]).toEqual([['a=old', 'd=1'], { tornBytes: 0, damaged: [] }]);
      await store.close();
    }
  });

  it('fails commits that would begin a segment, the first one too, and leaves no file', async () => {
    const files = new MemoryFiles();
    files.capacity = 10;
    const store = await openIn(files);
    await expect(store.commit([put('a', '1')])).rejects.toMatchObject({ code: 'LOG_FULL' });
    expect(files.files.size).toBe(0);
    files.capacity = 4_160;
    await store.commit([put('a', 'x'.repeat(4_100))]);
    await expect(store.commit([put('b', 'x'.repeat(100))])).rejects.toMatchObject({ code: 'LOG_FULL' });
    expect([...files.files.keys()]).toEqual(['00000001.log']);
    files.capacity = Infinity;
    await store.commit([put('b', '2')]);
    expect([...files.files.keys()]).toEqual(['00000001.log', '00000002.log']);
    expect([...store.keys()]).toEqual(['a', 'b']);
    await store.close();
  });

  it('keeps notes, in front of what was given since, until there is room', async () => {
    const clock = new VirtualClock();
    const files = new MemoryFiles();
    let store = await openIn(files, { clock });
    await store.commit([put('z', '1')]);
    files.capacity = files.usedBytes;
    store.note([put('a', 'note'), put('b', 'note'), { delete: 'z' }]);
    const commit = store.commit([put('b', 'failed'), put('c', 'failed')]);
    const { writes } = files;
    await until(() => files.writes > writes);
    store.note([put('a', 'later')]);
    await expect(commit).rejects.toMatchObject({ code: 'LOG_FULL' });
    expect([...store.keys()]).toEqual(['z']);
    await clock.advanceByAsync(1_000);
    await until(() => store.statistics().failures === 2);
    files.capacity = Infinity;
    await clock.advanceByAsync(1_000);
    await until(() => store.has('a'));
    expect([...(await contents(store))]).toEqual([
      ['a', 'later'],
      ['b', 'note'],
    ]);
    await store.close();
    const { events, replay } = replayed();
    store = await openIn(files, { replay });
    expect(events).toEqual(['z=1', 'a=note', 'b=note', '-z', 'a=later']);
    await store.close();
  });

  it('keeps those who wait for the next flush when notes go in front of them', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    await store.commit([put('z', '1')]);
    files.capacity = files.usedBytes;
    store.note([put('a', 'note')]);
    const first = store.commit([put('b', 'failed')]);
    const { writes } = files;
    await until(() => files.writes > writes);
    const second = store.commit([put('a', 'second')]);
    await expect(first).rejects.toMatchObject({ code: 'LOG_FULL' });
    files.capacity = Infinity;
    await second;
    expect(String(await store.get('a'))).toBe('second');
    expect(store.statistics().commits).toBe(2);
    await store.close();
  });

  it('lets close end, and tells flush that notes could not be written', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    files.capacity = 0;
    store.note([put('a', '1')]);
    await expect(store.flush()).rejects.toMatchObject({ code: 'LOG_FULL' });
    await store.close();
    expect(store.size).toBe(0);
  });

  it('does not let cleaning fail commits, and dead segments are removed', async () => {
    const clock = new VirtualClock();
    const files = new MemoryFiles();
    const store = await openIn(files, { clock });
    for (let index = 0; index < 30; index++) await store.commit([put(`/live/${index}`, 'x'.repeat(100))]);
    const { totalBytes } = store.statistics();
    for (let round = 0; ; round++) {
      await store.commit([put(`/hot/${round % 30}`, 'x'.repeat(150))]);
      // Room for a commit, and not for a piece of the oldest segment.
      files.capacity = files.usedBytes + 250;
      if (store.statistics().failures > 0) break;
    }
    expect(store.statistics().totalBytes).toBeGreaterThan(totalBytes);
    for (let index = 0; index < 5; index++) {
      files.capacity = files.usedBytes + 400;
      await store.commit([put('/more', 'x'.repeat(100))]);
    }
    const before = files.files.size;
    files.capacity = Infinity;
    clock.advanceBy(5_000);
    await store.commit([put('/more', '')]);
    await until(() => files.files.size < before);
    expect(store.size).toBe(61);
    await store.close();
  });

  it('does not keep dead segments from being removed', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    await store.commit([put('a', 'x'.repeat(5_000))]);
    await store.commit([put('b', 'x'.repeat(3_000))]);
    await store.commit([{ delete: 'a' }]);
    files.capacity = files.usedBytes;
    await until(() => store.statistics().segments === 1);
    expect([...files.files.keys()]).toEqual(['00000002.log']);
    await store.close();
  });
});

describe('a disk that fails', () => {
  it('fails a write with what the system said, and takes later ones', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    await store.commit([put('a', '1')]);
    files.failures.set('write', systemError('EIO'));
    await expect(store.commit([put('b', '1')])).rejects.toMatchObject({
      code: 'LOG_UNUSABLE',
      message: expect.stringMatching(/EIO.*commit again/) as string,
    });
    files.failures.clear();
    await store.commit([put('c', '1')]);
    expect([...store.keys()]).toEqual(['a', 'c']);
    await store.close();
  });

  it.each(['sync', 'truncate'] as const)(
    'takes nothing more after a failed %s, and still reads',
    async (call) => {
      const files = new MemoryFiles();
      const store = await openIn(files);
      await store.commit([put('a', '1')]);
      files.failures.set(call, systemError('EIO'));
      if (call === 'truncate') files.failures.set('write', systemError('ENOSPC'));
      store.note([put('n', '1')]);
      const first = store.commit([put('b', '1')]);
      const { writes } = files;
      await until(() => files.writes > writes);
      const second = store.commit([put('c', '1')]);
      const broken = { code: 'LOG_UNUSABLE', message: expect.stringContaining('restart') as string };
      await expect(first).rejects.toMatchObject(broken);
      await expect(second).rejects.toMatchObject(broken);
      files.failures.clear();
      await expect(store.commit([put('d', '1')])).rejects.toMatchObject(broken);
      store.note([put('e', '1')]);
      expect([...store.keys(), String(await store.get('a'))]).toEqual(['a', '1']);
      expect(store.statistics().droppedNotes).toBe(2);
      await store.close();
    },
  );

  it('takes nothing more when a segment was begun by half and cannot be removed', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files);
    files.capacity = 5;
    files.failures.set('remove', systemError('EIO'));
    await expect(store.commit([put('a', '1')])).rejects.toMatchObject({ code: 'LOG_UNUSABLE' });
    await store.close();
    files.failures.clear();
    files.capacity = Infinity;
    const again = await openIn(files);
    expect(again.findings).toEqual({ tornBytes: 5, damaged: [] });
    await again.commit([put('a', '1')]);
    await again.close();
  });

  it('tells readers, and gives nothing that is not as it was written', async () => {
    const files = new MemoryFiles();
    const store = await openIn(files, { readCacheBytes: 0 });
    await store.commit([put('a', 'value')]);
    files.failures.set('read', systemError('EIO'));
    await expect(store.get('a')).rejects.toMatchObject({ code: 'LOG_UNUSABLE' });
    files.failures.clear();
    const { bytes } = files.content('00000001.log');
    bytes[bytes.length - 1]! ^= 1;
    await expect(store.get('a')).rejects.toMatchObject({ code: 'LOG_UNUSABLE' });
    bytes[bytes.length - 1]! ^= 1;
    expect(String(await store.get('a'))).toBe('value');
    await store.close();
  });

  it('opens a file again for reading that could not be opened', async () => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    await store.commit([put('a', 'value')]);
    await store.close();
    store = await openIn(files);
    files.failures.set('open', systemError('EMFILE'));
    await expect(store.get('a')).rejects.toMatchObject({ code: 'LOG_UNUSABLE' });
    files.failures.clear();
    expect(String(await store.get('a'))).toBe('value');
    await store.close();
  });

  it('keeps segments that cannot be read for cleaning, or removed, and tries later', async () => {
    for (const call of ['read', 'remove'] as const) {
      const clock = new VirtualClock();
      const files = new MemoryFiles();
      const store = await openIn(files, { clock });
      await store.commit([put('/live', 'x')]);
      files.failures.set(call, systemError('EIO'));
      for (let round = 0; round < 40; round++) await store.commit([put('/hot', 'x'.repeat(1_000))]);
      expect(files.files.has('00000001.log')).toBe(true);
      files.failures.clear();
      clock.advanceBy(5_000);
      await store.commit([put('/hot', '')]);
      await until(() => !files.files.has('00000001.log'));
      expect([...store.keys()].sort()).toEqual(['/hot', '/live']);
      await store.close();
    }
  });
});
