import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { Frame, Frames } from '../frames.js';
import type { BoundKind, ConnectingKind, FrameSocket } from '../socket.js';

/** A link between sockets in memory, as tests name it. */
export interface MemoryLinkName {
  /** The kind of the socket that connects. */
  readonly kind: ConnectingKind;
  readonly endpoint: string;
}

/** What the sockets of a `MemoryNetwork` need of it. */
export interface Fabric {
  readonly clock: Clock;
  /** Messages under way to one peer of a router, beyond which a send to it waits. */
  readonly peerBuffer: number;
  /** Joins a connecting socket that was started with its bound one, if there is one. */
  link(end: ConnectingEnd): void;
  boundStarted(end: BoundEnd): void;
  forgetBound(end: BoundEnd): void;
  forgetConnecting(end: ConnectingEnd): void;
  nextRoutingId(): Frame;
  /** When a message sent now is received, not before `after`. */
  deliverAt(after: Millis): Millis;
  loses(frames: Frames, link: MemoryLinkName): boolean;
  /** Runs `call` at once, but not within the call that asks for it. */
  soon(call: () => void): void;
}

/** A connecting socket as the network and the other end see it. */
export interface ConnectingEnd extends FrameSocket {
  readonly kind: ConnectingKind;
  readonly started: boolean;
  linkTo(end: BoundEnd): void;
  /** Takes the link down. @param drop - whether what is under way to this socket is lost as well */
  unlink(drop: boolean): void;
}

/** A bound socket as the network and the other end see it. */
export interface BoundEnd extends FrameSocket {
  readonly kind: BoundKind;
  readonly started: boolean;
  meet(link: MemoryLink): void;
  forget(link: MemoryLink): void;
  take(link: MemoryLink, frames: Frames): void;
}

/** A link that stands. */
export interface MemoryLink {
  readonly id: Frame;
  readonly end: ConnectingEnd;
  readonly toBound: Lane;
  readonly fromBound: Lane;
}

/** One direction of a link: ordered, delayed, revocable. */
export class Lane {
  /** Called after each message that was received. */
  onReceived: (() => void) | undefined;
  #last: Millis = 0;
  readonly #pending = new Set<Cancel>();

  constructor(
    private readonly fabric: Fabric,
    private readonly name: MemoryLinkName,
    private readonly deliver: (frames: Frames) => void,
  ) {}

  get queued(): number {
    return this.#pending.size;
  }

  send(frames: Frames): void {
    if (!this.fabric.loses(frames, this.name)) this.sendSafely(frames);
  }

  /** What no test loses: the transport's own words. */
  sendSafely(frames: Frames): void {
    this.#last = this.fabric.deliverAt(this.#last);
    const cancel = this.fabric.clock.schedule(this.#last, () => {
      this.#pending.delete(cancel);
      this.deliver(frames);
      this.onReceived?.();
    });
    this.#pending.add(cancel);
  }

  drop(): void {
    for (const cancel of this.#pending) cancel();
    this.#pending.clear();
  }
}
