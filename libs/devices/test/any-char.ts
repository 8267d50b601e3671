import fc from 'fast-check';

const SURROGATES = 0x800;
const FIRST_SURROGATE = 0xd800;

/** What `unit: 'binary'` of fast-check draws from, without the table of a million characters that it builds first. */
export const anyChar: fc.Arbitrary<string> = fc.nat(0x10_ffff - SURROGATES).map(
  (n) => String.fromCodePoint(n < FIRST_SURROGATE ? n : n + SURROGATES),
  (char) => {
    const code = typeof char === 'string' && char.length <= 2 ? char.codePointAt(0) : undefined;
    if (code === undefined || String.fromCodePoint(code) !== char) throw new Error('this is no character');
    return code < FIRST_SURROGATE ? code : code - SURROGATES;
  },
);
