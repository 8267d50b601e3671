import fc from 'fast-check';
import { Batch, type LogChange } from './batch.js';
import {
  BATCH_HEADER_BYTES,
  encodeSegmentHeader,
  readSegmentHeader,
  segmentName,
  segmentNumber,
  writeBatchHeader,
} from './format.js';
import { SegmentScanner } from './segment-scanner.js';

/** A segment with a batch for each list of changes. */
function encode(segment: number, batches: readonly (readonly LogChange[])[]): Buffer {
  let bytes = encodeSegmentHeader(segment, 0);
  for (const changes of batches) {
    const batch = new Batch();
    batch.reset(segment);
    expect(batch.add(changes, 2 ** 24, false)).toBeUndefined();
    writeBatchHeader(batch.bytes, segment, bytes.length, batch.length - BATCH_HEADER_BYTES, batch.records);
    bytes = Buffer.concat([bytes, batch.bytes]);
  }
  return bytes;
}

function scan(bytes: Buffer, segment = 1): string[] {
  const scanner = new SegmentScanner(bytes, segment);
  const all: string[] = [];
  for (let found = scanner.next(); found !== 'end'; found = scanner.next()) {
    if (found === 'gap') all.push(`gap ${scanner.to - scanner.from}`);
    else if (scanner.isPut) all.push(`${scanner.key}=${scanner.value.toString('latin1')}`);
    else all.push(`-${scanner.key}`);
  }
  return all;
}

const put = (key: string, value: string): LogChange => ({ put: key, value: Buffer.from(value, 'latin1') });

const change: fc.Arbitrary<LogChange> = fc.oneof(
  fc.record({
    put: fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
      minLength: 1,
    }),
    value: fc.uint8Array({ maxLength: 40 }),
  }),
  fc.record({ delete: fc.constantFrom('a', 'b', '\xff') }),
);

describe('the bytes of a segment', () => {
  it('give back what was written, for all keys and values', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { minLength: 1 })), (batches) => {
        const expected = batches
          .flat()
          .map((one) =>
            'put' in one
              ? `${one.put}=${Buffer.from(one.value as Uint8Array).toString('latin1')}`
              : `-${one.delete}`,
          );
        expect(scan(encode(1, batches))).toEqual(expected);
      }),
    );
  });

  it('never make the scanner throw or stand still, whatever they are', () => {
    const sound = encode(1, [[put('a', '1'), put('b', '2')], [{ delete: 'a' }]]);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array(), fc.constant(sound), fc.constant(sound.subarray(20))), {
          maxLength: 5,
        }),
        fc.nat(),
        (pieces, cut) => {
          const bytes = Buffer.concat(pieces);
          const scanner = new SegmentScanner(bytes.subarray(cut % (bytes.length + 1)), 1);
          let at = -1;
          while (scanner.next() !== 'end') {
            expect(scanner.to).toBeGreaterThan(at);
            at = scanner.to;
          }
        },
      ),
    );
  });

  it('give all records but the one that a flipped bit is in', () => {
    const batches = [[put('a', 'one'), put('b', 'two'), { delete: 'c' }], [put('d', 'four')], [put('e', '')]];
    const sound = encode(1, batches);
    const records = scan(sound);
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const bytes = Buffer.from(sound);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const found = scan(bytes);
      const gaps = found.filter((one) => one.startsWith('gap'));
      const left = found.filter((one) => !one.startsWith('gap'));
      expect(gaps).toHaveLength(1);
      expect(left.length).toBeGreaterThanOrEqual(records.length - 1);
      expect(records.filter((record) => left.includes(record))).toEqual(left);
    }
  });

  it('tell which records are of one call, also when the batch took them over from another', () => {
    const [first, both] = [new Batch(), new Batch()];
    first.reset(1);
    first.add([put('a', '1')], 2 ** 24, false);
    first.add([put('b', '2'), { delete: 'c' }, put('d', '3')], 2 ** 24, true);
    both.reset(1);
    both.take(first, 'notes');
    both.add([{ delete: 'e' }], 2 ** 24, false);
    writeBatchHeader(both.bytes, 1, 20, both.length - BATCH_HEADER_BYTES, both.records);
    const scanner = new SegmentScanner(Buffer.concat([encodeSegmentHeader(1, 0), both.bytes]), 1);
    const found: string[] = [];
    while (scanner.next() === 'record') {
      const { key, isPut, hasPrevious, hasNext } = scanner;
      found.push(`${hasPrevious ? '<' : ''}${isPut ? key : `-${key}`}${hasNext ? '>' : ''}`);
    }
    expect(found).toEqual(['b>', '<-c>', '<d', '-e']);
  });

  it('tell of a batch that is cut how much is missing', () => {
    const sound = encode(1, [[put('a', 'one'), put('b', 'two')]]);
    expect(scan(sound.subarray(0, sound.length - 15))).toEqual(['a=one', 'gap 15']);
    expect(scan(sound.subarray(0, sound.length - 4))).toEqual(['a=one', 'gap 11', 'gap 4']);
  });

  it('are not taken for records where a value holds a copy of a log', () => {
    const inner = encode(2, [[put('evil', 'inner')]]);
    const sound = encode(1, [[put('a', inner.toString('latin1'))], [put('b', 'two')]]);
    const bytes = Buffer.from(sound);
    // The record's own length, so that its bytes are searched for records.
    bytes[20 + 16 + 7]! ^= 1;
    expect(scan(bytes)).toEqual([`gap ${inner.length + 12}`, 'b=two']);
  });

  it('are searched in bounded time when they are made to look like long records everywhere', () => {
    const value = Buffer.alloc(2 ** 23);
    // Wherever one looks: a key of 257 bytes, a put, and a value of 65,793.
    for (let at = 0; at < value.length; at += 4) value.writeUInt32LE(0x01_01_01_01, at);
    for (let at = 3; at + 8 < value.length; at += 11) value.writeUInt32LE(0x0001_0101, at);
    const bytes = encode(1, [[{ put: 'a', value }], [put('b', 'two')]]);
    bytes[20 + 16 + 7]! ^= 1;
    expect(scan(bytes).at(-1)).toBe('b=two');
  });
});

describe('the name and header of a segment', () => {
  it('belong to each other', () => {
    const header = encodeSegmentHeader(7, 99);
    expect(readSegmentHeader(header, 7)).toEqual({ previousEnd: 99 });
    expect(readSegmentHeader(header, 8)).toBeUndefined();
    expect(readSegmentHeader(header.subarray(1), 7)).toBeUndefined();
  });

  it('are those of numbers above 0', () => {
    expect(segmentName(7)).toBe('00000007.log');
    expect(segmentNumber('00000007.log')).toBe(7);
    expect(segmentNumber(segmentName(123_456_789))).toBe(123_456_789);
    for (const other of [
      '7.log',
      '00000000.log',
      '0000000007.log',
      '00000007.log.damaged-1',
      '9999999999.log',
    ]) {
      expect(segmentNumber(other)).toBeUndefined();
    }
  });
});
