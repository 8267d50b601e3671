import { isUtf8 } from 'node:buffer';
import { asBuffer, type Frame, type Frames, textFrame } from '@raspy/wire';
import { type Coded, coded, uncoded } from './coded.js';

/** The frame of a text. */
export function textToFrame(value: unknown): Coded<Frames> {
  if (typeof value !== 'string') return uncoded('not a string');
  // A lone surrogate has no UTF-8: it would arrive as another text than was sent.
  if (/\p{Surrogate}/u.test(value)) return uncoded('not well-formed Unicode');
  return coded([textFrame(value)]);
}

/** The text of a frame, if it is UTF-8. */
export function frameToText(frame: Frame): Coded<string> {
  return isUtf8(frame) ? coded(asBuffer(frame).toString('utf8')) : uncoded('not UTF-8 text');
}

/** The frame of a value as JSON. */
export function jsonToFrame(value: unknown): Coded<Frames> {
  try {
    // Not a string for what JSON has no form for: `undefined` and functions.
    const written: unknown = JSON.stringify(value);
    if (typeof written === 'string') return coded([textFrame(written)]);
  } catch {
    // Cycles, big integers, a toJSON that throws: refused like the others.
  }
  return uncoded('cannot be written as JSON');
}

/** The value of a frame of JSON. */
export function frameToJson(frame: Frame): Coded<unknown> {
  const source = frameToText(frame);
  if (!source.ok) return source;
  try {
    return coded(JSON.parse(source.value) as unknown);
  } catch {
    return uncoded('not JSON');
  }
}
