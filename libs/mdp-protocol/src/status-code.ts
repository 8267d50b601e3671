import { asBuffer, type Frame } from '@raspy/wire';

/** Status codes of Majordomo services: three ASCII digits in a frame (PROTOCOLS §1). */
export const StatusCode = {
  OK: '200',
  PENDING: '300',
  BAD_REQUEST: '400',
  NOT_FOUND: '404',
  ERROR: '500',
  NOT_IMPLEMENTED: '501',
} as const;

export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

const frames = new Map<string, Frame>(Object.values(StatusCode).map((code) => [code, Buffer.from(code)]));

/** The frame of a status code; one shared frame a code. */
export function statusFrame(code: StatusCode): Frame {
  return frames.get(code)!;
}

/**
 * The status at the head of a frame: its first three bytes if they are digits, so that `200 text` reads as `200`.
 * @returns `undefined` when the frame does not begin with a status
 */
export function readStatus(frame: Frame | undefined): string | undefined {
  if (frame === undefined || frame.length < 3) return undefined;
  const text = asBuffer(frame).toString('latin1', 0, 3);
  const ended = frame.length === 3 || frame[3] === 0x20;
  return ended && /^[0-9]{3}$/.test(text) ? text : undefined;
}
