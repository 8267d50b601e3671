import fc from 'fast-check';
import { answer } from '../../test/hostile-server.js';
import { AnswerDecoder, encodeRequest, payloadText, ProtocolError, RequestType } from './message.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a request', () => {
  it('to read is its path with a zero, and how much is taken', () => {
    expect(encodeRequest({ type: RequestType.READ, path: '/uncached/x' })).toEqual(
      hex(`00000000 0000000c 00000002 00000104 00002000 00000000 2f756e6361636865642f7800`),
    );
  });

  it('to write has the value behind it', () => {
    expect(encodeRequest({ type: RequestType.WRITE, path: '/x', value: '1' })).toEqual(
      hex(`00000000 00000004 00000003 00000104 00000001 00000000 2f780031`),
    );
  });
});

describe('an answer', () => {
  it('comes in whatever pieces', () => {
    const whole = Buffer.concat([
      answer('20.5'),
      answer('', { length: -1 }),
      answer('x,y\0'),
      answer('', { code: -2 }),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
        const decoder = new AnswerDecoder();
        const ends = [...cuts.sort((a, b) => a - b), whole.length];
        const answers = ends.flatMap((end, i) =>
          decoder.push(whole.subarray(i === 0 ? 0 : ends[i - 1], end)),
        );
        expect(answers.map((one) => (one === 'wait' ? one : [one.code, payloadText(one.payload)]))).toEqual([
          [4, '20.5'],
          'wait',
          [4, 'x,y'],
          [-2, ''],
        ]);
        expect(decoder.isAmidst).toBe(false);
      }),
    );
  });

  it.each([
    ['a version that there is not', { version: 1 }],
    ['a version below zero', { version: -1 }],
    ['less than nothing', { length: -2 }],
    ['more than is taken', { length: 65_537 }],
    ['more than there can be', { length: 0x7fffffff }],
    ['a size below zero', { size: -1 }],
  ])('is refused that claims %s', (_, header) => {
    expect(() => new AnswerDecoder().push(answer('', header))).toThrow(ProtocolError);
  });

  it('is nothing that can hurt, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
        const decoder = new AnswerDecoder();
        try {
          for (const chunk of chunks) decoder.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it('may come from a server behind others', () => {
    expect(new AnswerDecoder().push(answer('1', { version: 0x20000 }))).toHaveLength(1);
  });
});
