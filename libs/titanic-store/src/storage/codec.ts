import { asBuffer, frameText, textFrame, type Frame, type Frames } from '@raspy/wire';
import { MAX_NAME_BYTES } from '../setting-names.js';
import type { RequestProgress, RequestRecord, SettingKey } from '../storage.js';

// A stored value is a head of fixed form, then frames, each with its length (u32) in front. All numbers are big-endian.

const LENGTH_BYTES = 4;
const ID_BYTES = 16;
const STATES = ['waiting', 'running', 'done', 'dead', 'expired', 'closed'] as const;

/** First byte of a head; another form would have another. */
const REQUEST_FORM = 1;
const PROGRESS_FORM = 2;
/** Form, flags, id, order (f64), accepted (f64), bytes of the body (u32), not before (f64), expires (f64). */
const REQUEST_HEAD_BYTES = 2 + ID_BYTES + 8 + 8 + 4 + 8 + 8;
/** Form, state, attempts (u32), since (f64), bytes of the reply (f64). */
const PROGRESS_HEAD_BYTES = 2 + 4 + 8 + 8;
const Flag = { NOT_BEFORE: 1, EXPIRES: 2, KEY: 4, DEAD: 8, SUBMITTED: 16, TRANSIENT: 32 } as const;
const ALL_REQUEST_FLAGS = 63;
/** A larger frame is handed on as it is, rather than copied. */
const COPIED_BYTES = 4_096;

/** A request as it is stored: after the head come its target, its key if it has one, and the frames of its body. */
export function encodeRequest(record: RequestRecord, body: Frames): Uint8Array[] {
  const { id, order, target, acceptedAt, bodyBytes, notBefore, expiresAt, key } = record;
  const frames = key === undefined ? [target, ...body] : [target, textFrame(key), ...body];
  const { head, pieces } = room(REQUEST_HEAD_BYTES, frames);
  head[0] = REQUEST_FORM;
  head[1] =
    (notBefore === undefined ? 0 : Flag.NOT_BEFORE) |
    (expiresAt === undefined ? 0 : Flag.EXPIRES) |
    (key === undefined ? 0 : Flag.KEY) |
    (record.onExpire === 'dead' ? Flag.DEAD : 0) |
    (record.submitted ? Flag.SUBMITTED : 0) |
    (record.transient ? Flag.TRANSIENT : 0);
  head.write(id, 2, ID_BYTES, 'hex');
  let at = head.writeDoubleBE(order, 2 + ID_BYTES);
  at = head.writeDoubleBE(acceptedAt, at);
  at = head.writeUInt32BE(bodyBytes, at);
  at = head.writeDoubleBE(notBefore ?? 0, at);
  head.writeDoubleBE(expiresAt ?? 0, at);
  return pieces;
}

/** `undefined` when it is none. The frames are slices of the value. */
export function decodeRequest(value: Buffer): { record: RequestRecord; body: Frames } | undefined {
  if (value.length < REQUEST_HEAD_BYTES || value[0] !== REQUEST_FORM) return undefined;
  const flags = value[1]!;
  const frames = readFrames(value, REQUEST_HEAD_BYTES);
  if ((flags & ~ALL_REQUEST_FLAGS) !== 0 || frames === undefined) return undefined;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const [target, keyFrame] = frames;
  if (target === undefined || (has(Flag.KEY) && keyFrame === undefined)) return undefined;
  const record: RequestRecord = {
    id: value.toString('hex', 2, 2 + ID_BYTES),
    order: value.readDoubleBE(18),
    target,
    acceptedAt: value.readDoubleBE(26),
    bodyBytes: value.readUInt32BE(34),
    ...(has(Flag.NOT_BEFORE) && { notBefore: value.readDoubleBE(38) }),
    ...(has(Flag.EXPIRES) && { expiresAt: value.readDoubleBE(46) }),
    ...(has(Flag.KEY) && { key: frameText(keyFrame!) }),
    onExpire: has(Flag.DEAD) ? 'dead' : 'drop',
    submitted: has(Flag.SUBMITTED),
    transient: has(Flag.TRANSIENT),
  };
  return { record, body: frames.slice(has(Flag.KEY) ? 2 : 1) };
}

/** What became of a request: after the head comes a frame with the reason, empty for none, then the reply when it is done. */
export function encodeProgress(progress: RequestProgress, reply: Frames = []): Uint8Array[] {
  const { state, attempts, at: since, reason, replyBytes } = progress;
  const { head, pieces } = room(PROGRESS_HEAD_BYTES, [textFrame(reason ?? ''), ...reply]);
  head[0] = PROGRESS_FORM;
  head[1] = STATES.indexOf(state);
  let at = head.writeUInt32BE(attempts, 2);
  at = head.writeDoubleBE(since, at);
  head.writeDoubleBE(replyBytes ?? -1, at);
  return pieces;
}

/** `undefined` when it is none. The frames are slices of the value. */
export function decodeProgress(value: Buffer): { progress: RequestProgress; reply: Frames } | undefined {
  if (value.length < PROGRESS_HEAD_BYTES || value[0] !== PROGRESS_FORM) return undefined;
  const state = STATES[value[1]!];
  const frames = readFrames(value, PROGRESS_HEAD_BYTES);
  const [reason, ...reply] = frames ?? [];
  if (state === undefined || reason === undefined) return undefined;
  const replyBytes = value.readDoubleBE(14);
  const progress: RequestProgress = {
    state,
    attempts: value.readUInt32BE(2),
    at: value.readDoubleBE(6),
    ...(reason.length > 0 && { reason: frameText(reason) }),
    ...(replyBytes >= 0 && { replyBytes }),
  };
  return { progress, reply };
}

/** The names in a text that `settingText` made; `undefined` when they are none. */
export function readSettingText(text: string): SettingKey | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const found: Frame[] = [];
  let at = 0;
  while (at < bytes.length && found.length < 3) {
    const end = at + 1 + bytes[at]!;
    if (bytes[at]! > MAX_NAME_BYTES || end > bytes.length) return undefined;
    found.push(bytes.subarray(at + 1, end));
    at = end;
  }
  const [service, section, key] = found;
  if (service === undefined || section === undefined || key === undefined || at < bytes.length)
    return undefined;
  return { service, section, key };
}

/** Pieces for a head, still empty, and frames; the small ones of the beginning are in one piece with the head. */
function room(headBytes: number, frames: Frames): { head: Buffer; pieces: Uint8Array[] } {
  let bytes = headBytes;
  let copied = 0;
  for (const { length } of frames) {
    if (length > COPIED_BYTES) break;
    bytes += LENGTH_BYTES + length;
    copied++;
  }
  const head = Buffer.allocUnsafe(bytes);
  let at = headBytes;
  for (let index = 0; index < copied; index++) {
    const frame = frames[index]!;
    at = head.writeUInt32BE(frame.length, at);
    head.set(frame, at);
    at += frame.length;
  }
  const pieces: Uint8Array[] = [head];
  for (const frame of frames.slice(copied)) {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(frame.length);
    pieces.push(length, frame);
  }
  return { head, pieces };
}

function readFrames(value: Buffer, from: number): Frame[] | undefined {
  const frames: Frame[] = [];
  for (let at = from; at < value.length;) {
    if (at + LENGTH_BYTES > value.length) return undefined;
    const end = at + LENGTH_BYTES + value.readUInt32BE(at);
    if (end > value.length) return undefined;
    frames.push(asBuffer(value.subarray(at + LENGTH_BYTES, end)));
    at = end;
  }
  return frames;
}
