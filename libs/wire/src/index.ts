/**
 * Multipart frames, sockets with bounded queues and back-pressure, and the loop that drives protocol machines.
 * @packageDocumentation
 */
export { asBuffer, EMPTY_FRAME, frameKey, framesBytes, frameText, sameFrame, textFrame } from './frames.js';
export { BindError, SocketOptionError } from './errors.js';
export { defaultTransport } from './default-transport.js';
export { drive } from './drive.js';
export { DropCounter } from './drop-counter.js';
export { dumpFrames } from './dump.js';
export { createPipe } from './memory/pipe.js';
export { curveKeyPair, zeromqTransport } from './zeromq/zeromq-transport.js';
export { isCurveKey } from './security.js';
export { OptionCheck, OptionError } from './option-check.js';
export { peerText, randomRoutingId } from './routing-id.js';
export type { CurveClient, CurveKeyPair, CurveServer } from './security.js';
export type { DriveOptions, Driven } from './drive.js';
export type { DropReport } from './drop-counter.js';
export type { Effect, Machine, UndeliveredReason } from './machine.js';
export type { Frame, Frames } from './frames.js';
export type {
  BoundKind,
  ConnectingKind,
  FrameSocket,
  FrameSocketHandlers,
  SocketOptions,
  Transport,
} from './socket.js';
export type { ZeromqTransportOptions } from './zeromq/zeromq-transport.js';
