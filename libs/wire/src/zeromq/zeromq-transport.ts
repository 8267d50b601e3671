import { systemClock, type Clock, type Millis } from '@raspy/clock';
import * as zmq from 'zeromq';
import { BindError, SocketOptionError } from '../errors.js';
import type { CurveKeyPair } from '../security.js';
import type { BoundKind, ConnectingKind, FrameSocket, SocketOptions, Transport } from '../socket.js';
import {
  boundNative,
  boundOptions,
  connectingNative,
  connectingOptions,
  requireKeys,
} from './native-sockets.js';
import { ZapAuthenticator } from './zap.js';
import { ZeromqPublisher } from './zeromq-publisher.js';
import { ZeromqReceiver } from './zeromq-receiver.js';
import { ZeromqSocket } from './zeromq-socket.js';

/** What {@link zeromqTransport} takes. */
export interface ZeromqTransportOptions {
  /** Paces retries to peers whose buffers are full. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** Sockets of libzmq, by the `zeromq` package. One serves a whole process; its ZAP handler runs while there is a socket with an allow-list. */
export function zeromqTransport(options: ZeromqTransportOptions = {}): Transport {
  return new ZeromqTransport(options.clock ?? systemClock);
}

/** A fresh CURVE key pair. */
export function curveKeyPair(): CurveKeyPair {
  return zmq.curveKeyPair();
}

/** The longest that an endpoint may take to be free; it takes well under a millisecond. */
const FREEING_MS: Millis = 500;

class ZeromqTransport implements Transport {
  readonly #clock: Clock;
  // A context of its own, whatever other libraries do with theirs. No key is asked about in it: see ZapAuthenticator.
  readonly #context = new zmq.Context();
  #authenticator: ZapAuthenticator | undefined;
  /** Endpoints of sockets that were closed a moment ago. */
  readonly #closedAt = new Map<string, Millis>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(kind: ConnectingKind, endpoint: string, options: SocketOptions = {}): FrameSocket {
    const native = connectingNative(kind, { ...connectingOptions(options), context: this.#context }, options);
    const connect = (): void => {
      native.connect(endpoint);
    };
    if (native instanceof zmq.Subscriber) return new ZeromqReceiver({ native, endpoint, connect });
    const init = { native, endpoint, clock: this.#clock, options, connect };
    return new ZeromqSocket(native instanceof zmq.Dealer ? { ...init, reader: native } : init);
  }

  async bind(kind: BoundKind, endpoint: string, options: SocketOptions = {}): Promise<FrameSocket> {
    const security = options.security;
    if (security?.role === 'client')
      throw new SocketOptionError('a bound socket takes keys of role "server"');
    if (security !== undefined)
      requireKeys(security.secretKey, ...(security.allow === 'any' ? [] : security.allow));
    let authenticator: ZapAuthenticator | undefined;
    let zapDomain: string | undefined;
    if (security !== undefined && security.allow !== 'any') {
      authenticator = this.#authenticator ??= new ZapAuthenticator();
      zapDomain = authenticator.allow(security.allow);
    }
    const native = boundNative(
      kind,
      { ...boundOptions(options, zapDomain), context: authenticator?.context ?? this.#context },
      options,
    );
    const release = (): void => {
      if (zapDomain !== undefined && authenticator?.release(zapDomain) === true)
        this.#authenticator = undefined;
    };
    try {
      await this.#bind(native, endpoint);
    } catch (error) {
      native.close();
      release();
      const inUse = (error as { code?: string }).code === 'EADDRINUSE';
      throw new BindError(endpoint, inUse ? 'ENDPOINT_IN_USE' : 'ENDPOINT_UNUSABLE', { cause: error });
    }
    const bound = native.lastEndpoint ?? endpoint;
    const onClosed = (): void => {
      this.#closedAt.set(bound, this.#clock.now());
      release();
    };
    if (native instanceof zmq.Pull) return new ZeromqReceiver({ native, endpoint: bound, onClosed });
    if (native instanceof zmq.XPublisher)
      return new ZeromqPublisher({ native, endpoint: bound, options, onClosed });
    return new ZeromqSocket({
      native,
      reader: native,
      endpoint: bound,
      clock: this.#clock,
      options,
      onClosed,
    });
  }

  /**
   * libzmq frees an endpoint in a thread of its own, after its socket was closed: whoever binds it next here must not be
   * told that it is in use. (The package's `unbind` works in yet another thread, while a receive is pending in this one:
   * libzmq does not allow that, and ends the process now and then.)
   */
  async #bind(native: zmq.Socket, endpoint: string): Promise<void> {
    for (const [closed, at] of this.#closedAt) {
      if (this.#clock.now() - at > FREEING_MS) this.#closedAt.delete(closed);
    }
    for (;;) {
      try {
        await native.bind(endpoint);
        return;
      } catch (error) {
        const freeUntil = (this.#closedAt.get(endpoint) ?? -Infinity) + FREEING_MS;
        if ((error as { code?: string }).code !== 'EADDRINUSE' || this.#clock.now() > freeUntil) throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}
