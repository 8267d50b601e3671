import { systemClock, type Clock, type Millis } from '@raspy/clock';
import * as zmq from 'zeromq';
import { BindError, SocketOptionError } from '../errors.js';
import { isCurveKey, type CurveKeyPair } from '../security.js';
import { DEFAULT_MAX_FRAME_BYTES, type FrameSocket, type SocketOptions, type Transport } from '../socket.js';
import { ZapAuthenticator } from './zap.js';
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
  // A context of its own: the ZAP endpoint is one per context, and must not meet that of another library.
  readonly #context = new zmq.Context();
  #authenticator: ZapAuthenticator | undefined;
  /** Endpoints of sockets that were closed a moment ago. */
  readonly #closedAt = new Map<string, Millis>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(_kind: 'dealer', endpoint: string, options: SocketOptions = {}): FrameSocket {
    const security = options.security;
    if (security?.role === 'server')
      throw new SocketOptionError('a connecting socket takes keys of role "client"');
    const heartbeat = options.transportHeartbeat ?? { intervalMs: 3_500, timeoutMs: 17_500 };
    const reconnect = options.reconnect ?? { minMs: 100, maxMs: 2_000 };
    if (security !== undefined) requireKeys(security.publicKey, security.secretKey, security.serverKey);
    const native = new zmq.Dealer({
      ...commonOptions(options),
      context: this.#context,
      heartbeatInterval: heartbeat.intervalMs,
      heartbeatTimeout: heartbeat.timeoutMs,
      reconnectInterval: reconnect.minMs,
      reconnectMaxInterval: reconnect.maxMs,
      ...(options.routingId !== undefined && { routingId: options.routingId }),
      ...(security !== undefined && {
        curvePublicKey: security.publicKey,
        curveSecretKey: security.secretKey,
        curveServerKey: security.serverKey,
      }),
    });
    return new ZeromqSocket({
      native,
      endpoint,
      clock: this.#clock,
      options,
      connect: () => {
        native.connect(endpoint);
      },
    });
  }

  async bind(_kind: 'router', endpoint: string, options: SocketOptions = {}): Promise<FrameSocket> {
    const security = options.security;
    if (security?.role === 'client')
      throw new SocketOptionError('a bound socket takes keys of role "server"');
    if (security !== undefined)
      requireKeys(security.secretKey, ...(security.allow === 'any' ? [] : security.allow));
    let zapDomain: string | undefined;
    if (security !== undefined && security.allow !== 'any') {
      this.#authenticator ??= await ZapAuthenticator.start(this.#context);
      zapDomain = this.#authenticator.allow(security.allow);
    }
    const native = new zmq.Router({
      ...commonOptions(options),
      context: this.#context,
      // All of a home may connect at once, after a power cut; libzmq's 100 would make the rest wait for a second.
      backlog: 1_024,
      mandatory: true,
      handover: true,
      ...(security !== undefined && { curveServer: true, curveSecretKey: security.secretKey }),
      ...(zapDomain !== undefined && { zapDomain }),
    });
    const release = (): void => {
      if (zapDomain !== undefined && this.#authenticator?.release(zapDomain) === true)
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
    return new ZeromqSocket({ native, endpoint: bound, clock: this.#clock, options, onClosed });
  }

  /**
   * libzmq frees an endpoint in a thread of its own, after its socket was closed: whoever binds it next here must not be
   * told that it is in use. (The package's `unbind` works in yet another thread, while a receive is pending in this one:
   * libzmq does not allow that, and ends the process now and then.)
   */
  async #bind(native: zmq.Router, endpoint: string): Promise<void> {
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

function commonOptions(
  options: SocketOptions,
): zmq.SocketOptions<zmq.Dealer> & zmq.SocketOptions<zmq.Router> {
  const buffer = options.transportBufferMessages ?? 1_000;
  return {
    linger: options.lingerMs ?? 0,
    maxMessageSize: options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    sendHighWaterMark: buffer,
    receiveHighWaterMark: buffer,
    // A send is taken or refused at once; waiting is the business of our own bounded queue.
    sendTimeout: 0,
  };
}

function requireKeys(...keys: readonly string[]): void {
  if (!keys.every(isCurveKey)) throw new SocketOptionError('a CURVE key is 40 characters of Z85');
}
