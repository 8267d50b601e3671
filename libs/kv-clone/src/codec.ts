import { asBuffer, EMPTY_FRAME, frameKey, textFrame, type Frame, type Frames } from '@raspy/wire';

/**
 * Which of the two wires a socket speaks: `chp`, the five frames of RFC 12 (key, sequence, uuid, properties, body), or
 * `kvmsg`, the three of RasPy's manual (key, sequence, body). They are never mixed on one socket (PROTOCOLS §9).
 */
export type KvWire = 'chp' | 'kvmsg';

/** Why a message is none of the protocol. */
export type KvMalformed =
  /** Another number of frames than the wire, or the verb, has. */
  | 'frame-count'
  /** A sequence that is not 8 bytes. */
  | 'sequence'
  /** A uuid that has neither 16 bytes nor none. */
  | 'uuid'
  /** The first frame is no verb of the socket. */
  | 'verb'
  /** An epoch, count, request number or status of another form. */
  | 'field';

/** A message that is none of the protocol. */
export interface Malformed {
  readonly type: 'malformed';
  readonly reason: KvMalformed;
}

/** An update as it travels, in both directions. An empty body deletes. */
export interface KvUpdateMessage {
  readonly type: 'update';
  readonly key: Frame;
  readonly seq: bigint;
  /** 16 bytes or none; none on the wire `kvmsg`. */
  readonly uuid: Frame;
  /** `name=value` lines; none on the wire `kvmsg`. */
  readonly properties: Frame;
  readonly body: Frame;
}

/** What a publisher sends. `seq` of a HUGZ is 0 on the wire `chp`, where it tells nothing. */
export type PublishedMessage = KvUpdateMessage | { readonly type: 'hugz'; readonly seq: bigint } | Malformed;

/** What a client asks at a snapshot socket; STATE?, COUNT? and SETIF? are additions of RasPy's (docs/protocols/kv.md). */
export type SnapshotRequest =
  | { readonly type: 'icanhaz'; readonly subtree: Frame }
  | { readonly type: 'state' }
  | { readonly type: 'count'; readonly subtree: Frame; readonly from: bigint }
  | {
      readonly type: 'setif';
      /** 8 bytes of the client's choice, which the answer repeats. */
      readonly request: Frame;
      readonly key: Frame;
      /** The sequence that the entry must have; 0 for a key that must be absent. */
      readonly expected: bigint;
      readonly properties: Frame;
      readonly body: Frame;
    }
  | Malformed;

/** Whether a conditional update was made. */
export type SetIfCode =
  /** It was; `seq` is the update's. */
  | '200'
  /** Against the limits of the server; `reason` tells which. */
  | '400'
  /** The entry has another sequence, `seq`; 0 when it is absent. */
  | '409';

/** What a snapshot socket answers. */
export type SnapshotReply =
  | { readonly type: 'item'; readonly key: Frame; readonly seq: bigint; readonly body: Frame }
  | { readonly type: 'end'; readonly seq: bigint; readonly subtree: Frame }
  | { readonly type: 'state'; readonly epoch: Frame; readonly seq: bigint }
  | {
      readonly type: 'count';
      readonly subtree: Frame;
      readonly from: bigint;
      readonly to: bigint;
      /** Updates under the subtree in (from, to]; `undefined` when the server no longer knows. */
      readonly count: number | undefined;
    }
  | {
      readonly type: 'setif';
      readonly request: Frame;
      readonly code: SetIfCode;
      readonly seq: bigint;
      readonly reason: string;
    }
  | Malformed;

const ICANHAZ = textFrame('ICANHAZ?');
const KTHXBAI = textFrame('KTHXBAI');
/** The first frame of a keep-alive; subscribe to it beside the subtree. */
export const HUGZ = textFrame('HUGZ');
const STATE_REQUEST = textFrame('STATE?');
const STATE_REPLY = textFrame('STATE!');
const COUNT_REQUEST = textFrame('COUNT?');
const COUNT_REPLY = textFrame('COUNT!');
const SETIF_REQUEST = textFrame('SETIF?');
const SETIF_REPLY = textFrame('SETIF!');
const CODES: Readonly<Record<SetIfCode, Frame>> = {
  '200': textFrame('200'),
  '400': textFrame('400'),
  '409': textFrame('409'),
};
const ZERO_SEQUENCE: Frame = Buffer.alloc(8);
/** First frames with a meaning of their own: no key may be one. */
const RESERVED: ReadonlySet<string> = new Set(['KTHXBAI', 'HUGZ', 'ICANHAZ?']);

const malformed = (reason: KvMalformed): Malformed => ({ type: 'malformed', reason });

/** Whether a key is one of KTHXBAI, HUGZ and ICANHAZ?, which would end snapshots early or pass for a keep-alive (D28). */
export function isReservedKey(key: Frame): boolean {
  return key.length <= 8 && RESERVED.has(frameKey(key));
}

/** 8 bytes in network order. @param seq - 0 to 2^64 - 1 */
export function sequenceFrame(seq: number | bigint): Frame {
  const frame = Buffer.allocUnsafe(8);
  if (typeof seq === 'bigint') frame.writeBigUInt64BE(seq);
  else {
    frame.writeUInt32BE(Math.floor(seq / 0x1_0000_0000), 0);
    frame.writeUInt32BE(seq % 0x1_0000_0000, 4);
  }
  return frame;
}

function readSequence(frame: Frame): bigint {
  return asBuffer(frame).readBigUInt64BE();
}

/** An update, towards the collector (its sequence is 0 then) or from the publisher. */
export function encodeUpdate(
  wire: KvWire,
  key: Frame,
  seq: Frame,
  body: Frame,
  uuid: Frame = EMPTY_FRAME,
  properties: Frame = EMPTY_FRAME,
): Frames {
  return wire === 'chp' ? [key, seq, uuid, properties, body] : [key, seq, body];
}

/** An update towards the collector, which ignores the sequence. */
export function encodeCollected(
  wire: KvWire,
  key: Frame,
  body: Frame,
  uuid?: Frame,
  properties?: Frame,
): Frames {
  return encodeUpdate(wire, key, ZERO_SEQUENCE, body, uuid, properties);
}

/** A keep-alive. On the wire `chp` its sequence is 0, as RFC 12 has it. */
export function encodeHugz(wire: KvWire, seq: number | bigint): Frames {
  return encodeUpdate(wire, HUGZ, wire === 'chp' ? ZERO_SEQUENCE : sequenceFrame(seq), EMPTY_FRAME);
}

/** ICANHAZ?, without a delimiter in front. */
export function encodeSnapshotRequest(subtree: Frame): Frames {
  return [ICANHAZ, subtree];
}

/** The end of a snapshot, which is the state at `seq`. */
export function encodeSnapshotEnd(wire: KvWire, seq: number | bigint, subtree: Frame): Frames {
  return encodeUpdate(wire, KTHXBAI, sequenceFrame(seq), subtree);
}

/** Asks which run of the server this is. */
export function encodeStateRequest(): Frames {
  return [STATE_REQUEST];
}

/** Entries with a sequence up to `seq` came from disk and are stale until an update. @param epoch - 16 bytes, fresh in each run */
export function encodeStateReply(epoch: Frame, seq: number | bigint): Frames {
  return [STATE_REPLY, epoch, sequenceFrame(seq)];
}

/** Asks how many updates there were under the subtree after `from`. */
export function encodeCountRequest(subtree: Frame, from: number | bigint): Frames {
  return [COUNT_REQUEST, subtree, sequenceFrame(from)];
}

/** @param count - updates in (from, to]; `undefined` when they lie too far back */
export function encodeCountReply(
  subtree: Frame,
  from: number | bigint,
  to: number | bigint,
  count: number | undefined,
): Frames {
  const told = count === undefined ? EMPTY_FRAME : sequenceFrame(count);
  return [COUNT_REPLY, subtree, sequenceFrame(from), sequenceFrame(to), told];
}

/** Asks for an update on condition that the entry still has the sequence `expected`; 0: that it is absent. */
export function encodeSetIfRequest(
  request: Frame,
  key: Frame,
  expected: number | bigint,
  body: Frame,
  properties: Frame = EMPTY_FRAME,
): Frames {
  return [SETIF_REQUEST, request, key, sequenceFrame(expected), properties, body];
}

/** The answer to a conditional update. */
export function encodeSetIfReply(request: Frame, code: SetIfCode, seq: number | bigint, reason = ''): Frames {
  return [SETIF_REPLY, request, CODES[code], sequenceFrame(seq), textFrame(reason)];
}

/**
 * Reads what came to a collector.
 * @param legacy4 - takes three frames with a sequence of 4 bytes too, as the original packed them (D1); its value means
 * nothing here
 */
export function decodeCollected(wire: KvWire, frames: Frames, legacy4 = false): KvUpdateMessage | Malformed {
  if (frames.length !== (wire === 'chp' ? 5 : 3)) return malformed('frame-count');
  const seq = frames[1]!;
  const isLegacy = legacy4 && wire === 'kvmsg' && seq.length === 4;
  if (seq.length !== 8 && !isLegacy) return malformed('sequence');
  if (wire === 'kvmsg') return updateOf(frames[0]!, 0n, EMPTY_FRAME, EMPTY_FRAME, frames[2]!);
  if (frames[2]!.length !== 0 && frames[2]!.length !== 16) return malformed('uuid');
  return updateOf(frames[0]!, 0n, frames[2]!, frames[3]!, frames[4]!);
}

/** Reads what came from a publisher. */
export function decodePublished(wire: KvWire, frames: Frames): PublishedMessage {
  if (frames.length !== (wire === 'chp' ? 5 : 3)) return malformed('frame-count');
  if (frames[1]!.length !== 8) return malformed('sequence');
  const key = frames[0]!;
  const seq = readSequence(frames[1]!);
  if (is(key, HUGZ)) return { type: 'hugz', seq };
  if (wire === 'kvmsg') return updateOf(key, seq, EMPTY_FRAME, EMPTY_FRAME, frames[2]!);
  if (frames[2]!.length !== 0 && frames[2]!.length !== 16) return malformed('uuid');
  return updateOf(key, seq, frames[2]!, frames[3]!, frames[4]!);
}

/** Reads what came to a snapshot socket, without the routing id. The verbs are the same on both wires. */
export function decodeSnapshotRequest(frames: Frames): SnapshotRequest {
  const [verb] = frames;
  if (verb === undefined) return malformed('frame-count');
  if (is(verb, ICANHAZ)) {
    return frames.length === 2 ? { type: 'icanhaz', subtree: frames[1]! } : malformed('frame-count');
  }
  if (is(verb, STATE_REQUEST)) return frames.length === 1 ? { type: 'state' } : malformed('frame-count');
  if (is(verb, COUNT_REQUEST)) {
    if (frames.length !== 3) return malformed('frame-count');
    if (frames[2]!.length !== 8) return malformed('sequence');
    return { type: 'count', subtree: frames[1]!, from: readSequence(frames[2]!) };
  }
  if (is(verb, SETIF_REQUEST)) {
    if (frames.length !== 6) return malformed('frame-count');
    const [, request, key, expected, properties, body] = frames as [Frame, Frame, Frame, Frame, Frame, Frame];
    if (request.length !== 8) return malformed('field');
    if (expected.length !== 8) return malformed('sequence');
    return { type: 'setif', request, key, expected: readSequence(expected), properties, body };
  }
  return malformed('verb');
}

/** Reads what came from a snapshot socket. */
export function decodeSnapshotReply(wire: KvWire, frames: Frames): SnapshotReply {
  const [head] = frames;
  if (head === undefined) return malformed('frame-count');
  if (is(head, STATE_REPLY)) return decodeState(frames);
  if (is(head, COUNT_REPLY)) return decodeCount(frames);
  if (is(head, SETIF_REPLY)) return decodeSetIf(frames);
  if (frames.length !== (wire === 'chp' ? 5 : 3)) return malformed('frame-count');
  if (frames[1]!.length !== 8) return malformed('sequence');
  const seq = readSequence(frames[1]!);
  const body = frames[frames.length - 1]!;
  // The guide's server sends KTHXBAI with an empty body: its content is not relied on.
  return is(head, KTHXBAI) ? { type: 'end', seq, subtree: body } : { type: 'item', key: head, seq, body };
}

function decodeState(frames: Frames): SnapshotReply {
  if (frames.length !== 3) return malformed('frame-count');
  if (frames[1]!.length !== 16) return malformed('field');
  if (frames[2]!.length !== 8) return malformed('sequence');
  return { type: 'state', epoch: frames[1]!, seq: readSequence(frames[2]!) };
}

function decodeCount(frames: Frames): SnapshotReply {
  if (frames.length !== 5) return malformed('frame-count');
  const [, subtree, from, to, count] = frames as [Frame, Frame, Frame, Frame, Frame];
  if (from.length !== 8 || to.length !== 8) return malformed('sequence');
  if (count.length !== 0 && count.length !== 8) return malformed('field');
  return {
    type: 'count',
    subtree,
    from: readSequence(from),
    to: readSequence(to),
    count: count.length === 0 ? undefined : Number(readSequence(count)),
  };
}

function decodeSetIf(frames: Frames): SnapshotReply {
  if (frames.length !== 5) return malformed('frame-count');
  const [, request, code, seq, reason] = frames as [Frame, Frame, Frame, Frame, Frame];
  const text = frameKey(code);
  if (request.length !== 8 || !Object.hasOwn(CODES, text)) return malformed('field');
  if (seq.length !== 8) return malformed('sequence');
  return {
    type: 'setif',
    request,
    code: text as SetIfCode,
    seq: readSequence(seq),
    reason: asBuffer(reason).toString('utf8'),
  };
}

function updateOf(key: Frame, seq: bigint, uuid: Frame, properties: Frame, body: Frame): KvUpdateMessage {
  return { type: 'update', key, seq, uuid, properties, body };
}

/** As `sameFrame`, but most first frames differ in length or first byte, and this is asked for every message. */
function is(frame: Frame, word: Frame): boolean {
  if (frame.length !== word.length || frame[0] !== word[0]) return false;
  for (let i = 1; i < word.length; i++) if (frame[i] !== word[i]) return false;
  return true;
}
