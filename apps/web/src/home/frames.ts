import { textOf } from '../live/entry-json.js';

/** A frame that comes in: a text, or bytes. */
export type FrameInput = string | { readonly base64: string };
/** A frame that goes out. */
export type FrameOutput = { readonly text: string } | { readonly base64: string };

export function bytesOf(frames: readonly FrameInput[]): Uint8Array[] {
  return frames.map((frame) =>
    typeof frame === 'string' ? Buffer.from(frame) : Buffer.from(frame.base64, 'base64'),
  );
}

export function framesJson(frames: readonly Uint8Array[]): FrameOutput[] {
  return frames.map((frame) => {
    const text = textOf(frame);
    return text === undefined ? { base64: Buffer.from(frame).toString('base64') } : { text };
  });
}
