import fc from 'fast-check';
import { framesBytes, type Frame, type Frames } from '@raspy/wire';
import { settingText } from '../setting-names.js';
import type { RequestProgress, RequestRecord } from '../storage.js';
import { decodeProgress, decodeRequest, encodeProgress, encodeRequest, readSettingText } from './codec.js';

const time = fc.double({ min: 0, max: 1e13, noNaN: true });
const anyFrame = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(4_095, 4_096, 4_097, 9_000).map((bytes) => new Uint8Array(bytes).fill(bytes)),
);
const anyFrames = fc.array(anyFrame, { maxLength: 6 });
const request = fc.record(
  {
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    order: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    target: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    acceptedAt: time,
    bodyBytes: fc.nat(2 ** 31 - 1),
    notBefore: time,
    expiresAt: time,
    key: fc.string({ minLength: 1, maxLength: 255, unit: 'grapheme' }),
    onExpire: fc.constantFrom('drop' as const, 'dead' as const),
    submitted: fc.boolean(),
    transient: fc.boolean(),
  },
  {
    requiredKeys: ['id', 'order', 'target', 'acceptedAt', 'bodyBytes', 'onExpire', 'submitted', 'transient'],
  },
);
const progress = fc.record(
  {
    state: fc.constantFrom<RequestProgress['state']>(
      'waiting',
      'running',
      'done',
      'dead',
      'expired',
      'closed',
    ),
    attempts: fc.nat(2 ** 31 - 1),
    at: time,
    reason: fc.string({ minLength: 1, unit: 'grapheme' }),
    replyBytes: fc.nat(),
  },
  { requiredKeys: ['state', 'attempts', 'at'] },
);
const bytesOf = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => Buffer.from(frame).toString('hex'));
const whole = (pieces: readonly Uint8Array[]): Buffer => Buffer.concat(pieces);

describe('what is stored', () => {
  it('of a request is read as it was', () => {
    fc.assert(
      fc.property(request, anyFrames, (record: RequestRecord, body: Frames) => {
        const read = decodeRequest(whole(encodeRequest(record, body)))!;
        expect({ ...read.record, target: bytesOf([read.record.target]) }).toEqual({
          ...record,
          target: bytesOf([record.target]),
        });
        expect(bytesOf(read.body)).toEqual(bytesOf(body));
      }),
    );
  });

  it('of its progress is read as it was', () => {
    fc.assert(
      fc.property(progress, anyFrames, (given: RequestProgress, reply: Frames) => {
        const read = decodeProgress(whole(encodeProgress(given, reply)))!;
        expect(read.progress).toEqual(given);
        expect(bytesOf(read.reply)).toEqual(bytesOf(reply));
      }),
    );
  });

  it('of a setting’s names is read as they were, and differs where they do', () => {
    const name = fc.uint8Array({ maxLength: 255 });
    fc.assert(
      fc.property(fc.tuple(name, name, name), fc.tuple(name, name, name), ([a, b, c], [d, e, f]) => {
        const key = { service: a, section: b, key: c };
        const text = settingText(key);
        const read = readSettingText(text)!;
        expect(bytesOf([read.service, read.section, read.key])).toEqual(bytesOf([a, b, c]));
        const isSame = String(bytesOf([a, b, c])) === String(bytesOf([d, e, f]));
        expect(settingText({ service: d, section: e, key: f }) === text).toBe(isSame);
      }),
    );
  });

  it('is small beside what it keeps', () => {
    const record: RequestRecord = {
      ...{ id: '0'.repeat(32), order: 1, target: Buffer.from('svc'), acceptedAt: 0, bodyBytes: 4 },
      ...{ onExpire: 'drop', submitted: false, transient: false },
    };
    const body = [Buffer.from('body')];
    expect(framesBytes(encodeRequest(record, body))).toBe(54 + 4 + 3 + 4 + 4);
    expect(encodeRequest(record, body)).toHaveLength(1);
    const large = Buffer.alloc(1_000_000);
    expect(encodeRequest(record, [large])[2]).toBe(large);
  });

  it('is read, or refused, whatever bytes there are', () => {
    const changed = fc.tuple(request, anyFrames, fc.nat(), fc.nat(255)).map(([record, body, at, byte]) => {
      const bytes = whole(encodeRequest(record, body));
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    const cut = fc.tuple(progress, anyFrames, fc.nat()).map(([given, reply, at]) => {
      const bytes = whole(encodeProgress(given, reply));
      return bytes.subarray(0, at % bytes.length);
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
          changed,
          cut,
        ),
        (bytes) => {
          expect(() => [
            decodeRequest(bytes),
            decodeProgress(bytes),
            readSettingText(bytes.toString('latin1')),
          ]).not.toThrow();
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['another form', 'ff'.repeat(80)],
    ['a request without a target', `0100${'00'.repeat(52)}`],
    ['a request with flags of the future', `0140${'00'.repeat(52)}00000001aa`],
    ['a request without the key that it has', `0104${'00'.repeat(52)}00000001aa`],
    ['a request whose frame is cut', `0100${'00'.repeat(52)}00000002aa`],
    ['a request whose length is cut', `0100${'00'.repeat(52)}0000`],
    ['progress without a reason', `0200${'00'.repeat(20)}`],
    ['progress in a state of the future', `0206${'00'.repeat(20)}00000000`],
  ])('is refused: %s', (_what, digits) => {
    const bytes = Buffer.from(digits, 'hex');
    expect([decodeRequest(bytes), decodeProgress(bytes)]).toEqual([undefined, undefined]);
  });

  it.each(['', '\x01a', '\x01a\x01b', '\x01a\x01b\x02c', '\x01a\x01b\x01c!'])(
    'is no setting’s name: %j',
    (text) => {
      expect(readSettingText(text)).toBeUndefined();
    },
  );
});
