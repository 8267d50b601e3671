import type { Clock, Millis } from '@raspy/clock';
import type * as zmq from 'zeromq';
import { frameKey, framesBytes, type Frame, type Frames } from '../frames.js';
import { MessageQueue } from '../queue.js';
import {
  DEFAULT_SEND_QUEUE_BYTES,
  DEFAULT_SEND_QUEUE_MESSAGES,
  DEFAULT_SEND_QUEUE_TOTAL_BYTES,
  type FrameSocket,
  type FrameSocketHandlers,
  type SocketOptions,
} from '../socket.js';

/**
 * What one step of a machine may hand over before libzmq has told the fate of the first message: a fuse against a
 * runaway loop, far above any honest burst.
 */
const TRANSIT_MESSAGES = 1_000_000;
const TRANSIT_BYTES = 1024 * 1024 * 1024;
/** After so many sends in a row without a pause the event loop gets a turn; libzmq's other side is a thread and keeps up. */
const SENDS_PER_TURN = 500;
const RETRY_MIN_MS: Millis = 2;
const RETRY_MAX_MS: Millis = 50;
/**
 * How long a router's last words may take to be read before it hangs up: a dealer that connects with ZMQ_IMMEDIATE, as
 * others may, loses with the connection what it has received but not read yet.
 */
const PARTING_MS: Millis = 50;

interface ZeromqSocketInit {
  readonly native: zmq.Dealer | zmq.Router;
  readonly endpoint: string;
  readonly clock: Clock;
  readonly options: SocketOptions;
  /** Connecting sockets: called at the start, when the monitor stands. */
  readonly connect?: () => void;
  /** Called once the socket is closed. */
  readonly onClosed?: () => void;
}

/** Messages for one peer of a router whose buffer in libzmq is full. */
interface BlockedPeer {
  readonly queue: MessageQueue;
  retry: boolean;
}

/**
 * A libzmq socket behind a bounded queue.
 *
 * The package allows one pending send; a send with `sendTimeout: 0` never pends, but tells its fate a microtask later.
 * So at most one is unsettled at a time (order is kept), what comes meanwhile is in transit until the turn ends, and what
 * libzmq refuses waits within the bounds of the options: a dealer's behind one pending send, a router's per peer,
 * so that one that does not read delays nobody else.
 *
 * A dealer gives libzmq nothing before its connection stands. ZMQ_IMMEDIATE would say the same, but with it libzmq 4.3.5
 * ends the process by an assertion when a connection breaks while messages are read, or while its socket is closed.
 */
export class ZeromqSocket implements FrameSocket {
  readonly endpoint: string;
  readonly #native: zmq.Dealer | zmq.Router;
  readonly #init: ZeromqSocketInit;
  readonly #transit = new MessageQueue();
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #maxTotalBytes: number;
  readonly #blocked = new Map<string, BlockedPeer>();
  /** Bytes that wait for all blocked peers together. */
  #blockedBytes = 0;
  readonly #isRouter: boolean;
  #handlers: FrameSocketHandlers | undefined;
  #closed = false;
  /** The message whose send has not been settled yet, and the blocked peer it was tried again for. */
  #unsettled: Frames | undefined;
  #unsettledPeer: string | undefined;
  #sendsThisTurn = 0;
  #resting = false;
  /** Whether libzmq may be given messages; a router's peers come and go, a dealer's one connection stands or does not. */
  #linkUp: boolean;
  /** Dealers: libzmq took nothing more, and one pending send waits until it does. */
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
    this.#maxTotalBytes = init.options.sendQueueTotalBytes ?? DEFAULT_SEND_QUEUE_TOTAL_BYTES;
  }

  get queued(): number {
    let sum = this.#transit.length + (this.#unsettled === undefined ? 0 : 1);
    for (const { queue } of this.#blocked.values()) sum += queue.length;
    return sum;
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#handlers !== undefined) throw new Error('a socket is started once: it has one consumer');
    this.#handlers = handlers;
    if (this.#init.connect !== undefined) {
      void this.#watchLink();
      this.#init.connect();
    }
    void this.#receiveAll(handlers);
  }

  send(frames: Frames): boolean {
    if (this.#closed) return false;
    if (this.#waitingWritable || !this.#linkUp) {
      return this.#transit.offer(frames, this.#maxMessages, this.#maxBytes);
    }
    if (this.#transit.length === 0 && this.#blocked.size > 0) {
      const peer = this.#blocked.get(frameKey(frames[0] as Frame));
      if (peer !== undefined) return this.#offerTo(peer, frames);
    }
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

  /** The one receive loop: a plain `receive()` in a row is the fastest form the package has. */
  async #receiveAll(handlers: FrameSocketHandlers): Promise<void> {
    const native = this.#native;
    try {
      for (;;) {
        const frames = await native.receive();
        // While it lingers it reads on, into nothing: the pending receive is what keeps the process alive until it is closed.
        if (!this.#closed) handlers.message(frames);
      }
    } catch (error) {
      // Closing rejects the pending receive; anything else is a fault of ours that must not pass in silence.
      if (!this.#closed) throw error;
    }
  }

  async #watchLink(): Promise<void> {
    const report = (up: boolean): void => {
      if (this.#linkUp === up) return;
      this.#linkUp = up;
      if (up && !this.#isBusy) this.#settle();
      if (!this.#closed) this.#handlers?.link(up);
    };
    try {
      for await (const event of this.#native.events) {
        if (event.type === 'handshake') report(true);
        else if (event.type === 'disconnect') report(false);
        else if (event.type === 'end') return;
      }
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }

  #sendOrBlock(frames: Frames): boolean {
    if (this.#blocked.size > 0) {
      const peer = this.#blocked.get(frameKey(frames[0] as Frame));
      if (peer !== undefined) return this.#offerTo(peer, frames);
    }
    this.#transmit(frames);
    return true;
  }

  #offerTo(peer: BlockedPeer, frames: Frames): boolean {
    if (this.#blockedBytes >= this.#maxTotalBytes) return false;
    const taken = peer.queue.offer(frames, this.#maxMessages, this.#maxBytes);
    if (taken) this.#blockedBytes += framesBytes(frames);
    return taken;
  }

  #takeFrom(peer: BlockedPeer): Frames | undefined {
    const frames = peer.queue.shift();
    if (frames !== undefined) this.#blockedBytes -= framesBytes(frames);
    return frames;
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
      const peer = this.#blocked.get(key);
      if (peer !== undefined) this.#takeFrom(peer);
      if (peer?.queue.length === 0) this.#blocked.delete(key);
    }
    this.#settle();
  };

  readonly #onRefused = (error: { code?: string }): void => {
    const frames = this.#unsettled ?? [];
    const key = this.#unsettledPeer;
    if (error.code === 'EAGAIN' && !this.#isRouter && !this.#nativeClosed) {
      this.#waitWritable(frames);
      return;
    }
    if (error.code === 'EAGAIN' && this.#isRouter) {
      this.#block(key ?? frameKey(frames[0] as Frame), frames, key !== undefined);
      this.#settle();
      return;
    }
    // Unknown peer, or the socket was closed under it.
    const lost = [frames];
    if (key !== undefined) {
      const peer = this.#blocked.get(key);
      this.#blocked.delete(key);
      if (peer !== undefined) {
        this.#takeFrom(peer);
        for (let next = this.#takeFrom(peer); next !== undefined; next = this.#takeFrom(peer))
          lost.push(next);
      }
    }
    // Still unsettled meanwhile: what the consumer sends in answer waits its turn, as this one has not ended yet.
    if (!this.#closed) for (const message of lost) this.#handlers?.undelivered(message, 'unreachable');
    this.#settle();
  };

  get #nativeClosed(): boolean {
    return this.#native.closed;
  }

  /** A dealer's buffer is full: one pending send waits until there is room. */
  #waitWritable(frames: Frames): void {
    this.#waitingWritable = true;
    this.#native.sendTimeout = -1;
    this.#native.send(frames as Frame[]).then(
      () => {
        this.#waitingWritable = false;
        if (!this.#nativeClosed) this.#native.sendTimeout = 0;
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
    } else {
      const peer: BlockedPeer = { queue: new MessageQueue(), retry: false };
      peer.queue.push(frames);
      this.#blockedBytes += framesBytes(frames);
      this.#blocked.set(key, peer);
    }
    const { clock } = this.#init;
    this.#cancelRetry ??= clock.schedule(clock.now() + this.#retryMs, () => {
      this.#cancelRetry = undefined;
      for (const peer of this.#blocked.values()) peer.retry = true;
      if (!this.#isBusy) this.#settle();
    });
  }

  /** Goes on with what waits, if anything: first peers that were blocked, then what is in transit. */
  #settle(): void {
    this.#unsettled = undefined;
    this.#unsettledPeer = undefined;
    if (this.#nativeClosed) return;
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
      if (!this.#sendOrBlock(frames)) this.#handlers?.undelivered(frames, 'full');
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
