import { frameText, textFrame, type Frames } from '@raspy/wire';

/** A body as a caller writes it: a string stands for its UTF-8 bytes. */
export type Body = readonly (Uint8Array | string)[];

/** The frames of a body; bytes pass by reference. */
export function bodyFrames(body: Body): Frames {
  return body.map((part) => (typeof part === 'string' ? textFrame(part) : part));
}

const MAX_REASON_BYTES = 1_024;

/** The last frame as a text for people, if it is one: short, valid UTF-8, no control characters. */
export function lastText(frames: Frames): string | undefined {
  const last = frames.at(-1);
  if (last === undefined || last.length === 0 || last.length > MAX_REASON_BYTES) return undefined;
  const text = frameText(last);
  return /[\p{Cc}\ufffd]/u.test(text) ? undefined : text;
}
