import fc from 'fast-check';
import { textFrame, type Frame } from '@raspy/wire';
import { RING_UPDATES, UpdateRing } from './update-ring.js';

const RING_BYTES = 8 * 1024 * 1024;

/** All keys ever, and what a ring may tell of them. */
class Model {
  readonly keys: string[] = [];

  constructor(readonly start: number) {}

  get last(): number {
    return this.start + this.keys.length;
  }

  count(prefix: string, from: number): number {
    return this.keys.slice(from - this.start).filter((key) => key.startsWith(prefix)).length;
  }
}

function both(start: number): { ring: UpdateRing; model: Model; add: (key: string) => void } {
  const ring = new UpdateRing(start);
  const model = new Model(start);
  const add = (key: string): void => {
    ring.add(textFrame(key));
    model.keys.push(key);
  };
  return { ring, model, add };
}

const count = (ring: UpdateRing, prefix: string, from: number): number | undefined =>
  ring.count(textFrame(prefix), from);

describe('the ring of updates', () => {
  it('counts as a list of all updates would', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.array(key, { maxLength: 60 }),
        fc.array(fc.tuple(key, fc.nat(60)), { minLength: 1, maxLength: 10 }),
        (start, keys, questions) => {
          const { ring, model, add } = both(start);
          for (const one of keys) add(one);
          for (const [prefix, back] of questions) {
            const from = model.last - Math.min(back, keys.length);
            expect(count(ring, prefix, from)).toBe(model.count(prefix, from));
          }
        },
      ),
      // Each ring has 8 MiB.
      { numRuns: 100 },
    );
  });

  it('knows nothing from before its first update, nor of the future', () => {
    const { ring, add } = both(10_000);
    expect(count(ring, '', 10_000)).toBe(0);
    expect(count(ring, '/a', 10_000)).toBe(0);
    add('/a');
    for (const prefix of ['', '/a', '/b']) {
      expect(count(ring, prefix, 9_999)).toBeUndefined();
      expect(count(ring, prefix, 0)).toBeUndefined();
      expect(count(ring, prefix, 10_002)).toBeUndefined();
      expect(count(ring, prefix, 2 ** 53)).toBeUndefined();
      expect(count(ring, prefix, 2 ** 64)).toBeUndefined();
      expect(count(ring, prefix, 10_001)).toBe(0);
    }
    expect(count(ring, '/a', 10_000)).toBe(1);
  });

  it('a prefix longer than the key is none of it, whatever lies behind the key', () => {
    const { ring, add } = both(0);
    add('/a');
    add('/b');
    expect(count(ring, '/a/', 0)).toBe(0);
    expect(count(ring, '/a/b', 0)).toBe(0);
    expect(count(ring, '/a', 0)).toBe(1);
  });

  it.each([RING_UPDATES - 1, RING_UPDATES, RING_UPDATES + 1, 2 * RING_UPDATES + 17])(
    'after %d updates it remembers the last 65,536',
    (updates) => {
      const { ring, model, add } = both(5);
      for (let i = 0; i < updates; i++) add(i % 3 === 0 ? '/three' : '/other');
      const oldest = Math.max(5, model.last - RING_UPDATES);
      for (const from of [oldest, oldest + 1, model.last - 1, model.last]) {
        expect(count(ring, '/three', from)).toBe(model.count('/three', from));
      }
      expect(count(ring, '/three', oldest - 1)).toBeUndefined();
      // Everything is under the empty prefix: that needs no memory.
      expect(count(ring, '', 5)).toBe(updates);
    },
  );

  it.each([1_000, 4_096, 65_535])(
    'with keys of %d bytes it tells what fits into 8 MiB, and never less right',
    (length) => {
      const { ring, model, add } = both(0);
      const fits = Math.floor(RING_BYTES / length);
      for (let i = 0; i < 2 * fits + 5; i++) add(`/${i % 2}/`.padEnd(length - (i % 7), 'k'));
      const known: number[] = [];
      const step = 1 + (fits >> 8);
      for (let back = 0; back <= fits + 5; back += step) {
        const told = count(ring, '/1/', model.last - back);
        if (told === undefined) continue;
        known.push(back);
        expect(told).toBe(model.count('/1/', model.last - back));
      }
      // All of the latest, without holes, but for what is lost where a key does not fit at the end.
      expect(known).toEqual(known.map((_, i) => i * step));
      expect(known.at(-1)).toBeGreaterThanOrEqual(fits - 2 - step);
    },
  );

  it('keys of mixed lengths survive the end of the buffer', () => {
    const { ring, model, add } = both(0);
    const lengths = [1, 4_096, 17, 65_535, 128, 30_000];
    for (let i = 0; i < 1_500; i++) add(`${i % 2}`.padEnd(lengths[i % lengths.length]!, String(i % 10)));
    let told = 0;
    for (let back = 0; back <= 1_500; back += 7) {
      const one = count(ring, '1', model.last - back);
      if (one === undefined) continue;
      told++;
      expect(one).toBe(model.count('1', model.last - back));
    }
    expect(told).toBeGreaterThan(50);
  });

  it('takes frames that are no Buffers', () => {
    const ring = new UpdateRing(0);
    const key: Frame = new Uint8Array([0x2f, 0x61]);
    ring.add(key);
    expect(ring.count(key, 0)).toBe(1);
  });
});
