import fc from 'fast-check';
import { frameText } from '@raspy/wire';
import { MAX_TTL_SECONDS, readTtl, ttlProperties } from './properties.js';

const ttl = (properties: string): number | undefined => readTtl(Buffer.from(properties, 'latin1'));

describe('the ttl among properties (K29)', () => {
  it.each([
    ['nothing at all', '', 0],
    ['other properties only', 'a=1\nb=2\n', 0],
    ['a name that only ends in ttl', 'xttl=5\n', 0],
    ['a name that only begins so', 'ttls=5\nttl =6\n', 0],
    ['another case', 'TTL=5\n', 0],
    ['a space before', ' ttl=5\n', 0],
    ['the name alone', 'ttl\n', 0],
    ['one inside of another value', 'a=ttl=5\n', 0],
    ['behind a carriage return', 'a=1\rttl=5\n', 0],
    ['behind a NUL', 'a=1\0ttl=5\n', 0],
    ['a plain one', 'ttl=30\n', 30],
    ['without its line feed', 'ttl=30', 30],
    ['behind others', 'a=1\nttl=30\nb=2\n', 30],
    ['behind empty lines', '\n\nttl=30\n', 30],
    ['leading zeros', 'ttl=0030\n', 30],
    ['the longest', `ttl=${MAX_TTL_SECONDS}\n`, MAX_TTL_SECONDS],
    ['of several the first', 'ttl=5\nttl=9\n', 5],
    ['of several the first, even if it has no meaning', 'ttl=x\nttl=9\n', undefined],
    ['empty', 'ttl=\n', undefined],
    ["zero, as the guide's clients say none", 'ttl=0\n', 0],
    ['zeros', 'ttl=000000000\n', 0],
    ['negative', 'ttl=-5\n', undefined],
    ['a sign', 'ttl=+5\n', undefined],
    ['a fraction', 'ttl=1.5\n', undefined],
    ['an exponent', 'ttl=1e300\n', undefined],
    ['hexadecimal', 'ttl=0x1f\n', undefined],
    ['words', 'ttl=Infinity\nttl=NaN\n', undefined],
    ['a space', 'ttl= 5\n', undefined],
    ['a space behind', 'ttl=5 \n', undefined],
    ['a carriage return behind', 'ttl=5\r\n', undefined],
    ['a NUL behind', 'ttl=5\0\n', undefined],
    ['one above the longest', `ttl=${MAX_TTL_SECONDS + 1}\n`, undefined],
    ['2^31', 'ttl=2147483648\n', undefined],
    ['a million digits', `ttl=${'9'.repeat(1_000_000)}\n`, undefined],
    ['a million zeros and a five', `ttl=${'0'.repeat(1_000_000)}5\n`, undefined],
    ['digits of another script', 'ttl=\xd9\xa5\n', undefined],
  ])('%s', (_what, properties, seconds) => {
    expect(ttl(properties)).toBe(seconds);
  });

  it('is a whole number in its bounds, none or invalid, whatever bytes come', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ maxLength: 10 }).map((value) => `ttl=${value}`),
      fc.bigInt().map((value) => `ttl=${value}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        const seconds = readTtl(Buffer.from(lines.join('\n'))) ?? 1;
        expect(Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TTL_SECONDS).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('properties with a ttl', () => {
  it.each([
    [undefined, ''],
    [1, 'ttl=1\n'],
    [1_000, 'ttl=1\n'],
    [1_001, 'ttl=2\n'],
    [30_000, 'ttl=30\n'],
  ])('%s milliseconds are written as %j', (ms, properties) => {
    expect(frameText(ttlProperties(ms))).toBe(properties);
  });

  it('are read as written, rounded up to seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_TTL_SECONDS * 1_000 }), (ms) => {
        expect(readTtl(ttlProperties(ms))).toBe(Math.ceil(ms / 1_000));
      }),
    );
  });
});
