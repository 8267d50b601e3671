import { frameText, type Frames, textFrame } from '@raspy/wire';
import { z } from 'zod';
import { ServiceDefinitionError } from './definition-error.js';
import { decodeFrames, encodeFrames } from './frame-list.js';
import { type AnyKind, bytes, json, keys, optional, rest, text } from './frame-kind.js';

const decode = (kinds: readonly AnyKind[], ...frames: (string | Uint8Array)[]) =>
  decodeFrames('argument', kinds, frames.map(frame));
const encode = (kinds: readonly AnyKind[], ...values: unknown[]) => {
  const coded = encodeFrames('argument', kinds, values);
  return coded.ok ? texts(coded.value) : coded.reason;
};
const frame = (content: string | Uint8Array) => (typeof content === 'string' ? textFrame(content) : content);
const texts = (frames: Frames) => frames.map(frameText);
const NO_UTF8 = Uint8Array.of(0xff);

describe('A frame of text', () => {
  it('is UTF-8 both ways', () => {
    expect(encode([text('name')], 'Wärme 🐟')).toEqual(['Wärme 🐟']);
    expect(decode([text('name')], 'Wärme 🐟')).toEqual({ ok: true, value: ['Wärme 🐟'] });
    expect(decode([text('name')], '')).toEqual({ ok: true, value: [''] });
  });

  it('is refused when its bytes are no UTF-8, and when its text has none', () => {
    expect(decode([text('name')], NO_UTF8)).toEqual({ ok: false, reason: 'argument "name": not UTF-8 text' });
    expect(encode([text('name')], '\ud800')).toBe('argument "name": not well-formed Unicode');
    expect(encode([text('name')], 5)).toBe('argument "name": not a string');
  });

  it('passes its schema on both sides', () => {
    const level = text('level', z.enum(['low', 'high']));
    expect(encode([level], 'low')).toEqual(['low']);
    expect(encode([level], 'middle')).toMatch(/^argument "level": .*"low"\|"high"/);
    expect(decode([level], 'middle')).toMatchObject({ ok: false });
    expect(decode([text('count', z.string().transform(Number))], '12')).toEqual({ ok: true, value: [12] });
  });
});

describe('A frame of JSON', () => {
  it('travels as its sender gave it and arrives as its schema reads it', () => {
    const settings = json('settings', z.object({ percent: z.number(), fade: z.number().default(2) }));
    expect(encode([settings], { percent: 40 })).toEqual(['{"percent":40}']);
    expect(decode([settings], '{"percent":40,"extra":1}')).toEqual({
      ok: true,
      value: [{ percent: 40, fade: 2 }],
    });
  });

  it('tells which members are wrong, the first three of many', () => {
    const settings = json('settings', z.object({ a: z.number(), b: z.tuple([z.number()]) }));
    const wrong = decode([settings], '{"a":"1","b":["2"]}');
    expect(wrong).toMatchObject({ ok: false });
    expect(!wrong.ok && wrong.reason).toMatch(/^argument "settings": a: .*number.*; b\.0: .*number/);
    const many = json('many', z.array(z.number()));
    const told = decode([many], '["a","b","c","d","e"]');
    expect(!told.ok && told.reason).toMatch(/0: .*; 1: .*; 2: .*; and 2 more$/);
  });

  it('without a schema is any value that JSON can write', () => {
    expect(encode([json('any')], null)).toEqual(['null']);
    expect(decode([json('any')], '[1]')).toEqual({ ok: true, value: [[1]] });
    for (const value of [undefined, 1n, () => 1]) {
      expect(encode([json('any')], value)).toBe('argument "any": cannot be written as JSON');
    }
  });

  it('is refused when it is no JSON', () => {
    for (const content of ['', '{', 'percent', '\ufeff{}']) {
      expect(decode([json('any')], content)).toEqual({ ok: false, reason: 'argument "any": not JSON' });
    }
    expect(decode([json('any')], NO_UTF8)).toMatchObject({ ok: false });
  });

  it('with a schema that validates asynchronously is a mistake in the definition', () => {
    const slow = json(
      'slow',
      z.string().refine(() => Promise.resolve(true)),
    );
    expect(() => decode([slow], '"x"')).toThrow(ServiceDefinitionError);
    expect(() => decode([slow], '"x"')).toThrow(/a zod schema validates asynchronously, or threw/);
    const failing = json('failing', {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('no')) },
    });
    expect(() => decode([failing], '"x"')).toThrow(ServiceDefinitionError);
  });

  it('names the paths of schemas that give them as segments', () => {
    const refusing = json('value', {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({ issues: [{ message: 'no', path: [{ key: 'a' }, 0, Symbol('s')] }] }),
      },
    });
    expect(decode([refusing], '1')).toEqual({ ok: false, reason: 'argument "value": a.0.Symbol(s): no' });
    const mute = json('value', {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [] }) },
    });
    expect(decode([mute], '1')).toEqual({ ok: false, reason: 'argument "value": refused by its schema' });
  });
});

describe('A frame of bytes', () => {
  it('passes by reference', () => {
    const image = Uint8Array.of(0, 255);
    const coded = encodeFrames('result', [bytes('image')], [image]);
    expect(coded.ok && coded.value[0]).toBe(image);
    const read = decodeFrames('result', [bytes('image')], [image]);
    expect(read.ok && read.value[0]).toBe(image);
  });

  it('is nothing else', () => {
    expect(encode([bytes('image')], 'text')).toBe('argument "image": not a Uint8Array');
  });
});

describe('The frames of an action', () => {
  it('may lack what is optional, from the end', () => {
    const kinds = [text('a'), optional(text('b')), optional(text('c'))];
    expect(encode(kinds, '1')).toEqual(['1']);
    expect(encode(kinds, '1', undefined, undefined)).toEqual(['1']);
    expect(encode(kinds, '1', '2', '3')).toEqual(['1', '2', '3']);
    expect(encode(kinds, '1', undefined, '3')).toBe('argument "b" is left out, but "c" is given');
    expect(decode(kinds, '1', '2')).toEqual({ ok: true, value: ['1', '2', undefined] });
  });

  it('end with any number of the same kind', () => {
    const kinds = [text('a'), rest(json('n', z.number()))];
    expect(encode(kinds, '1', [2, 3])).toEqual(['1', '2', '3']);
    expect(encode(kinds, '1', [])).toEqual(['1']);
    expect(encode(kinds, '1', '2')).toBe('argument "n": not an array');
    expect(encode(kinds, '1', [2, 'x'])).toMatch(/^argument "n": \[1\]: .*number/);
    expect(decode(kinds, '1')).toEqual({ ok: true, value: ['1', []] });
    expect(decode(kinds, '1', '2', '3')).toEqual({ ok: true, value: ['1', [2, 3]] });
    expect(decode(kinds, '1', '2', 'x')).toEqual({ ok: false, reason: 'argument "n": [1]: not JSON' });
  });

  it('are neither too few nor too many', () => {
    expect(decode([text('a'), text('b')], '1')).toEqual({ ok: false, reason: 'argument "b" is missing' });
    expect(decode([text('a')], '1', '2')).toEqual({
      ok: false,
      reason: 'too many arguments: 2 given, 1 taken at most',
    });
    expect(decode([], '1')).toMatchObject({ ok: false });
    expect(decode([])).toEqual({ ok: true, value: [] });
  });
});

describe('The result of list_keys', () => {
  const read = (...frames: (string | Uint8Array)[]) => {
    const coded = decode([keys('keys')], ...frames);
    return coded.ok ? coded.value[0] : coded.reason;
  };

  it('D15: is written sorted and joined, empty when there are none', () => {
    expect(encode([keys('keys')], ['b', 'a', 'c'])).toEqual(['a|b|c']);
    expect(encode([keys('keys')], [])).toEqual(['']);
  });

  it('D15, D16: is read joined, a frame a key, mixed, and with stray bars', () => {
    expect(read('a|b')).toEqual(['a', 'b']);
    expect(read('a', 'b')).toEqual(['a', 'b']);
    expect(read('|a|b', 'c|')).toEqual(['a', 'b', 'c']);
    expect(read('')).toEqual([]);
    expect(read()).toEqual([]);
    expect(read(NO_UTF8)).toBe('argument "keys": not UTF-8 text');
  });

  it('holds no key that could not be told from others', () => {
    for (const key of ['', 'a|b', 'a\nb', 5]) {
      expect(encode([keys('keys')], ['a', key])).toMatch(/cannot be listed/);
    }
    expect(encode([keys('keys')], ['\ud800'])).toBe('argument "keys": not well-formed Unicode');
    expect(encode([keys('keys')], 'a')).toBe('argument "keys": not an array');
  });

  it('leaves the array that it was given alone', () => {
    const given = ['b', 'a'];
    encode([keys('keys')], given);
    expect(given).toEqual(['b', 'a']);
  });
});
