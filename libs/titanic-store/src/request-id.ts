import { asBuffer, type Frame } from '@raspy/wire';

/** Names a request for good: 32 small hexadecimal digits (PROTOCOLS §8). */
export type RequestId = string;

const ID_BYTES = 16;
const DIGITS = /^[0-9a-f]{32}$/;

/** Makes so many unguessable bytes. */
export type Entropy = (bytes: number) => Uint8Array;

/** A random (version 4) UUID without dashes. */
export function newRequestId(entropy: Entropy): RequestId {
  const bytes = Buffer.from(entropy(ID_BYTES));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex');
}

/** The id in a frame, in small letters; `undefined` when it is none. Capital letters are taken, as other Titanics make them. */
export function readRequestId(frame: Frame): RequestId | undefined {
  if (frame.length !== 2 * ID_BYTES) return undefined;
  const text = asBuffer(frame).toString('latin1').toLowerCase();
  return DIGITS.test(text) ? text : undefined;
}
