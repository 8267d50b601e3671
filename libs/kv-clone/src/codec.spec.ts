import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { frameText, textFrame, type Frame, type Frames } from '@raspy/wire';
import {
  decodeCollected,
  decodePublished,
  decodeSnapshotReply,
  decodeSnapshotRequest,
  encodeCollected,
  encodeCountReply,
  encodeCountRequest,
  encodeHugz,
  encodeSetIfReply,
  encodeSetIfRequest,
  encodeSnapshotEnd,
  encodeSnapshotRequest,
  encodeStateReply,
  encodeStateRequest,
  encodeUpdate,
  isReservedKey,
  sequenceFrame,
  type KvWire,
  type SetIfCode,
} from './codec.js';

interface Vector {
  readonly id: string;
  readonly name: string;
  readonly wire: KvWire;
  readonly to: 'collector' | 'subscriber' | 'snapshot' | 'asker';
  readonly frames: readonly string[];
  readonly expect: Readonly<Record<string, string>>;
}

function vectors(file: string): Vector[] {
  return JSON.parse(readFileSync(join(__dirname, '../test/vectors', file), 'utf8')) as Vector[];
}

const hex = (frame: Frame): string => Buffer.from(frame).toString('hex');
const bytes = (text: string): Frame => Buffer.from(text, 'hex');
const text = (...frames: string[]): Frames => frames.map((frame) => Buffer.from(frame, 'latin1'));
const WIRES: readonly KvWire[] = ['chp', 'kvmsg'];
const SEQ = '\0\0\0\0\0\0\0\x09';

function decode({ to, wire, frames }: Vector, legacy4 = false): object {
  const message = frames.map(bytes);
  switch (to) {
    case 'collector':
      return decodeCollected(wire, message, legacy4);
    case 'subscriber':
      return decodePublished(wire, message);
    case 'snapshot':
      return decodeSnapshotRequest(message);
    case 'asker':
      return decodeSnapshotReply(wire, message);
  }
}

/** A decoded message with sequences as decimals, the uuid as hex and other frames as text. */
function readable(message: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]: [string, unknown]) => {
      if (typeof value === 'bigint') return [name, String(value)];
      if (name === 'uuid') return [name, hex(value as Frame)];
      return [name, value instanceof Uint8Array ? frameText(value) : value];
    }),
  );
}

function encode({ to, wire, expect: said }: Vector): Frames {
  const of = (name: string): Frame => textFrame(said[name] ?? '');
  const seq = BigInt(said['seq'] ?? 0);
  const uuid = bytes(said['uuid'] ?? '');
  switch (said['type']) {
    case 'icanhaz':
      return encodeSnapshotRequest(of('subtree'));
    case 'end':
      return encodeSnapshotEnd(wire, seq, of('subtree'));
    case 'hugz':
      return encodeHugz(wire, seq);
    default:
      return to === 'collector'
        ? encodeCollected(wire, of('key'), of('body'), uuid, of('properties'))
        : encodeUpdate(wire, of('key'), sequenceFrame(seq), of('body'), uuid, of('properties'));
  }
}

describe('byte vectors', () => {
  it.each(vectors('kv.json'))('$id $name: reads as it should', (vector) => {
    expect(readable(decode(vector))).toEqual(vector.expect);
  });

  it.each(vectors('kv.json'))('$id $name: written byte for byte', (vector) => {
    expect(encode(vector).map(hex)).toEqual(vector.frames);
  });

  it.each(vectors('kv-negative.json'))('$id $name: malformed, and said why', (vector) => {
    expect(decode(vector)).toEqual(vector.expect);
  });

  it('V32: a sequence given as a number is written as the same as a bigint is', () => {
    for (const seq of [0, 1, 255, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
      expect(hex(sequenceFrame(seq))).toBe(seq.toString(16).padStart(16, '0'));
      expect(sequenceFrame(seq)).toEqual(sequenceFrame(BigInt(seq)));
    }
  });
});

describe('what a collector reads', () => {
  it('X08, D1: 4-byte sequences are taken under legacy4, their value means nothing', () => {
    const [x08] = vectors('kv-negative.json');
    expect(readable(decode(x08!, true))).toEqual({
      type: 'update',
      key: '/test/key1',
      seq: '0',
      uuid: '',
      properties: '',
      body: 'value1',
    });
  });

  it('D1: legacy4 is for the three frames alone: CHP never had 4 bytes', () => {
    const frames = text('/k', '\0\0\0\x01', '', '', 'v');
    expect(decodeCollected('chp', frames, true)).toEqual({ type: 'malformed', reason: 'sequence' });
  });

  it.each([0, 1, 3, 5, 7, 9, 16])('a sequence of %d bytes is none, with legacy4 or without', (length) => {
    for (const legacy4 of [false, true]) {
      const seq = Buffer.alloc(length);
      const [key, value] = text('/k', 'v') as [Frame, Frame];
      expect(decodeCollected('kvmsg', [key, seq, value], legacy4)).toMatchObject({ reason: 'sequence' });
      expect(decodeCollected('chp', [key, seq, seq, seq, value], legacy4)).toMatchObject({
        reason: 'sequence',
      });
    }
  });

  it('its own sequence is not looked at', () => {
    const update = decodeCollected('kvmsg', text('/k', '\xff\xff\xff\xff\xff\xff\xff\xff', 'v'));
    expect(update).toMatchObject({ type: 'update', seq: 0n });
  });

  it.each([1, 15, 17, 32])('a uuid of %d bytes is none', (length) => {
    const frames = text('/k', SEQ, 'u'.repeat(length), '', 'v');
    expect(decodeCollected('chp', frames)).toEqual({ type: 'malformed', reason: 'uuid' });
    expect(decodePublished('chp', frames)).toEqual({ type: 'malformed', reason: 'uuid' });
  });

  it('the wires are never mixed on one socket', () => {
    for (let count = 0; count < 8; count++) {
      const frames = text(...['/k', SEQ, '', '', 'v', '', '', ''].slice(0, count));
      for (const wire of WIRES) {
        const right = count === (wire === 'chp' ? 5 : 3);
        const what = right ? { type: 'update' } : { type: 'malformed', reason: 'frame-count' };
        expect(decodeCollected(wire, frames)).toMatchObject(what);
        expect(decodePublished(wire, frames)).toMatchObject(what);
      }
    }
  });
});

describe('what a subscriber reads', () => {
  it('HUGZ by its exact first frame, whatever follows', () => {
    expect(decodePublished('kvmsg', text('HUGZ', SEQ, 'more'))).toEqual({ type: 'hugz', seq: 9n });
    expect(decodePublished('chp', text('HUGZ', SEQ, 'u', '', ''))).toEqual({ type: 'hugz', seq: 9n });
    for (const key of ['hugz', 'HUGZ ', 'HUG', '/HUGZ']) {
      expect(decodePublished('kvmsg', text(key, SEQ, ''))).toMatchObject({ type: 'update' });
    }
  });

  it('a sequence has 8 bytes, also where a collector is lenient', () => {
    expect(decodePublished('kvmsg', text('/k', '\0\0\0\x01', 'v'))).toMatchObject({ reason: 'sequence' });
    expect(decodePublished('kvmsg', text('HUGZ', '\0\0\0\x01', ''))).toMatchObject({ reason: 'sequence' });
  });
});

describe('what a snapshot socket reads', () => {
  it.each([
    ['frame-count', []],
    ['frame-count', ['ICANHAZ?']],
    ['frame-count', ['ICANHAZ?', '/a/', '/b/']],
    ['frame-count', ['STATE?', '']],
    ['frame-count', ['COUNT?', '/a/']],
    ['frame-count', ['COUNT?', '/a/', SEQ, '']],
    ['sequence', ['COUNT?', '/a/', '\x01']],
    ['frame-count', ['SETIF?', SEQ, '/k', SEQ, '']],
    ['field', ['SETIF?', '', '/k', SEQ, '', 'v']],
    ['sequence', ['SETIF?', SEQ, '/k', '', '', 'v']],
    ['verb', ['', 'ICANHAZ?', '']],
    ['verb', ['icanhaz?', '']],
    ['verb', ['ICANHAZ', '']],
    ['verb', ['KTHXBAI', SEQ, '']],
    ['verb', ['STATE!', '']],
  ])('malformed: %s of %j', (reason, frames) => {
    expect(decodeSnapshotRequest(text(...frames))).toEqual({ type: 'malformed', reason });
  });
});

describe('what somebody reads who asked', () => {
  const EPOCH = 'e'.repeat(16);

  it.each([
    ['frame-count', []],
    ['frame-count', ['/k', SEQ]],
    ['frame-count', ['/k', SEQ, '', '', 'v', '']],
    ['sequence', ['/k', '', '', '', 'v']],
    ['frame-count', ['STATE!', EPOCH]],
    ['field', ['STATE!', 'e', SEQ]],
    ['sequence', ['STATE!', EPOCH, '']],
    ['frame-count', ['COUNT!', '/a/', SEQ, SEQ]],
    ['sequence', ['COUNT!', '/a/', '', SEQ, SEQ]],
    ['sequence', ['COUNT!', '/a/', SEQ, '', SEQ]],
    ['field', ['COUNT!', '/a/', SEQ, SEQ, '\x01']],
    ['frame-count', ['SETIF!', SEQ, '200', SEQ]],
    ['field', ['SETIF!', 'short', '200', SEQ, '']],
    ['field', ['SETIF!', SEQ, '500', SEQ, '']],
    ['field', ['SETIF!', SEQ, 'toString', SEQ, '']],
    ['field', ['SETIF!', SEQ, '__proto__', SEQ, '']],
    ['sequence', ['SETIF!', SEQ, '200', '', '']],
  ])('malformed: %s of %j', (reason, frames) => {
    expect(decodeSnapshotReply('chp', text(...frames))).toEqual({ type: 'malformed', reason });
  });

  it("the guide's KTHXBAI without a subtree is an end too", () => {
    expect(decodeSnapshotReply('chp', text('KTHXBAI', SEQ, '', '', ''))).toMatchObject({
      type: 'end',
      seq: 9n,
    });
  });
});

describe('reserved keys (D28)', () => {
  it.each(['KTHXBAI', 'HUGZ', 'ICANHAZ?'])('%s is one, and nothing near it', (word) => {
    expect(isReservedKey(textFrame(word))).toBe(true);
    for (const key of [`${word}x`, word.slice(1), `/${word}`, word.toLowerCase(), '']) {
      expect(isReservedKey(textFrame(key))).toBe(false);
    }
  });
});

describe('properties', () => {
  const frame = fc.uint8Array({ maxLength: 24 }).map((array): Frame => Buffer.from(array));
  const seq = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const wire = fc.constantFrom(...WIRES);
  const uuid = fc
    .option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: new Uint8Array() })
    .map((array): Frame => Buffer.from(array));
  const request = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((array): Frame => Buffer.from(array));
  const key = frame.map((tail): Frame => Buffer.concat([Buffer.from('/'), tail]));
  const none = Buffer.alloc(0);
  const runs = { numRuns: 1_000 };

  it('an update comes out as it went in; three frames carry neither uuid nor properties', () => {
    fc.assert(
      fc.property(wire, key, seq, uuid, frame, frame, (wire, key, seq, uuid, properties, body) => {
        const rest = wire === 'chp' ? { uuid, properties } : { uuid: none, properties: none };
        const message = { type: 'update', key, body, ...rest };
        const published = encodeUpdate(wire, key, sequenceFrame(seq), body, uuid, properties);
        expect(decodePublished(wire, published)).toEqual({ ...message, seq });
        const collected = encodeCollected(wire, key, body, uuid, properties);
        expect(decodeCollected(wire, collected)).toEqual({ ...message, seq: 0n });
        expect(hex(collected[1]!)).toBe('0000000000000000');
      }),
      runs,
    );
  });

  it('keep-alives, items and ends come out as they went in', () => {
    fc.assert(
      fc.property(wire, key, seq, frame, (wire, key, seq, body) => {
        expect(decodePublished(wire, encodeHugz(wire, seq))).toEqual({
          type: 'hugz',
          seq: wire === 'chp' ? 0n : seq,
        });
        const item = encodeUpdate(wire, key, sequenceFrame(seq), body);
        expect(decodeSnapshotReply(wire, item)).toEqual({ type: 'item', key, seq, body });
        const end = encodeSnapshotEnd(wire, seq, body);
        expect(end).toHaveLength(wire === 'chp' ? 5 : 3);
        expect(decodeSnapshotReply(wire, end)).toEqual({ type: 'end', seq, subtree: body });
      }),
      runs,
    );
  });

  it('questions and answers come out as they went in', () => {
    const code = fc.constantFrom<SetIfCode>('200', '400', '409');
    const count = fc.option(fc.maxSafeNat(), { nil: undefined });
    const epoch = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array): Frame => Buffer.from(array));
    fc.assert(
      fc.property(
        fc.record({ wire, key, seq, to: seq, frame, body: frame, request, code, count, epoch }),
        ({ wire, key, seq, to, frame, body, request, code, count, epoch }) => {
          const asked = decodeSnapshotRequest;
          const answered = (frames: Frames): object => decodeSnapshotReply(wire, frames);
          // Together, since jest takes longer to expect something than all of this.
          expect([
            asked(encodeSnapshotRequest(frame)),
            asked(encodeStateRequest()),
            answered(encodeStateReply(epoch, seq)),
            asked(encodeCountRequest(frame, seq)),
            answered(encodeCountReply(frame, seq, to, count)),
            asked(encodeSetIfRequest(request, key, seq, body, frame)),
            answered(encodeSetIfReply(request, code, seq, 'tree-full')),
          ]).toEqual([
            { type: 'icanhaz', subtree: frame },
            { type: 'state' },
            { type: 'state', epoch, seq },
            { type: 'count', subtree: frame, from: seq },
            { type: 'count', subtree: frame, from: seq, to, count },
            { type: 'setif', request, key, expected: seq, properties: frame, body },
            { type: 'setif', request, code, seq, reason: 'tree-full' },
          ]);
        },
      ),
      runs,
    );
  });

  it('K40: decoding never throws, and always has an answer', () => {
    const word = fc
      .constantFrom('ICANHAZ?', 'KTHXBAI', 'HUGZ', 'STATE?', 'STATE!', 'COUNT?', 'COUNT!', 'SETIF?', 'SETIF!')
      .map(textFrame);
    const eight = fc.uint8Array({ minLength: 8, maxLength: 8 });
    const frames = fc.array(fc.oneof(frame, word, eight, uuid), { maxLength: 8 });
    fc.assert(
      fc.property(wire, frames, fc.boolean(), (wire, frames, legacy4) => {
        const types = [
          decodeCollected(wire, frames, legacy4),
          decodePublished(wire, frames),
          decodeSnapshotRequest(frames),
          decodeSnapshotReply(wire, frames),
        ].map(({ type }) => type);
        return types.every((type) => typeof type === 'string');
      }),
      { numRuns: 20_000 },
    );
  });

  it('K40: what is read from random frames, written again, is read the same', () => {
    fc.assert(
      fc.property(wire, fc.array(frame, { minLength: 3, maxLength: 5 }), (wire, frames) => {
        const read = decodePublished(wire, frames);
        if (read.type !== 'update') return;
        const { key, seq, body, uuid, properties } = read;
        expect(encodeUpdate(wire, key, sequenceFrame(seq), body, uuid, properties).map(hex)).toEqual(
          frames.map(hex),
        );
      }),
      runs,
    );
  });
});
