/** One frame: opaque bytes. */
export type Frame = Uint8Array;

/** One multipart message; neither it nor its frames are changed after hand-over. */
export type Frames = readonly Frame[];

/** The zero-byte frame, which the Majordomo protocols use as delimiter. */
export const EMPTY_FRAME: Frame = Buffer.alloc(0);

/** A frame with the UTF-8 bytes of `text`. */
export function textFrame(text: string): Frame {
  return text === '' ? EMPTY_FRAME : Buffer.from(text, 'utf8');
}

/** The text of a frame read as UTF-8; bytes that are none become U+FFFD. */
export function frameText(frame: Frame): string {
  return asBuffer(frame).toString('utf8');
}

/**
 * A frame's bytes as a string of the same length, one character a byte (Latin-1): a key for maps that
 * distinguishes every byte sequence, at the price of one short string.
 */
export function frameKey(frame: Frame): string {
  return asBuffer(frame).toString('latin1');
}

/** Whether two frames hold the same bytes. */
export function sameFrame(a: Frame, b: Frame): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Sum of the frames' bytes. */
export function framesBytes(frames: Frames): number {
  let sum = 0;
  for (const frame of frames) sum += frame.length;
  return sum;
}

/** A Buffer over the frame's own bytes; nothing is copied. */
export function asBuffer(frame: Frame): Buffer {
  return Buffer.isBuffer(frame) ? frame : Buffer.from(frame.buffer, frame.byteOffset, frame.length);
}
