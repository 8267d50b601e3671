import type { Clock, Millis } from '@raspy/clock';
import type * as zmq from 'zeromq';
import type { UndeliveredReason } from '../machine.js';
import { frameKey, type Frame, type Frames } from '../frames.js';
import { MessageQueue } from '../queue.js';
import {
  DEFAULT_SEND_QUEUE_BYTES,
  DEFAULT_SEND_QUEUE_MESSAGES,
  DEFAULT_SEND_QUEUE_TOTAL_BYTES,
  type FrameSocket,
  type FrameSocketHandlers,
  type SocketOptions,
} from '../socket.js';
import { BlockedPeers, type BlockedPeer } from './blocked-peers.js';
import { receiveAll, watchLink, type NativeReader } from './native-loops.js';
import {
  PARTING_MS,
  RETRY_MAX_MS,
  RETRY_MIN_MS,
  SENDS_PER_TURN,
  TRANSIT_BYTES,
  TRANSIT_MESSAGES,
} from './pace.js';

interface ZeromqSocketInit {
  readonly native: zmq.Dealer | zmq.Router | zmq.Push;
  /** The same socket, where it is one that receives. */
  readonly reader?: NativeReader;
  readonly endpoint: string;
  readonly clock: Clock;
  readonly options: SocketOptions;
  /** Connecting sockets: called at the start, when the monitor stands. */
  readonly connect?: () => void;
  /** Called once the socket is closed. */
  readonly onClosed?: () => void;
}

/**
 * A libzmq socket that sends, behind a bounded queue: a dealer, a router or a push.
 *
 * The package allows one pending send; a send with `sendTimeout: 0` never pends, but tells its fate a microtask later.
 * So at most one is unsettled at a time (order is kept), what comes meanwhile is in transit until the turn ends, and what
 * libzmq refuses waits within the bounds of the options: a dealer's or push's behind one pending send, a router's per peer,
 * so that one that does not read delays nobody else.
 *
 * A connecting socket gives libzmq nothing before its connection stands. ZMQ_IMMEDIATE would say the same, but with it
 * libzmq 4.3.5 ends the process by an assertion when a connection breaks while messages are read, or its socket is closed.
 */
export class ZeromqSocket implements FrameSocket {
  readonly endpoint: string;
  readonly #native: zmq.Dealer | zmq.Router | zmq.Push;
  readonly #init: ZeromqSocketInit;
  readonly #transit = new MessageQueue();
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #blocked: BlockedPeers;
  /** Messages on their way whose sender wants to be told. */
  readonly #toConfirm = new Set<Frames>();
  readonly #isRouter: boolean;
  #handlers: FrameSocketHandlers | undefined;
  #closed = false;
  /** The message whose send has not been settled yet, and the blocked peer it was tried again for. */
  #unsettled: Frames | undefined;
  #unsettledPeer: string | undefined;
  #sendsThisTurn = 0;
  #resting = false;
  /** Whether libzmq may be given messages; a router's peers come and go, the one connection of others stands or does not. */
  #linkUp: boolean;
  /** Dealers and pushes: libzmq took nothing more, and one pending send waits until it does. */
  #waitingWritable = false;
  #retryMs: Millis = RETRY_MIN_MS;
  #cancelRetry: (() => void) | undefined;
  #whenDrained: (() => void) | undefined;

  constructor(init: ZeromqSocketInit) {
    this.#init = init;
    this.#native = init.native;
    this.endpoint = init.endpoint;
    this.#isRouter = init.connect === undefined;
    this.#linkUp = this.#isRouter;
    this.#maxMessages = init.options.sendQueueMessages ?? DEFAULT_SEND_QUEUE_MESSAGES;
    this.#maxBytes = init.options.sendQueueBytes ?? DEFAULT_SEND_QUEUE_BYTES;
    this.#blocked = new BlockedPeers({
      maxMessages: this.#maxMessages,
      maxBytes: this.#maxBytes,
      maxTotalBytes: init.options.sendQueueTotalBytes ?? DEFAULT_SEND_QUEUE_TOTAL_BYTES,
    });
  }

  get queued(): number {
    return this.#transit.length + (this.#unsettled === undefined ? 0 : 1) + this.#blocked.queued;
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#handlers !== undefined) throw new Error('a socket is started once: it has one consumer');
    this.#handlers = handlers;
    const isClosed = (): boolean => this.#closed;
    const { connect, reader } = this.#init;
    if (connect !== undefined) {
      const report = (up: boolean): void => {
        this.#linkUp = up;
        if (up && !this.#isBusy) this.#settle();
        if (!this.#closed) handlers.link(up);
      };
      void watchLink(this.#native.events, report, isClosed);
      connect();
    }
    if (reader === undefined) return;
    void receiveAll(
      reader,
      (frames) => {
        if (!this.#closed) handlers.message(frames);
      },
      isClosed,
    );
  }

  send(frames: Frames, confirm = false): boolean {
    if (this.#closed || !this.#take(frames)) return false;
    if (confirm) this.#toConfirm.add(frames);
    return true;
  }

  /** Takes a message in; none leaves before the turn ends. */
  #take(frames: Frames): boolean {
    if (this.#waitingWritable || !this.#linkUp) {
      return this.#transit.offer(frames, this.#maxMessages, this.#maxBytes);
    }
    const peer = this.#transit.length === 0 ? this.#blockedPeer(frames) : undefined;
    if (peer !== undefined) return this.#blocked.offer(peer, frames);
    const taken = this.#transit.offer(frames, TRANSIT_MESSAGES, TRANSIT_BYTES);
    if (!this.#isBusy) this.#restUntilTurnEnds();
    return taken;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const lingerMs = this.#init.options.lingerMs ?? 0;
    if (lingerMs > 0 && this.queued > 0) {
      await this.#drained(lingerMs);
      if (this.#isRouter) await this.#pause(Math.min(lingerMs, PARTING_MS));
    }
    this.#cancelRetry?.();
    this.#native.close();
    this.#init.onClosed?.();
  }

  #sendOrBlock(frames: Frames): boolean {
    const peer = this.#blockedPeer(frames);
    if (peer !== undefined) return this.#blocked.offer(peer, frames);
    this.#transmit(frames);
    return true;
  }

  #blockedPeer(frames: Frames): BlockedPeer | undefined {
    return this.#blocked.size === 0 ? undefined : this.#blocked.get(frameKey(frames[0] as Frame));
  }

  #transmit(frames: Frames, peer?: string): void {
    this.#unsettled = frames;
    this.#unsettledPeer = peer;
    this.#native.send(frames as Frame[]).then(this.#onSent, this.#onRefused);
  }

  readonly #onSent = (): void => {
    const key = this.#unsettledPeer;
    if (key !== undefined) {
      this.#retryMs = RETRY_MIN_MS;
      this.#blocked.shift(key);
    }
    this.#confirm();
    this.#settle();
  };

  readonly #onRefused = (error: { code?: string }): void => {
    const frames = this.#unsettled ?? [];
    const key = this.#unsettledPeer;
    if (error.code === 'EAGAIN' && !this.#isRouter && !this.#native.closed) {
      this.#waitWritable(frames);
      return;
    }
    if (error.code === 'EAGAIN' && this.#isRouter) {
      this.#block(key ?? frameKey(frames[0] as Frame), frames, key !== undefined);
      this.#settle();
      return;
    }
    // Unknown peer, or the socket was closed under it.
    const lost = key === undefined ? [frames] : this.#blocked.remove(key);
    // Still unsettled meanwhile: what the consumer sends in answer waits its turn, as this one has not ended yet.
    for (const message of lost) this.#lose(message, 'unreachable');
    this.#settle();
  };

  /** The unsettled message was taken by libzmq. Still unsettled meanwhile, for the same reason as one that was refused. */
  #confirm(): void {
    const frames = this.#unsettled;
    if (this.#toConfirm.size === 0 || frames === undefined) return;
    if (this.#toConfirm.delete(frames) && !this.#closed) this.#handlers?.delivered?.(frames);
  }

  #lose(frames: Frames, why: UndeliveredReason): void {
    this.#toConfirm.delete(frames);
    if (!this.#closed) this.#handlers?.undelivered(frames, why);
  }

  /** The one connection's buffer is full: one pending send waits until there is room. */
  #waitWritable(frames: Frames): void {
    this.#waitingWritable = true;
    this.#native.sendTimeout = -1;
    this.#native.send(frames as Frame[]).then(
      () => {
        this.#waitingWritable = false;
        if (!this.#native.closed) this.#native.sendTimeout = 0;
        this.#confirm();
        this.#settle();
      },
      () => {
        this.#unsettled = undefined;
      },
    );
  }

  #block(key: string, frames: Frames, again: boolean): void {
    if (again) {
      const peer = this.#blocked.get(key);
      if (peer !== undefined) peer.retry = false;
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    } else this.#blocked.add(key, frames);
    const { clock } = this.#init;
    this.#cancelRetry ??= clock.schedule(clock.now() + this.#retryMs, () => {
      this.#cancelRetry = undefined;
      this.#blocked.retryAll();
      if (!this.#isBusy) this.#settle();
    });
  }

  /** Goes on with what waits, if anything: first peers that were blocked, then what is in transit. */
  #settle(): void {
    this.#unsettled = undefined;
    this.#unsettledPeer = undefined;
    if (this.#native.closed) return;
    if (this.#blocked.size > 0) {
      for (const [key, peer] of this.#blocked) {
        const head = peer.retry ? peer.queue.peek() : undefined;
        if (head !== undefined && this.#mayGoOn()) this.#transmit(head, key);
        if (this.#isBusy) return;
      }
    }
    while (!this.#isBusy && this.#linkUp && this.#transit.length > 0) {
      if (!this.#mayGoOn()) return;
      const frames = this.#transit.shift() as Frames;
      if (!this.#sendOrBlock(frames)) this.#lose(frames, 'full');
    }
    if (this.#isBusy || this.#transit.length > 0) return;
    this.#sendsThisTurn = 0;
    if (this.#blocked.size === 0) this.#whenDrained?.();
  }

  get #isBusy(): boolean {
    return this.#unsettled !== undefined || this.#resting;
  }

  #mayGoOn(): boolean {
    if (++this.#sendsThisTurn < SENDS_PER_TURN) return true;
    this.#restUntilTurnEnds();
    return false;
  }

  /**
   * What is sent while the input of one turn is worked off leaves together at its end: waking libzmq's thread costs more
   * than a message, and it is then woken once for many.
   */
  #restUntilTurnEnds(): void {
    this.#resting = true;
    setImmediate(() => {
      this.#sendsThisTurn = 0;
      this.#resting = false;
      if (!this.#isBusy) this.#settle();
    });
  }

  #pause(ms: Millis): Promise<void> {
    const { clock } = this.#init;
    return new Promise((resolve) => void clock.schedule(clock.now() + ms, resolve));
  }

  #drained(withinMs: Millis): Promise<void> {
    const { clock } = this.#init;
    return new Promise((resolve) => {
      const cancel = clock.schedule(clock.now() + withinMs, resolve);
      this.#whenDrained = () => {
        cancel();
        resolve();
      };
    });
  }
}
