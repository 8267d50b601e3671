import fc from 'fast-check';
import { asBuffer, EMPTY_FRAME, frameKey, framesBytes, frameText, sameFrame, textFrame } from './frames.js';

describe('frames', () => {
  it('carry text as UTF-8', () => {
    expect(frameText(textFrame('25.6 °C'))).toBe('25.6 °C');
    expect(textFrame('')).toBe(EMPTY_FRAME);
    expect(frameText(Buffer.of(0xff))).toBe('\ufffd');
  });

  it('make keys that tell every byte sequence apart', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (a, b) => {
        expect(frameKey(a) === frameKey(b)).toBe(sameFrame(a, b));
        expect(frameKey(a)).toHaveLength(a.length);
      }),
    );
  });

  it('are viewed, not copied, as Buffers', () => {
    const bytes = new Uint8Array([9, 1, 2, 3]).subarray(1, 3);
    const view = asBuffer(bytes);
    expect([...view]).toEqual([1, 2]);
    bytes[0] = 7;
    expect(view[0]).toBe(7);
    expect(framesBytes([bytes, EMPTY_FRAME, view])).toBe(4);
  });
});
