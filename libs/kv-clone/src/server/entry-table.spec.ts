import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asBuffer, textFrame, type Frame } from '@raspy/wire';
import { MAX_ARENA_RECORD } from './arena.js';
import { ENTRY_BYTES, EntryTable } from './entry-table.js';

interface ModelEntry {
  readonly body: Frame;
  readonly seq: number;
  readonly id: number;
}

/** A table beside the Map that it should be like. */
class Watched {
  readonly table: EntryTable;
  readonly model = new Map<string, ModelEntry>();
  seq = 0;

  constructor(seed = 0x1234_5678) {
    this.table = new EntryTable(seed);
  }

  set(key: string, body: Frame): void {
    const frame = Buffer.from(key, 'latin1');
    const known = this.model.get(key);
    const found = this.table.find(frame);
    assert.equal(found, known?.id ?? -1);
    const { id, same } = this.table.put(found, frame, body, ++this.seq);
    if (known === undefined) {
      assert.equal(this.table.flagsOf(id), 0);
      assert.ok(![...this.model.values()].some((other) => other.id === id));
      this.table.setFlags(id, 3);
    } else {
      assert.equal(id, known.id);
      assert.equal(this.table.flagsOf(id), 3);
    }
    assert.equal(same, known !== undefined && asBuffer(known.body).equals(body));
    this.model.set(key, { body, seq: this.seq, id });
  }

  remove(key: string): void {
    const id = this.table.find(Buffer.from(key, 'latin1'));
    const known = this.model.get(key);
    assert.equal(id, known?.id ?? -1);
    if (known === undefined) return;
    this.table.remove(id);
    assert.ok(!this.table.has(id));
    this.model.delete(key);
  }

  /** Everything that is in the table, read by ids. */
  contents(): Map<string, ModelEntry> {
    const { table } = this;
    const contents = new Map<string, ModelEntry>();
    for (let id = 0; id < table.end; id++) {
      if (!table.has(id)) continue;
      const record = Buffer.alloc(table.lengthOf(id) + 2, 0xee);
      assert.equal(table.copy(id, record, 1), record.length - 1);
      assert.deepEqual([record[0], record.at(-1)], [0xee, 0xee]);
      const keyEnd = 1 + table.keyLengthOf(id);
      const key = record.subarray(1, keyEnd);
      const alone = Buffer.alloc(key.length);
      assert.equal(table.copyKey(id, alone, 0), key.length);
      assert.equal(alone.equals(key), true);
      const body = Buffer.from(record.subarray(keyEnd, -1));
      assert.equal(body.length, table.bodyLengthOf(id));
      const large = table.largeBody(id);
      assert.equal(large !== undefined, key.length + body.length > MAX_ARENA_RECORD);
      if (large !== undefined) assert.equal(body.equals(large), true);
      assert.equal(contents.has(key.toString('latin1')), false);
      contents.set(key.toString('latin1'), { body, seq: table.seqOf(id), id });
    }
    return contents;
  }

  check(): void {
    const { table, model } = this;
    let bytes = 0;
    for (const [key, { body }] of model) bytes += key.length + body.length + ENTRY_BYTES;
    assert.equal(table.bytes, bytes);
    assert.equal(table.size, model.size);
    const contents = this.contents();
    assert.equal(contents.size, model.size);
    for (const [key, { body, seq, id }] of model) {
      const found = contents.get(key);
      assert.deepEqual([found?.seq, found?.id], [seq, id]);
      assert.equal(asBuffer(body).equals(found!.body), true);
      assert.equal(table.find(Buffer.from(key, 'latin1')), id);
    }
  }
}

/** A body of that many bytes; another `mark` makes another. */
const bodyOf = (size: number, mark: number): Frame => {
  const body = Buffer.alloc(size, mark);
  if (size > 4) body.writeUInt32BE(mark, size - 4);
  return body;
};

const anySize = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 80 }) },
  { weight: 2, arbitrary: fc.integer({ min: 480, max: 1_100 }) },
  { weight: 1, arbitrary: fc.integer({ min: MAX_ARENA_RECORD - 36, max: MAX_ARENA_RECORD + 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200_000 }) },
);

interface Action {
  readonly key: string;
  readonly size: number;
  readonly mark: number;
  readonly isRemove: boolean;
}

const actionsOn = (key: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Action[]> =>
  fc.array(
    fc.record({
      key,
      size: anySize,
      mark: fc.nat(2),
      isRemove: fc.integer({ max: 2, min: 0 }).map((n) => n === 0),
    }),
    { maxLength, size: 'max' },
  );

function run(watched: Watched, actions: readonly Action[]): void {
  for (const { key, size, mark, isRemove } of actions) {
    if (isRemove) watched.remove(key);
    else watched.set(key, bodyOf(size, mark));
  }
  watched.check();
}

describe('a table of entries', () => {
  it('is a map from keys to bodies and sequences, whatever is put, replaced and removed', () => {
    const key = fc.oneof(
      fc.nat(12).map((n) => `/${n}`),
      fc.nat(5).map((n) => `/${'long/'.repeat(n * 100)}${n}`),
      fc.string({ minLength: 1, maxLength: 3, unit: 'binary-ascii' }),
    );
    fc.assert(
      fc.property(fc.integer(), actionsOn(key, 120), (seed, actions) => {
        run(new Watched(seed), actions);
      }),
      { numRuns: 80 },
    );
  });

  it('is one also where all keys collide', () => {
    // Every key has the same hash then: slot, part and all 32 bits.
    const imul = jest.spyOn(Math, 'imul').mockReturnValue(0x7fff_fff0);
    try {
      const key = fc.nat(60).map((n) => `/${n}`);
      fc.assert(
        fc.property(actionsOn(key, 150), (actions) => {
          run(new Watched(), actions);
        }),
        { numRuns: 60 },
      );
    } finally {
      imul.mockRestore();
    }
  });

  it('is one also where runs of full slots go around the end of a part', () => {
    // Only the last bits of a key make its hash: homes are the last four slots of the first part.
    const imul = jest
      .spyOn(Math, 'imul')
      .mockImplementation((a, b) => (b === 0x0100_0193 ? a & 0xff : (a & 3) + 28));
    try {
      const key = fc.integer({ min: 20, max: 40 }).map((n) => `/${String.fromCharCode(n)}`);
      fc.assert(
        fc.property(actionsOn(key, 120), (actions) => {
          run(new Watched(0), actions);
        }),
        { numRuns: 100 },
      );
    } finally {
      imul.mockRestore();
    }
  });

  it('grows to a hundred thousand entries and empties again', () => {
    const { table } = new Watched();
    const key = (i: number): Frame => textFrame(`/device/lamp${i}/level`);
    for (let i = 0; i < 100_000; i++) table.put(-1, key(i), textFrame(String(i)), i + 1);
    expect(table.size).toBe(100_000);
    const wrong = Array.from({ length: 100_000 }, (_, i) => i).filter(
      (i) => table.seqOf(table.find(key(i))) !== i + 1,
    );
    expect(wrong).toEqual([]);
    for (let i = 0; i < 100_000; i++) table.remove(table.find(key(i)));
    expect([table.size, table.bytes, table.end]).toEqual([0, 0, 100_000]);
    expect(table.find(key(7))).toBe(-1);
  });

  it('uses ids again, with flags and sequence of the new entry', () => {
    const { table } = new Watched();
    const { id } = table.put(-1, textFrame('/a'), textFrame('1'), 1);
    table.setFlags(id, 255);
    table.remove(id);
    expect(table.put(-1, textFrame('/b'), textFrame('2'), 2)).toEqual({ id, same: false });
    expect([table.flagsOf(id), table.seqOf(id)]).toEqual([0, 2]);
    expect(table.find(textFrame('/a'))).toBe(-1);
  });

  it('tells whether a key is under a prefix, of small entries and of large ones', () => {
    const { table } = new Watched();
    for (const size of [1, 70_000]) {
      const { id } = table.put(table.find(textFrame('/a/b')), textFrame('/a/b'), Buffer.alloc(size), 1);
      for (const prefix of ['', '/', '/a', '/a/', '/a/b'])
        expect(table.isUnder(id, textFrame(prefix))).toBe(true);
      for (const prefix of ['a', '/b', '/a/b/', '/a/bc', '/A/']) {
        expect(table.isUnder(id, textFrame(prefix))).toBe(false);
      }
    }
  });

  it('keeps its own copy of a small body, and a large one as it came', () => {
    const { table } = new Watched();
    const body = Buffer.from('before');
    const small = table.put(-1, textFrame('/small'), body, 1).id;
    body.write('after ');
    const copy = Buffer.alloc(12);
    table.copy(small, copy, 0);
    expect(copy.toString()).toBe('/smallbefore');
    const large = Buffer.alloc(100_000, 7);
    expect(table.largeBody(table.put(-1, textFrame('/large'), large, 2).id)).toBe(large);
  });

  it('takes a key of 65,535 bytes', () => {
    const { table } = new Watched();
    const key = Buffer.alloc(65_535, 'k');
    const { id } = table.put(-1, key, textFrame('v'), 1);
    expect([table.find(key), table.keyLengthOf(id)]).toEqual([id, 65_535]);
  });

  it('does not grow without bound while the same keys change their sizes', () => {
    const { table } = new Watched();
    let random = 1;
    const next = (below: number): number => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((random / 2 ** 32) * below);
    };
    const keys = Array.from({ length: 500 }, (_, i) => textFrame(`/key/${i}`));
    let halfway = 0;
    for (let i = 0; i < 100_000; i++) {
      const key = keys[next(keys.length)]!;
      table.put(table.find(key), key, Buffer.alloc(1 + next(2_000)), i + 1);
      if (i === 50_000) halfway = table.reserved;
    }
    expect(table.size).toBe(500);
    // Records lie in other slabs than before, but not in more.
    expect(table.reserved).toBeLessThan(halfway * 1.2);
    expect(table.reserved).toBeLessThanOrEqual(4 * 1_048_576);
  });
});
