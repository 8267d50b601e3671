import * as fc from 'fast-check';
import { discoveryMessage, readMessageHeader } from './message-header.js';

describe('readMessageHeader', () => {
  it('reads version and, of v3, id and engine', () => {
    expect(readMessageHeader(Buffer.from('300502010104 00'.replace(' ', ''), 'hex'))).toEqual({
      version: 1,
      messageId: 0,
      engineId: new Uint8Array(),
    });
    expect(readMessageHeader(discoveryMessage(0x01020304))).toMatchObject({
      version: 3,
      messageId: 0x01020304,
    });
  });

  it('returns for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(70), fc.nat(255), (bytes, at, put) => {
        readMessageHeader(bytes);
        const changed = discoveryMessage(7);
        changed[at % changed.length] = put;
        readMessageHeader(changed);
      }),
    );
  });

  it('finds no header in any beginning of one', () => {
    const whole = discoveryMessage(7);
    for (let length = 0; length < whole.length; length += 1)
      expect(readMessageHeader(whole.subarray(0, length))).toBeUndefined();
  });

  it.each([
    ['lengths of three bytes', '308300000502010104'],
    ['indefinite lengths', '3080020101'],
    ['integers of five bytes', '3007020500000000010400'],
    ['empty integers', '30020200'],
    ['nothing', ''],
  ])('takes no %s', (_what, hex) => {
    expect(readMessageHeader(Buffer.from(hex, 'hex'))).toBeUndefined();
  });

  it('reads lengths of one and two more bytes', () => {
    const content = '020101' + '04'.padEnd(500, '0');
    const size = content.length / 2;
    const two = `3082${size.toString(16).padStart(4, '0')}${content}`;
    expect(readMessageHeader(Buffer.from(two, 'hex'))?.version).toBe(1);
    expect(readMessageHeader(Buffer.from(`3081050201010400`, 'hex'))?.version).toBe(1);
    expect(readMessageHeader(Buffer.from('30050201ff0400', 'hex'))?.version).toBe(-1);
  });
});
