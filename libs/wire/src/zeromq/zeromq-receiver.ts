import type * as zmq from 'zeromq';
import type { FrameSocket, FrameSocketHandlers } from '../socket.js';
import { receiveAll, watchLink } from './native-loops.js';

interface ZeromqReceiverInit {
  readonly native: zmq.Subscriber | zmq.Pull;
  readonly endpoint: string;
  /** Connecting sockets: called at the start, when the monitor stands. */
  readonly connect?: () => void;
  /** Called once the socket is closed. */
  readonly onClosed?: () => void;
}

/** A libzmq socket that only receives: a subscriber or a pull. */
export class ZeromqReceiver implements FrameSocket {
  readonly endpoint: string;
  readonly queued = 0;
  readonly #init: ZeromqReceiverInit;
  #started = false;
  #closed = false;

  constructor(init: ZeromqReceiverInit) {
    this.#init = init;
    this.endpoint = init.endpoint;
  }

  start(handlers: FrameSocketHandlers): void {
    if (this.#started) throw new Error('a socket is started once: it has one consumer');
    this.#started = true;
    const { native, connect } = this.#init;
    const isClosed = (): boolean => this.#closed;
    if (connect !== undefined) {
      const report = (up: boolean): void => {
        if (!this.#closed) handlers.link(up);
      };
      void watchLink(native.events, report, isClosed);
      connect();
    }
    void receiveAll(
      native,
      (frames) => {
        if (!this.#closed) handlers.message(frames);
      },
      isClosed,
    );
  }

  send(): boolean {
    return false;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#init.native.close();
      this.#init.onClosed?.();
    }
    return Promise.resolve();
  }
}
