import fc from 'fast-check';
import { parseIni } from './parse-ini.js';

/** As plain objects, to compare. */
function read(text: string): {
  sections: Record<string, Record<string, string>>;
  problems: readonly unknown[];
} {
  const { sections, problems } = parseIni(text);
  const plain = [...sections].map(([name, values]) => [name, Object.fromEntries(values)] as const);
  return { sections: Object.fromEntries(plain), problems };
}

const sections = (text: string): Record<string, Record<string, string>> => read(text).sections;

describe('an INI file is read as by RawConfigParser', () => {
  // The right-hand sides are what Python 3 reads.
  it.each<[string, string, Record<string, Record<string, string>>]>([
    [
      'what ConfigParser writes',
      '[main]\nkeys = ["a", "b"]\nconf = {}\n\n',
      { main: { keys: '["a", "b"]', conf: '{}' } },
    ],
    [
      'both signs, with and without spaces',
      '[s]\na=1\nb:2\nc = 3\nd : 4\n',
      { s: { a: '1', b: '2', c: '3', d: '4' } },
    ],
    ['the first sign counts', '[s]\na = b = c : d\ne : f = g\n', { s: { a: 'b = c : d', e: 'f = g' } }],
    ['keys in small letters, names as they are', '[Main]\nMyKey = MyValue\n', { Main: { mykey: 'MyValue' } }],
    [
      'comments, also indented and within a value',
      '# x\n[s]\n  ; y\na = 1\n# z\n  2\n',
      { s: { a: '1\n2' } },
    ],
    [
      'no comments behind a value',
      '[s]\na = 1 ; not a comment # nor this\n',
      { s: { a: '1 ; not a comment # nor this' } },
    ],
    ['values of many lines', '[s]\na = 1\n\t2\n  3 = 4\nb = 5\n', { s: { a: '1\n2\n3 = 4', b: '5' } }],
    ['empty lines within a value', '[s]\na = 1\n\n  2\n\n\nb = 3\n', { s: { a: '1\n\n2', b: '3' } }],
    [
      'keys that are indented as the one before',
      '[s]\n  a = 1\n  b = 2\n    more\n c = 3\n',
      { s: { a: '1', b: '2\nmore', c: '3' } },
    ],
    ['an indented line after a header', '[s]\n  a = 1\n', { s: { a: '1' } }],
    ['empty values', '[s]\na =\nb:\nc = \n  x\n', { s: { a: '', b: '', c: '\nx' } }],
    ['empty sections', '[a]\n[b]\n', { a: {}, b: {} }],
    [
      'a section in two parts with different keys',
      '[a]\nx = 1\n[b]\n[a]\ny = 2\n',
      { a: { x: '1', y: '2' }, b: {} },
    ],
    [
      'names with spaces and brackets',
      '[ a ]\nb c = 1\n[d]e]\nf = 2\n',
      { ' a ': { 'b c': '1' }, 'd]e': { f: '2' } },
    ],
    ['per cent signs raw', '[s]\na = 50%% of %(b)s\n', { s: { a: '50%% of %(b)s' } }],
    [
      'lines that end in any way, and a byte order mark',
      '\uFEFF[s]\r\na = 1\rb = 2\nc = 3',
      { s: { a: '1', b: '2', c: '3' } },
    ],
    [
      'names that JavaScript knows',
      '[constructor]\n__proto__x = 1\ntostring = 2\n',
      { constructor: { __proto__x: '1', tostring: '2' } },
    ],
    ['nothing', '', {}],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual({ sections: expected, problems: [] });
  });

  it('puts what DEFAULT has to every section that has not its own', () => {
    const text = '[a]\nx = 1\n[DEFAULT]\nX = 0\ny = 2\n  3\n[b]\n[default]\n';
    const y = '2\n3';
    expect(sections(text)).toEqual({ a: { x: '1', y }, b: { x: '0', y }, default: { x: '0', y } });
    expect(sections('[DEFAULT]\nx = 1\n')).toEqual({});
  });
});

describe('what makes no sense', () => {
  it('is told with its line, and the rest is read', () => {
    const { sections: found, problems } = read(
      'early = 1\n[s]\na = 1\nnonsense\n  = 2\n= 3\nb = 4\n[open\n[]\n',
    );
    expect(found).toEqual({ s: { a: '1', b: '4' } });
    expect(problems).toEqual([
      { line: 1, text: 'early = 1', reason: expect.stringContaining('before the first section') as unknown },
      ...[
        [4, 'nonsense'],
        [5, '  = 2'],
        [6, '= 3'],
        [8, '[open'],
        [9, '[]'],
      ].map(([line, text]) => ({
        line,
        text,
        reason: expect.stringContaining('no "key = value"') as unknown,
      })),
    ]);
  });

  it('does not go on with the value before it', () => {
    expect(sections('[s]\na = 1\nnonsense\n  more = 2\n')).toEqual({ s: { a: '1', more: '2' } });
  });

  it('is a key that is twice in a section: the later value counts', () => {
    const { sections: found, problems } = read('[s]\na = 1\n[t]\na = 2\n[s]\nA = 3\n');
    expect(found).toEqual({ s: { a: '3' }, t: { a: '2' } });
    expect(problems).toEqual([
      { line: 6, text: 'A = 3', reason: expect.stringContaining('"a" is in its section twice') as unknown },
    ]);
  });
});

describe('any text', () => {
  it('is read without an error, each problem with the line as it is', () => {
    const part = fc.constantFrom(
      '[',
      ']',
      '=',
      ':',
      '#',
      ';',
      ' ',
      '\t',
      '\n',
      '\r',
      'a',
      'B',
      'DEFAULT',
      '%',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const { problems } = parseIni(text);
          const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
          expect(problems.map(({ line }) => lines[line - 1])).toEqual(
            problems.map((problem) => problem.text),
          );
        },
      ),
    );
  });

  it('that ConfigParser wrote gives what it had', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9. ]{0,8}[a-z]$/);
    const value = fc.stringMatching(/^([a-zA-Z{"%[]([a-zA-Z0-9 =:;#"{}%\]]{0,20}[a-z])?)?$/);
    const values = fc.dictionary(
      name,
      fc.array(
        value.filter((line) => line !== ''),
        { maxLength: 3 },
      ),
    );
    fc.assert(
      fc.property(fc.dictionary(name, values), (given) => {
        const written = Object.entries(given).map(
          ([section, options]) =>
            `[${section}]\n${Object.entries(options)
              .map(([key, lines]) => `${key} = ${lines.join('\n\t')}\n`)
              .join('')}\n`,
        );
        const expected = Object.entries(given).map(([section, options]) => [
          section,
          Object.fromEntries(Object.entries(options).map(([key, lines]) => [key, lines.join('\n')])),
        ]);
        expect(read(written.join(''))).toEqual({
          sections: Object.fromEntries(expected) as unknown,
          problems: [],
        });
      }),
    );
  });

  it('is read in time that grows with its length alone', () => {
    const line = `a${' '.repeat(200_000)}b`;
    expect(parseIni(`[s]\n${line}\n[${'['.repeat(200_000)}\n`).problems).toHaveLength(2);
  });
});
