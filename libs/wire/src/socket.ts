import type { Frame, Frames } from './frames.js';
import type { CurveClient, CurveServer } from './security.js';
import type { UndeliveredReason } from './machine.js';

/** The one consumer of a socket; {@link FrameSocket.start} takes it. None of its methods may throw. */
export interface FrameSocketHandlers {
  /**
   * One whole message; the frames are the consumer's to keep. A router's first frame is the peer's routing id. A
   * publisher gets one frame: 1 or 0, then the prefix that somebody subscribed to, or that nobody is subscribed to now.
   */
  message(frames: Frames): void;
  /** A message that {@link FrameSocket.send} took could not be handed on after all. */
  undelivered(frames: Frames, why: UndeliveredReason): void;
  /** A message that {@link FrameSocket.send} was asked to confirm was handed on to the transport, and all before it to that peer. */
  delivered?(frames: Frames): void;
  /** Connecting sockets only: the peer can be reached now (`true`), or no longer. Starts as not reachable. */
  link(up: boolean): void;
}

/** A message socket, whatever carries it. */
export interface FrameSocket {
  /** Where it is bound (a port given as 0 or `*` is resolved) or what it connects to. */
  readonly endpoint: string;
  /** Begins to receive; once only. Nothing is received, and nothing lost, before. */
  start(handlers: FrameSocketHandlers): void;
  /**
   * Hands a message over without waiting. Messages to one peer keep their order; a router routes by the first frame.
   * A publisher takes everything: whoever has subscribed to a prefix of the first frame gets it, but for those who have
   * `transportBufferMessages` unread; they lose it and nobody is told.
   *
   * @param confirm - whether `delivered` is to be called for it; dealers, pushes and routers only. Default false
   * @returns `false` when the send queue is full, the socket closed, or none that sends: the message was not taken
   */
  send(frames: Frames, confirm?: boolean): boolean;
  /** Messages taken by {@link FrameSocket.send} that have not been handed on yet. */
  readonly queued: number;
  /** Stops receiving, gives queued messages `lingerMs` to leave, and frees the socket. Never rejects. */
  close(): Promise<void>;
}

/** What a socket can be told; every member has a default. */
export interface SocketOptions {
  /** A frame above this many bytes ends the sender's connection. Default 64 MiB. */
  readonly maxFrameBytes?: number;
  /** Messages that wait, for each peer, behind the transport's own buffer; the next is refused. Default 1,000. */
  readonly sendQueueMessages?: number;
  /** Bytes that wait likewise; the message that crosses the line is the last one taken. Default 64 MiB. */
  readonly sendQueueBytes?: number;
  /** Routers: bytes that wait for all peers together; beyond, peers that do not read lose what is new. Default 256 MiB. */
  readonly sendQueueTotalBytes?: number;
  /**
   * Messages in the transport's own buffer, for each peer and direction (high-water mark); a publisher drops what is beyond.
   * Default 1,000.
   */
  readonly transportBufferMessages?: number;
  /** How long {@link FrameSocket.close} lets messages leave. Default 0: what is not sent is dropped. */
  readonly lingerMs?: number;
  /** A routing id that the peer's router shows instead of a random one; 1 to 255 bytes of text, not starting with NUL. */
  readonly routingId?: string;
  /** Connecting sockets: ping the peer's transport, so that a link that died silently is noticed. Default: every 3,500 ms, 17,500 ms. */
  readonly transportHeartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
  /** Connecting sockets: pause between attempts to connect, doubled from `minMs` up to `maxMs`. Default 100 and 2,000 ms. */
  readonly reconnect?: { readonly minMs: number; readonly maxMs: number };
  /** Subscribers: prefixes of the first frame of what they want. Default: nothing. */
  readonly subscriptions?: readonly Frame[];
  /**
   * Publishers and routers: a peer whose connection takes no byte for so long is disconnected, and what waits for it is freed.
   * Default: left to the system. Where the system cannot do it (other than Linux), it has no effect.
   */
  readonly stalledPeerMs?: number;
  /** CURVE keys. Default: none, plain text; then bind to loopback only. */
  readonly security?: CurveServer | CurveClient;
}

/** Sockets that connect: request and reply; one-way to a pull; what a publisher has to tell. */
export type ConnectingKind = 'dealer' | 'push' | 'sub';
/** Sockets that are bound, one for each {@link ConnectingKind}. */
export type BoundKind = 'router' | 'pull' | 'pub';

/** What carries messages: `zeromqTransport()`, or a `MemoryNetwork` in tests. */
export interface Transport {
  /** A socket that connects by itself, as often as it must. A connection is only written to once it stands. */
  connect(kind: ConnectingKind, endpoint: string, options?: SocketOptions): FrameSocket;
  /**
   * A bound socket. A router tells `undelivered` of messages to unknown peers; the newer of two peers with one routing id wins.
   * @throws {@link BindError} (rejects) when the endpoint is in use, not of this machine, or malformed
   */
  bind(kind: BoundKind, endpoint: string, options?: SocketOptions): Promise<FrameSocket>;
}

export const DEFAULT_MAX_FRAME_BYTES = 64 * 1024 * 1024;
export const DEFAULT_SEND_QUEUE_MESSAGES = 1_000;
export const DEFAULT_SEND_QUEUE_BYTES = 64 * 1024 * 1024;
export const DEFAULT_SEND_QUEUE_TOTAL_BYTES = 256 * 1024 * 1024;
