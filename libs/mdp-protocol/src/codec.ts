/**
 * Majordomo 0.1 (RFC 7) and 0.2 (RFC 18) between frames and message unions (PROTOCOLS §1.1 to §3).
 *
 * Decoders are total: every sequence of frames has an answer, malformed ones too. Bodies pass by reference, unread.
 */
import { EMPTY_FRAME, type Frame, type Frames } from '@raspy/wire';

/** `1` is MDP 0.1, `2` is MDP 0.2. */
export type MdpVersion = 1 | 2;

/** Names longer than this many bytes are refused. */
export const MAX_SERVICE_BYTES = 4_096;
/** A client may put so many correlation frames in front of its delimiter (PROTOCOLS §1.1). */
export const MAX_ENVELOPE_FRAMES = 8;
export const MAX_ENVELOPE_FRAME_BYTES = 255;
/** What our broker shows a worker as client address: that many unguessable bytes, fresh for each attempt. */
export const TOKEN_BYTES = 16;

const C01 = Buffer.from('MDPC01');
const C02 = Buffer.from('MDPC02');
const W01 = Buffer.from('MDPW01');
const W02 = Buffer.from('MDPW02');

const READY = Buffer.of(1);
const REQUEST = Buffer.of(2);
const REPLY_1 = Buffer.of(3);
const HEARTBEAT_1 = Buffer.of(4);
const DISCONNECT_1 = Buffer.of(5);
const PARTIAL_2 = Buffer.of(3);
const FINAL_2 = Buffer.of(4);
const HEARTBEAT_2 = Buffer.of(5);
const DISCONNECT_2 = Buffer.of(6);
const C_REQUEST_2 = Buffer.of(1);
const C_PARTIAL_2 = Buffer.of(2);
const C_FINAL_2 = Buffer.of(3);

/** Why a message could not be read. */
export type MalformedReason =
  | 'too-short'
  | 'unknown-header'
  | 'bad-envelope'
  | 'bad-command'
  | 'no-body'
  | 'bad-service'
  | 'no-delimiter'
  | 'extra-frames';

/** A message that is none; from a known worker's side of the protocol, that worker's version is told. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly reason: MalformedReason;
  /** Set when the header was a worker's: a registered worker that sends this is invalid from now on. */
  readonly workerVersion?: MdpVersion;
}

/** What a broker reads at its ROUTER. */
export type ToBroker =
  | {
      readonly kind: 'client-request';
      readonly version: MdpVersion;
      /** Correlation frames of the client, to be echoed; mostly none. */
      readonly envelope: Frames;
      readonly service: Frame;
      /** One frame at least. */
      readonly body: Frames;
    }
  | { readonly kind: 'ready'; readonly version: MdpVersion; readonly service: Frame }
  | {
      /** `final` is REPLY in 0.1 and FINAL in 0.2; `partial` is 0.2 only. */
      readonly kind: 'final' | 'partial';
      readonly version: MdpVersion;
      /** The client address that the broker gave with the request. */
      readonly address: Frame;
      readonly body: Frames;
    }
  | { readonly kind: 'heartbeat'; readonly version: MdpVersion }
  | {
      readonly kind: 'disconnect';
      readonly version: MdpVersion;
      /** Our workers' parting word: the address of the last request that reached them. Others append what they like. */
      readonly lastAddress: Frame | undefined;
    }
  /** A worker command that only a broker sends. */
  | { readonly kind: 'unexpected-request'; readonly version: MdpVersion }
  | Malformed;

/** What a worker reads from its broker. */
export type ToWorker =
  | { readonly kind: 'request'; readonly address: Frame; readonly body: Frames }
  | { readonly kind: 'heartbeat' | 'disconnect' }
  | Malformed;

/** What a client reads from its broker. */
export type ToClient =
  | {
      /** `final` is REPLY in 0.1 and FINAL in 0.2; `partial` is 0.2 only. */
      readonly kind: 'final' | 'partial';
      readonly version: MdpVersion;
      readonly envelope: Frames;
      readonly service: Frame;
      readonly body: Frames;
    }
  | Malformed;

const NO_ENVELOPE: Frames = [];

function malformed(reason: MalformedReason, workerVersion?: MdpVersion): Malformed {
  return workerVersion === undefined
    ? { kind: 'malformed', reason }
    : { kind: 'malformed', reason, workerVersion };
}

const enum Header {
  None,
  Client1,
  Client2,
  Worker1,
  Worker2,
}

/** `MDPC01` and its three kin, by bytes. */
function headerOf(frame: Frame | undefined): Header {
  if (frame?.length !== 6) return Header.None;
  if (frame[0] !== 0x4d || frame[1] !== 0x44 || frame[2] !== 0x50 || frame[4] !== 0x30) return Header.None;
  const second = frame[5] === 0x32;
  if (!second && frame[5] !== 0x31) return Header.None;
  if (frame[3] === 0x43) return second ? Header.Client2 : Header.Client1;
  if (frame[3] === 0x57) return second ? Header.Worker2 : Header.Worker1;
  return Header.None;
}

/** The command byte of a frame, 0 when it is not one byte. */
function commandOf(frame: Frame | undefined): number {
  return frame?.length === 1 ? frame[0]! : 0;
}

/**
 * Reads what a peer sent to a broker.
 * @param frames - as a ROUTER gives them: the routing id first
 */
export function decodeToBroker(frames: Frames): ToBroker {
  if (frames.length < 3) return malformed('too-short');
  const first = frames[1]!;
  if (first.length > 0) {
    switch (headerOf(first)) {
      case Header.Client2:
        return decodeClientRequest2(frames, 1, NO_ENVELOPE);
      case Header.Worker2:
        return decodeWorker2(frames);
      default:
        return decodeEnveloped(frames);
    }
  }
  switch (headerOf(frames[2])) {
    case Header.Client1:
      return decodeClientRequest1(frames, 2, NO_ENVELOPE);
    case Header.Worker1:
      return decodeWorker1(frames);
    default:
      return malformed('unknown-header');
  }
}

/** Rule 4 of PROTOCOLS §1.1: correlation frames, delimiter, then a client's header of either version. */
function decodeEnveloped(frames: Frames): ToBroker {
  const end = Math.min(frames.length, MAX_ENVELOPE_FRAMES + 2);
  let delimiter = 1;
  while (delimiter < end && frames[delimiter]!.length > 0) {
    if (frames[delimiter]!.length > MAX_ENVELOPE_FRAME_BYTES) return malformed('bad-envelope');
    delimiter++;
  }
  if (delimiter === end) return malformed(frames.length > end ? 'bad-envelope' : 'unknown-header');
  const envelope = frames.slice(1, delimiter);
  switch (headerOf(frames[delimiter + 1])) {
    case Header.Client1:
      return decodeClientRequest1(frames, delimiter + 1, envelope);
    case Header.Client2:
      return decodeClientRequest2(frames, delimiter + 1, envelope);
    default:
      return malformed('unknown-header');
  }
}

function decodeClientRequest1(frames: Frames, header: number, envelope: Frames): ToBroker {
  return clientRequest(1, frames, header + 1, envelope);
}

function decodeClientRequest2(frames: Frames, header: number, envelope: Frames): ToBroker {
  if (commandOf(frames[header + 1]) !== 1) return malformed('bad-command');
  return clientRequest(2, frames, header + 2, envelope);
}

function clientRequest(version: MdpVersion, frames: Frames, at: number, envelope: Frames): ToBroker {
  if (frames.length < at + 2) return malformed('no-body');
  const service = frames[at]!;
  if (service.length === 0 || service.length > MAX_SERVICE_BYTES) return malformed('bad-service');
  return { kind: 'client-request', version, envelope, service, body: frames.slice(at + 1) };
}

function decodeWorker1(frames: Frames): ToBroker {
  switch (commandOf(frames[3])) {
    case 1:
      return decodeReady(frames, 4, 1);
    case 2:
      return { kind: 'unexpected-request', version: 1 };
    case 3:
      return decodeWorkerReply('final', frames, 4, 1);
    case 4:
      return { kind: 'heartbeat', version: 1 };
    case 5:
      return { kind: 'disconnect', version: 1, lastAddress: frames[4] };
    default:
      return malformed('bad-command', 1);
  }
}

function decodeWorker2(frames: Frames): ToBroker {
  switch (commandOf(frames[2])) {
    case 1:
      return decodeReady(frames, 3, 2);
    case 2:
      return { kind: 'unexpected-request', version: 2 };
    case 3:
      return decodeWorkerReply('partial', frames, 3, 2);
    case 4:
      return decodeWorkerReply('final', frames, 3, 2);
    case 5:
      return { kind: 'heartbeat', version: 2 };
    case 6:
      return { kind: 'disconnect', version: 2, lastAddress: frames[3] };
    default:
      return malformed('bad-command', 2);
  }
}

function decodeReady(frames: Frames, at: number, version: MdpVersion): ToBroker {
  if (frames.length < at + 1) return malformed('too-short', version);
  if (frames.length > at + 1) return malformed('extra-frames', version);
  return { kind: 'ready', version, service: frames[at]! };
}

function decodeWorkerReply(
  kind: 'final' | 'partial',
  frames: Frames,
  at: number,
  version: MdpVersion,
): ToBroker {
  if (frames.length < at + 2) return malformed('too-short', version);
  if (frames[at + 1]!.length > 0) return malformed('no-delimiter', version);
  if (frames.length < at + 3) return malformed('no-body', version);
  return { kind, version, address: frames[at]!, body: frames.slice(at + 2) };
}

/** Reads what a broker sent to a worker that speaks `version`; a DEALER's frames, without routing id. */
export function decodeToWorker(frames: Frames, version: MdpVersion): ToWorker {
  const at = version === 1 ? 1 : 0;
  if (frames.length < at + 2) return malformed('too-short');
  if (version === 1 && frames[0]!.length > 0) return malformed('no-delimiter');
  if (headerOf(frames[at]) !== (version === 1 ? Header.Worker1 : Header.Worker2)) {
    return malformed('unknown-header');
  }
  const command = commandOf(frames[at + 1]);
  if (command === 2) {
    if (frames.length < at + 4) return malformed('too-short');
    if (frames[at + 3]!.length > 0) return malformed('no-delimiter');
    if (frames.length < at + 5) return malformed('no-body');
    return { kind: 'request', address: frames[at + 2]!, body: frames.slice(at + 4) };
  }
  if (command === (version === 1 ? 4 : 5)) return { kind: 'heartbeat' };
  if (command === (version === 1 ? 5 : 6)) return { kind: 'disconnect' };
  return malformed('bad-command');
}

/** Reads what a broker sent to a client; a DEALER's frames, of either version, with or without envelope. */
export function decodeToClient(frames: Frames): ToClient {
  if (frames.length === 0) return malformed('too-short');
  if (headerOf(frames[0]) === Header.Client2) return decodeReply2(frames, 0, NO_ENVELOPE);
  let delimiter = 0;
  while (delimiter < frames.length && frames[delimiter]!.length > 0) {
    if (delimiter >= MAX_ENVELOPE_FRAMES) return malformed('bad-envelope');
    delimiter++;
  }
  const envelope = delimiter === 0 ? NO_ENVELOPE : frames.slice(0, delimiter);
  switch (headerOf(frames[delimiter + 1])) {
    case Header.Client1:
      return reply('final', 1, frames, delimiter + 2, envelope);
    case Header.Client2:
      // Behind an envelope only: bare 0.2 has no delimiter.
      return delimiter === 0 ? malformed('unknown-header') : decodeReply2(frames, delimiter + 1, envelope);
    default:
      return malformed('unknown-header');
  }
}

function decodeReply2(frames: Frames, header: number, envelope: Frames): ToClient {
  switch (commandOf(frames[header + 1])) {
    case 2:
      return reply('partial', 2, frames, header + 2, envelope);
    case 3:
      return reply('final', 2, frames, header + 2, envelope);
    default:
      return malformed('bad-command');
  }
}

function reply(
  kind: 'final' | 'partial',
  version: MdpVersion,
  frames: Frames,
  at: number,
  envelope: Frames,
): ToClient {
  if (frames.length < at + 2) return malformed('no-body');
  return { kind, version, envelope, service: frames[at]!, body: frames.slice(at + 1) };
}

/** REQUEST from a client. Version 2 takes its delimiter only behind an envelope. */
export function encodeClientRequest(
  version: MdpVersion,
  envelope: Frames,
  service: Frame,
  body: Frames,
): Frames {
  if (version === 1) return [...envelope, EMPTY_FRAME, C01, service, ...body];
  return envelope.length === 0
    ? [C02, C_REQUEST_2, service, ...body]
    : [...envelope, EMPTY_FRAME, C02, C_REQUEST_2, service, ...body];
}

/** What a broker sends to a client at its ROUTER: REPLY, or PARTIAL and FINAL (0.2). `partial` is 0.2 only. */
export function encodeToClient(
  kind: 'final' | 'partial',
  version: MdpVersion,
  client: Frame,
  envelope: Frames,
  service: Frame,
  body: Frames,
): Frames {
  if (version === 1) {
    return envelope.length === 0
      ? [client, EMPTY_FRAME, C01, service, ...body]
      : [client, ...envelope, EMPTY_FRAME, C01, service, ...body];
  }
  const command = kind === 'final' ? C_FINAL_2 : C_PARTIAL_2;
  return envelope.length === 0
    ? [client, C02, command, service, ...body]
    : [client, ...envelope, EMPTY_FRAME, C02, command, service, ...body];
}

/** REQUEST from a broker to a worker, at its ROUTER. */
export function encodeWorkerRequest(
  version: MdpVersion,
  worker: Frame,
  address: Frame,
  body: Frames,
): Frames {
  return version === 1
    ? [worker, EMPTY_FRAME, W01, REQUEST, address, EMPTY_FRAME, ...body]
    : [worker, W02, REQUEST, address, EMPTY_FRAME, ...body];
}

/** HEARTBEAT or DISCONNECT. @param worker - routing id for a broker's ROUTER; left out by a worker */
export function encodeSignal(
  signal: 'heartbeat' | 'disconnect',
  version: MdpVersion,
  worker?: Frame,
): Frames {
  const head = worker === undefined ? [] : [worker];
  if (version === 1) return [...head, EMPTY_FRAME, W01, signal === 'heartbeat' ? HEARTBEAT_1 : DISCONNECT_1];
  return [...head, W02, signal === 'heartbeat' ? HEARTBEAT_2 : DISCONNECT_2];
}

/**
 * DISCONNECT of a worker that ends in good order. Towards a broker that gives tokens for addresses it names the last one
 * that arrived (trailing frames are ignored by whoever does not know them, PROTOCOLS §3): a request that crossed this
 * message was then never begun, and may go to another worker.
 */
export function encodeParting(version: MdpVersion, lastAddress: Frame | undefined): Frames {
  const plain = encodeSignal('disconnect', version);
  return lastAddress?.length === TOKEN_BYTES ? [...plain, lastAddress] : plain;
}

/** READY from a worker. */
export function encodeReady(version: MdpVersion, service: Frame): Frames {
  return version === 1 ? [EMPTY_FRAME, W01, READY, service] : [W02, READY, service];
}

/** REPLY, or PARTIAL and FINAL (0.2), from a worker. `partial` is 0.2 only. */
export function encodeWorkerReply(
  kind: 'final' | 'partial',
  version: MdpVersion,
  address: Frame,
  body: Frames,
): Frames {
  if (version === 1) return [EMPTY_FRAME, W01, REPLY_1, address, EMPTY_FRAME, ...body];
  return [W02, kind === 'final' ? FINAL_2 : PARTIAL_2, address, EMPTY_FRAME, ...body];
}

/** A command that a broker sent to a worker. */
export type WorkerCommand =
  | { readonly kind: 'request'; readonly address: Frame }
  | { readonly kind: 'heartbeat' | 'disconnect' };

/**
 * What a broker encoded for a worker, read back from its own frames, which begin with the routing id.
 * @returns `undefined` when they were for a client
 */
export function readWorkerCommand(frames: Frames): WorkerCommand | undefined {
  const second = frames[1]?.length !== 0;
  if (headerOf(frames[second ? 1 : 2]) !== (second ? Header.Worker2 : Header.Worker1)) return undefined;
  const at = second ? 2 : 3;
  const command = commandOf(frames[at]);
  if (command === 2) return { kind: 'request', address: frames[at + 1]! };
  return { kind: command === (second ? 5 : 4) ? 'heartbeat' : 'disconnect' };
}
