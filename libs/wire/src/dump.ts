import { asBuffer, type Frames } from './frames.js';

/**
 * A message as a person reads it, a line a frame: `[005] Hello`, binary frames in hex.
 * The form is that of the ZeroMQ guide's `zhelpers.dump`.
 *
 * @param options.maxFrameBytes - what of each frame is shown before `…`; default 256
 */
export function dumpFrames(frames: Frames, options: { maxFrameBytes?: number } = {}): string {
  const most = options.maxFrameBytes ?? 256;
  const lines = frames.map((frame) => {
    const shown = asBuffer(frame).subarray(0, most);
    const text = isPrintable(shown) ? shown.toString('utf8') : shown.toString('hex');
    return `[${String(frame.length).padStart(3, '0')}] ${text}${frame.length > most ? '…' : ''}`.trimEnd();
  });
  return ['-'.repeat(40), ...lines].join('\n');
}

/** Printable: valid UTF-8 without control characters, so that a terminal can be trusted with it. */
function isPrintable(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/.test(text);
}
