import type * as zmq from 'zeromq';
import type { Frame, Frames } from '../frames.js';
import { MessageQueue } from '../queue.js';
import type { FrameSocket, FrameSocketHandlers, SocketOptions } from '../socket.js';
import { PUBLISHES_PER_TURN, TRANSIT_BYTES, TRANSIT_MESSAGES } from './pace.js';
import { receiveAll } from './native-loops.js';

interface ZeromqPublisherInit {
  readonly native: zmq.XPublisher;
  readonly endpoint: string;
  readonly options: SocketOptions;
  /** Called once the socket is closed. */
  readonly onClosed: () => void;
}

/**
 * A publisher of libzmq, as an XPUB, so that its owner hears who subscribes.
 *
 * A send to it never waits: who has too much unread loses the message. So the fate of one send need not be known before
 * the next, and with `sendTimeout: 0` the package settles each at once. What is sent in one turn of the event loop leaves
 * at its end: measured, that costs a quarter less processor time than to wake libzmq's thread for each message.
 */
export class ZeromqPublisher implements FrameSocket {
  readonly endpoint: string;
  readonly #init: ZeromqPublisherInit;
  readonly #native: zmq.XPublisher;
  readonly #transit = new MessageQueue();
  #flushing = false;
  #started = false;
  #closed = false;

  constructor(init: ZeromqPublisherInit) {
    this.#init = init;
    this.#native = init.native;
    this.endpoint = init.endpoint;
  }

  get queued(): number {
    return this.#transit.length;
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#started) throw new Error('a socket is started once: it has one consumer');
    this.#started = true;
    void receiveAll(
      this.#native,
      (frames) => {
        if (!this.#closed && isNotice(frames)) handlers.message(frames);
      },
      () => this.#closed,
    );
  }

  send(frames: Frames): boolean {
    if (this.#closed) return false;
    const taken = this.#transit.offer(frames, TRANSIT_MESSAGES, TRANSIT_BYTES);
    if (!this.#flushing) {
      this.#flushing = true;
      setImmediate(this.#flush);
    }
    return taken;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      if ((this.#init.options.lingerMs ?? 0) > 0) this.#handOver(Infinity);
      this.#native.close();
      this.#init.onClosed();
    }
    return Promise.resolve();
  }

  readonly #flush = (): void => {
    if (this.#closed) return;
    this.#handOver(PUBLISHES_PER_TURN);
    this.#flushing = this.#transit.length > 0;
    if (this.#flushing) setImmediate(this.#flush);
  };

  #handOver(most: number): void {
    for (let left = most; left > 0; left--) {
      const frames = this.#transit.shift();
      if (frames === undefined) return;
      // Nothing refuses it but a fault of ours, which must not pass in silence: so the rejection is nobody's to handle.
      void this.#native.send(frames as Frame[]);
    }
  }
}

/** A foreign XSUB may send anything else; it says nothing about subscriptions. */
function isNotice(frames: Frames): boolean {
  const kind = frames[0]?.[0];
  return frames.length === 1 && (kind === 0 || kind === 1);
}
