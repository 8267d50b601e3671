import type { Frames } from '@raspy/wire';

/** A reply as bytes: each frame behind its length, 4 bytes; nothing for a command whose outcome is not known. */
export function encodeReply(reply: Frames | undefined): Buffer {
  const pieces = (reply ?? []).flatMap((frame) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(frame.length);
    return [length, frame];
  });
  return Buffer.concat(pieces);
}

/** @returns `undefined` for what {@link encodeReply} made of no reply; every reply has a frame, its status */
export function decodeReply(bytes: Buffer): Frames | undefined {
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    // A copy, since the log's buffer is valid during the call only.
    frames.push(Buffer.from(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return frames.length === 0 ? undefined : frames;
}
