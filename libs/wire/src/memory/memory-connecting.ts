import type { Frames } from '../frames.js';
import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_SEND_QUEUE_MESSAGES,
  type ConnectingKind,
  type FrameSocketHandlers,
  type SocketOptions,
} from '../socket.js';
import { Lane, type BoundEnd, type ConnectingEnd, type Fabric, type MemoryLink } from './memory-link.js';

/** A dealer, a push or a subscriber in memory. */
export class MemoryConnecting implements ConnectingEnd {
  readonly #fabric: Fabric;
  readonly #options: SocketOptions;
  #handlers: FrameSocketHandlers | undefined;
  #bound: BoundEnd | undefined;
  #link: MemoryLink | undefined;
  /** Whether the consumer was told of the link; what it sends before waits. */
  #linkUp = false;
  #waiting: { readonly frames: Frames; readonly confirm: boolean }[] = [];
  #closed = false;

  constructor(
    fabric: Fabric,
    readonly kind: ConnectingKind,
    readonly endpoint: string,
    options: SocketOptions,
  ) {
    this.#fabric = fabric;
    this.#options = options;
  }

  get started(): boolean {
    return this.#handlers !== undefined && !this.#closed;
  }

  get queued(): number {
    return this.#waiting.length + (this.#link?.toBound.queued ?? 0);
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#handlers !== undefined) throw new Error('a socket is started once: it has one consumer');
    this.#handlers = handlers;
    this.#fabric.link(this);
  }

  send(frames: Frames, confirm = false): boolean {
    if (this.#closed || this.kind === 'sub') return false;
    const most = this.#options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    if (frames.some((frame) => frame.length > most)) return false;
    if (this.#linkUp) this.#transmit(frames, confirm);
    else if (this.#waiting.length < (this.#options.sendQueueMessages ?? DEFAULT_SEND_QUEUE_MESSAGES))
      this.#waiting.push({ frames, confirm });
    else return false;
    return true;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      // What was sent while the link stood still arrives, as bytes in a kernel's buffer would.
      this.#closed = true;
      if (this.#link !== undefined) this.#bound?.forget(this.#link);
      this.#fabric.forgetConnecting(this);
    }
    return Promise.resolve();
  }

  linkTo(bound: BoundEnd): void {
    if (this.#link !== undefined) return;
    const { routingId } = this.#options;
    const name = { kind: this.kind, endpoint: this.endpoint };
    const link: MemoryLink = {
      id: routingId === undefined ? this.#fabric.nextRoutingId() : Buffer.from(routingId),
      end: this,
      toBound: new Lane(this.#fabric, name, (frames) => bound.take(link, frames)),
      fromBound: new Lane(this.#fabric, name, (frames) => {
        if (!this.#closed) this.#handlers?.message(frames);
      }),
    };
    this.#bound = bound;
    this.#link = link;
    bound.meet(link);
    this.#fabric.soon(() => {
      if (this.#link !== link || this.#closed) return;
      this.#linkUp = true;
      this.#handlers?.link(true);
      for (const prefix of this.kind === 'sub' ? (this.#options.subscriptions ?? []) : [])
        link.toBound.sendSafely([Buffer.concat([Buffer.of(1), prefix])]);
      for (const { frames, confirm } of this.#waiting.splice(0)) this.#transmit(frames, confirm);
    });
  }

  unlink(drop: boolean): void {
    const link = this.#link;
    if (link === undefined) return;
    const told = this.#linkUp;
    this.#link = undefined;
    this.#linkUp = false;
    link.toBound.drop();
    if (drop) link.fromBound.drop();
    this.#bound?.forget(link);
    this.#fabric.soon(() => {
      if (told && !this.#closed) this.#handlers?.link(false);
    });
  }

  #transmit(frames: Frames, confirm: boolean): void {
    this.#link?.toBound.send(frames);
    if (!confirm) return;
    this.#fabric.soon(() => {
      if (!this.#closed) this.#handlers?.delivered?.(frames);
    });
  }
}
