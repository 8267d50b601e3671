import fc from 'fast-check';
import { textFrame } from '@raspy/wire';
import { readSubmitOptions } from './submit-options.js';

const read = (text: string): unknown => {
  const result = readSubmitOptions(textFrame(text));
  return result.ok ? result.options : result.reason;
};

describe('the options of titanic.submit', () => {
  it.each([
    ['{}', {}],
    [
      '{"notBefore":1,"expiresAt":2.5,"key":"k","onExpire":"dead"}',
      { notBefore: 1, expiresAt: 2.5, key: 'k', onExpire: 'dead' },
    ],
    ['{"notBefore":0,"expiresAt":1e308}', { notBefore: 0, expiresAt: 1e308 }],
    [`{"key":"${'ü'.repeat(255)}","onExpire":"drop"}`, { key: 'ü'.repeat(255), onExpire: 'drop' }],
    ['{"key":"😀"}', { key: '😀' }],
  ])('are read: %s', (text, options) => {
    expect(read(text)).toEqual(options);
  });

  it.each([
    ['', 'the options are not JSON'],
    ['{"key":}', 'the options are not JSON'],
    ['[]', 'the options are not a JSON object'],
    ['null', 'the options are not a JSON object'],
    ['7', 'the options are not a JSON object'],
    ['{"expires":1}', 'the option "expires" is not known'],
    ['{"__proto__":{}}', 'the option "__proto__" is not known'],
    [`{"${'x'.repeat(1_000)}":1}`, `the option "${'x'.repeat(40)}" is not known`],
    ['{"notBefore":"1"}', 'notBefore is not a unix time in milliseconds'],
    ['{"notBefore":null}', 'notBefore is not a unix time in milliseconds'],
    ['{"expiresAt":-1}', 'expiresAt is not a unix time in milliseconds'],
    ['{"expiresAt":1e999}', 'expiresAt is not a unix time in milliseconds'],
    ['{"expiresAt":[1]}', 'expiresAt is not a unix time in milliseconds'],
    ['{"notBefore":5,"expiresAt":5}', 'expiresAt is not after notBefore'],
    ['{"notBefore":6,"expiresAt":5}', 'expiresAt is not after notBefore'],
    ['{"key":""}', 'key is not a text of 1 to 255 characters'],
    ['{"key":7}', 'key is not a text of 1 to 255 characters'],
    [`{"key":"${'k'.repeat(256)}"}`, 'key is not a text of 1 to 255 characters'],
    ['{"key":"a\\ud800b"}', 'key is not a valid text'],
    ['{"onExpire":"keep"}', 'onExpire is neither "drop" nor "dead"'],
    ['{"onExpire":true}', 'onExpire is neither "drop" nor "dead"'],
  ])('are refused: %s', (text, reason) => {
    expect(read(text)).toBe(reason);
  });

  it('never throw, whatever bytes they are', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(textFrame)), (frame) => {
        expect(() => readSubmitOptions(frame)).not.toThrow();
      }),
    );
  });
});
