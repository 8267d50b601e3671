import { VirtualClock } from '@raspy/clock';
import fc from 'fast-check';
import {
  contents,
  MemoryFiles,
  openIn,
  randomFrom,
  replayed,
  systemError,
} from '../test/support/memory-files.js';
import { encodeSegmentHeader, segmentNumber } from './format.js';
import { SegmentScanner } from './segment-scanner.js';

const put = (key: string, value: string) => ({ put: key, value: Buffer.from(value, 'latin1') });

/** Three segments or more of records that all count, by calls of one to three. */
async function written(random: () => number): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const store = await openIn(files);
  for (let index = 0; files.files.size < 3 || random() < 0.9;) {
    const changes = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      put(`/key/${index++}`, `${index}`.padEnd(random() * 400, '.')),
    );
    await store.commit(changes);
  }
  await store.close();
  return files;
}

interface Stored {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly key: string;
  readonly value: string;
  /** Calls counted from the first. */
  readonly call: number;
}

function records(files: MemoryFiles): Stored[] {
  let call = 0;
  return [...files.files].flatMap(([file, { bytes }]) => {
    const scanner = new SegmentScanner(bytes, segmentNumber(file)!);
    const all: Stored[] = [];
    while (scanner.next() === 'record') {
      const { from, to, key, hasPrevious } = scanner;
      if (!hasPrevious) call++;
      all.push({ file, from, to, key, value: scanner.value.toString('latin1'), call });
    }
    return all;
  });
}

/** Where the last batch of a segment begins that has a sound header. */
function lastBatch(files: MemoryFiles, last: string): number {
  const { bytes } = files.content(last);
  const scanner = new SegmentScanner(bytes, segmentNumber(last)!);
  let at = 0;
  for (let next = scanner.findBatch(0); next < bytes.length; next = scanner.findBatch(next + 1)) at = next;
  return at;
}

describe('a damaged log', () => {
  it('gives every record that was not touched, but for a last call, and tells of damage unless that is all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 6 }), async (seed, flips) => {
        const random = randomFrom(seed);
        const files = await written(random);
        const before = records(files);
        const names = [...files.files.keys()];
        const last = names.at(-1)!;
        const tail = lastBatch(files, last);
        const touched: { file: string; at: number }[] = [];
        for (let flip = 0; flip < flips; flip++) {
          const file = names[Math.floor(random() * names.length)]!;
          const { bytes } = files.content(file);
          const at = Math.floor(random() * bytes.length);
          bytes[at]! ^= 1 + Math.floor(random() * 255);
          touched.push({ file, at });
        }
        // Two flips of one byte may undo each other.
        fc.pre(new Set(touched.map(({ file, at }) => `${file} ${at}`)).size === flips);
        const { events, replay } = replayed();
        const store = await openIn(files, { replay });
        const found = await contents(store);
        const isTouched = ({ file, from, to }: Stored): boolean =>
          touched.some((one) => one.file === file && one.at >= from && one.at < to);
        const tornFrom = lastBatch(files, last);
        const isTorn = ({ file, from }: Stored): boolean => file === last && from >= tornFrom;
        const tornCalls = new Set(
          before
            .filter(isTouched)
            .filter(isTorn)
            .map(({ call }) => call),
        );
        const left = before.filter((one) => !isTouched(one) && !tornCalls.has(one.call));
        expect(found).toEqual(new Map(left.map(({ key, value }) => [key, value])));
        expect(events.filter((event) => !event.startsWith('damage'))).toEqual(
          left.map(({ key, value }) => `${key}=${value}`),
        );
        const isTail = touched.every(({ file, at }) => file === last && at >= tail);
        expect(store.findings.damaged.length > 0).toBe(!isTail);
        if (isTail) expect(store.findings.tornBytes).toBeGreaterThan(0);
        for (const { file } of store.findings.damaged.slice(0, 4)) {
          expect([...files.files.keys()].some((name) => name.startsWith(`${file}.damaged-`))).toBe(true);
        }
        await store.close();
      }),
      { numRuns: 150 },
    );
  });

  it('gives what is left of a segment that was cut, and tells of damage unless it is the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = randomFrom(seed);
        const files = await written(random);
        const before = records(files);
        const names = [...files.files.keys()];
        const file = names[Math.floor(random() * names.length)]!;
        const isLast = file === names.at(-1);
        const content = files.content(file);
        const wholeBytes = content.bytes.length;
        // At the end of a record, and so perhaps of a batch, too.
        const ends = before.filter((one) => one.file === file).map(({ to }) => to);
        const cut =
          random() < 0.5 ? Math.floor(random() * wholeBytes) : ends[Math.floor(random() * ends.length)]!;
        content.bytes = content.bytes.subarray(0, cut);
        const store = await openIn(files);
        const isCut = (one: Stored): boolean => one.file === file && one.to > cut;
        const cutCalls = new Set(before.filter(isCut).map(({ call }) => call));
        const left = before.filter((one) => !isCut(one) && !(isLast && cutCalls.has(one.call)));
        expect(await contents(store)).toEqual(new Map(left.map(({ key, value }) => [key, value])));
        const bytes = store.findings.damaged.reduce((sum, damaged) => sum + damaged.bytes, 0);
        if (isLast) expect(bytes).toBe(0);
        else if (cut < wholeBytes) expect(bytes).toBeGreaterThanOrEqual(wholeBytes - cut);
        await store.close();
      }),
      { numRuns: 150 },
    );
  });

  it('is opened, whatever was done to it, unless it cannot be told from what others wrote', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = randomFrom(seed);
        const files = await written(random);
        for (const content of files.files.values()) {
          const from = Math.floor(random() * content.bytes.length);
          const length = Math.floor(random() * 3_000);
          if (random() < 0.5)
            content.bytes.fill(random() < 0.5 ? 0 : 255, from, Math.min(from + length, content.bytes.length));
          else
            content.bytes = Buffer.concat([
              content.bytes.subarray(0, from),
              content.bytes.subarray(from / 2),
            ]);
        }
        const store = await openIn(files).catch((error: unknown) => error as { code: string });
        if ('code' in store) {
          expect(store.code).toBe('LOG_FORMAT');
          return;
        }
        await store.commit([put('new', '1')]);
        expect((await contents(store)).get('new')).toBe('1');
        await store.close();
      }),
      { numRuns: 100 },
    );
  });

  it('tells where in the order a segment is missing, and goes on', async () => {
    const files = await written(randomFrom(3));
    const bytes = files.content('00000002.log').bytes.length;
    files.files.delete('00000002.log');
    const { events, replay } = replayed();
    const store = await openIn(files, { replay });
    expect(store.findings.damaged).toEqual([{ file: '00000002.log', bytes }]);
    const at = events.indexOf(`damage 00000002.log ${bytes}`);
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(events.length - 1);
    await store.close();
  });

  it('is copied aside once a file, a few files at most, and opened even where there is no room for it', async () => {
    const clock = new VirtualClock();
    const files = new MemoryFiles();
    let store = await openIn(files);
    for (let index = 0; index < 20; index++) await store.commit([put(`/${index}`, 'x'.repeat(2_100))]);
    await store.close();
    const copies = () => [...files.files.keys()].filter((name) => name.includes('damaged'));
    files.content('00000001.log').bytes[40]! ^= 1;
    files.failures.set('copy', systemError('ENOSPC'));
    store = await openIn(files, { clock });
    expect([store.findings.damaged.length, copies()]).toEqual([1, []]);
    await store.close();
    files.failures.clear();
    for (let count = 0; count < 2; count++) {
      store = await openIn(files, { clock });
      expect(copies()).toEqual(['00000001.log.damaged-2026-01-01T00-00-00.000Z']);
      await store.close();
    }
    for (const [name, { bytes }] of files.files) if (segmentNumber(name) !== undefined) bytes[40]! ^= 2;
    store = await openIn(files, { clock });
    expect(store.findings.damaged).toHaveLength(10);
    expect(copies()).toHaveLength(4);
    await store.close();
  });

  it('tells a replaced value no longer, but the older one, where the newer is damaged', async () => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    await store.commit([put('a', 'old')]);
    await store.commit([put('a', 'new')]);
    await store.commit([put('b', '1')]);
    await store.close();
    const { bytes } = files.content('00000001.log');
    bytes[bytes.indexOf('new')]! ^= 1;
    const { events, replay } = replayed();
    store = await openIn(files, { replay });
    expect(events).toEqual(['a=old', 'damage 00000001.log 15', 'b=1']);
    await store.close();
  });
});

describe('a torn end', () => {
  /** The last batch's. */
  const HEAD = 49;
  const flipped = (bytes: Buffer, what: string | number): Buffer => {
    const changed = Buffer.from(bytes);
    changed[typeof what === 'number' ? what : changed.indexOf(what)]! ^= 0xff;
    return changed;
  };

  it.each<[string, number, (bytes: Buffer) => Buffer]>([
    ['is cut in the middle', 39, (bytes) => bytes.subarray(0, -16)],
    ['is cut between two records', 39, (bytes) => bytes.subarray(0, -26)],
    ['is cut between two records and has no head', 29, (bytes) => flipped(bytes, HEAD).subarray(0, -26)],
    ['lacks its first record', 39, (bytes) => flipped(bytes, 'b2')],
    ['lacks its second record', 39, (bytes) => flipped(bytes, 'c3')],
    ['lacks its last record', 39, (bytes) => flipped(bytes, 'd4')],
  ])('is told once, and is no damage later; nothing is there of a call that %s', async (_, torn, tear) => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    await store.commit([put('a', '1')]);
    await Promise.all([
      store.commit([put('s', '0')]),
      store.commit([put('b', '2'), put('c', '3'), put('d', '4')]),
    ]);
    await store.close();
    const content = files.content('00000001.log');
    content.bytes = tear(content.bytes);
    for (const [index, expected] of [torn, torn, 0, 0].entries()) {
      const { events, replay } = replayed();
      store = await openIn(files, { replay });
      expect(store.findings).toEqual({ tornBytes: expected, damaged: [] });
      expect(events).toEqual(['a=1', 's=0', 'n=5', 'n=5'].slice(0, Math.max(2, index + 1)));
      expect([...store.keys()].slice(0, 2)).toEqual(['a', 's']);
      if (index > 0) await store.commit([put('n', '5')]);
      await store.close();
    }
    expect([...files.files.keys()].every((name) => segmentNumber(name) !== undefined)).toBe(true);
  });

  it('leaves what is sound of a call that was acknowledged, for another came behind it', async () => {
    const files = new MemoryFiles();
    let store = await openIn(files);
    await store.commit([put('b', '2'), put('c', '3'), put('d', '4')]);
    await store.commit([put('e', '5')]);
    await store.close();
    const content = files.content('00000001.log');
    content.bytes = flipped(content.bytes, 'c3');
    const { events, replay } = replayed();
    store = await openIn(files, { replay });
    expect(events).toEqual(['b=2', 'damage 00000001.log 13', 'd=4', 'e=5']);
    await store.close();
  });

  it('may be a segment whose header never came to the disk, and its number is used again', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(20), encodeSegmentHeader(2, 5).subarray(0, 19)]) {
      const files = new MemoryFiles();
      let store = await openIn(files);
      await store.commit([put('a', '1')]);
      await store.close();
      files.files.set('00000002.log', { bytes, synced: bytes });
      store = await openIn(files);
      expect(store.findings).toEqual({ tornBytes: bytes.length, damaged: [] });
      await store.commit([put('b', '2')]);
      await store.close();
      store = await openIn(files);
      expect(store.findings).toEqual({ tornBytes: 0, damaged: [] });
      expect([...store.keys()]).toEqual(['a', 'b']);
      await store.close();
    }
  });
});

describe('a folder of others', () => {
  const open = async (bytes: Buffer): Promise<unknown> => {
    const files = new MemoryFiles();
    files.files.set('00000001.log', { bytes, synced: bytes });
    const result = await openIn(files).catch((error: unknown) => error as { code: string; message: string });
    expect([...files.files]).toEqual([['00000001.log', { bytes, synced: bytes }]]);
    return result;
  };

  it('is refused and not touched', async () => {
    expect(await open(Buffer.from('2026-01-01 12:00:00 a line of some log'))).toMatchObject({
      code: 'LOG_FORMAT',
      message: expect.stringContaining('another program') as string,
    });
    expect(await open(Buffer.alloc(100))).toMatchObject({ size: 0 });
  });

  it('is refused when another version wrote it', async () => {
    const header = encodeSegmentHeader(1, 0);
    header.write('2', 7);
    const { crc32 } = await import('node:zlib');
    header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
    expect(await open(header)).toMatchObject({
      code: 'LOG_FORMAT',
      message: expect.stringContaining('another version') as string,
    });
  });
});
