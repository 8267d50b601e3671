import { DEFAULT_ENTRY_LIMITS, refusalOf, type EntryRefusal } from './limits.js';

const LIMITS = { maxKeyBytes: 16, maxBodyBytes: 8 };

const refusal = (key: string | Buffer, body = 'v'): EntryRefusal | undefined =>
  refusalOf(Buffer.from(key as string), Buffer.from(body), LIMITS);

describe('what an entry may be (PROTOCOLS §9.1)', () => {
  it.each([
    ['the shortest key', '/', undefined],
    ['an ordinary key', '/device/lamp', undefined],
    ['slashes alone', '////', undefined],
    ['a reserved word below the root', '/HUGZ', undefined],
    ['UTF-8 of several bytes', '/Gerät/🔥', undefined],
    ['a NUL', '/a\0b', undefined],
    ['D28: KTHXBAI', 'KTHXBAI', 'reserved-key'],
    ['D28: HUGZ', 'HUGZ', 'reserved-key'],
    ['D28: ICANHAZ?', 'ICANHAZ?', 'reserved-key'],
    ['an empty key', '', 'bad-key'],
    ['a key without leading slash', 'device/lamp', 'bad-key'],
    ['a verb of ours', 'STATE?', 'bad-key'],
    ['a key of 16 bytes', `/${'k'.repeat(15)}`, undefined],
    ['a key of 17 bytes', `/${'k'.repeat(16)}`, 'key-too-long'],
    ['17 bytes in 16 characters', `/${'k'.repeat(14)}ä`, 'key-too-long'],
    ['a long key without leading slash', 'k'.repeat(100), 'bad-key'],
  ])('%s', (_what, key, expected) => {
    expect(refusal(key)).toBe(expected);
  });

  it.each([
    ['a lone continuation byte', [0x2f, 0x80]],
    ['an overlong slash', [0x2f, 0xc0, 0xaf]],
    ['a surrogate', [0x2f, 0xed, 0xa0, 0x80]],
    ['a character cut off', [0x2f, 0xe2, 0x82]],
    ['a byte that UTF-8 does not have', [0x2f, 0xff]],
  ])('%s is no UTF-8', (_what, bytes) => {
    expect(refusal(Buffer.from(bytes))).toBe('bad-key');
  });

  it('a body has 0 to maxBodyBytes bytes', () => {
    expect(refusal('/k', '')).toBeUndefined();
    expect(refusal('/k', '12345678')).toBeUndefined();
    expect(refusal('/k', '123456789')).toBe('body-too-large');
  });

  it('frames need not be Buffers', () => {
    const inside = new Uint8Array([0xff, 0x2f, 0x6b, 0xff]).subarray(1, 3);
    expect(refusalOf(inside, inside, LIMITS)).toBeUndefined();
  });

  it('are 4,096 bytes of key and 1 MiB of body by default', () => {
    const key = Buffer.from(`/${'k'.repeat(4_095)}`);
    const body = Buffer.alloc(1_048_576);
    expect(refusalOf(key, body, DEFAULT_ENTRY_LIMITS)).toBeUndefined();
    expect(refusalOf(Buffer.concat([key, Buffer.from('k')]), body, DEFAULT_ENTRY_LIMITS)).toBe(
      'key-too-long',
    );
    expect(refusalOf(key, Buffer.alloc(1_048_577), DEFAULT_ENTRY_LIMITS)).toBe('body-too-large');
  });
});
