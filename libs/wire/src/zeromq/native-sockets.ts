import * as zmq from 'zeromq';
import { SocketOptionError } from '../errors.js';
import { asBuffer } from '../frames.js';
import { isCurveKey } from '../security.js';
import {
  DEFAULT_MAX_FRAME_BYTES,
  type BoundKind,
  type ConnectingKind,
  type SocketOptions,
} from '../socket.js';

/** What can be set on every kind of socket. */
type AnyOptions = zmq.SocketOptions<zmq.Socket>;

/** The options of a socket that connects, whatever its kind. */
export function connectingOptions(options: SocketOptions): AnyOptions {
  const security = options.security;
  if (security?.role === 'server')
    throw new SocketOptionError('a connecting socket takes keys of role "client"');
  if (security !== undefined) requireKeys(security.publicKey, security.secretKey, security.serverKey);
  const heartbeat = options.transportHeartbeat ?? { intervalMs: 3_500, timeoutMs: 17_500 };
  const reconnect = options.reconnect ?? { minMs: 100, maxMs: 2_000 };
  return {
    ...commonOptions(options),
    heartbeatInterval: heartbeat.intervalMs,
    heartbeatTimeout: heartbeat.timeoutMs,
    reconnectInterval: reconnect.minMs,
    reconnectMaxInterval: reconnect.maxMs,
    ...(security !== undefined && {
      curvePublicKey: security.publicKey,
      curveSecretKey: security.secretKey,
      curveServerKey: security.serverKey,
    }),
  };
}

/** The options of a socket that is bound, whatever its kind; its security was checked. */
export function boundOptions(options: SocketOptions, zapDomain: string | undefined): AnyOptions {
  const security = options.security;
  return {
    ...commonOptions(options),
    // All of a home may connect at once, after a power cut; libzmq's 100 would make the rest wait for a second.
    backlog: 1_024,
    ...(security !== undefined && { curveServer: true, curveSecretKey: security.secretKey }),
    ...(zapDomain !== undefined && { zapDomain }),
  };
}

/** A socket that connects, with its own options added. */
export function connectingNative(
  kind: ConnectingKind,
  common: AnyOptions,
  options: SocketOptions,
): zmq.Dealer | zmq.Push | zmq.Subscriber {
  switch (kind) {
    case 'dealer': {
      const routingId = options.routingId !== undefined && { routingId: options.routingId };
      return new zmq.Dealer({ ...common, ...sending(options), ...receiving(options), ...routingId });
    }
    case 'push':
      return new zmq.Push({ ...common, ...sending(options) });
    case 'sub': {
      const native = new zmq.Subscriber({ ...common, ...receiving(options) });
      // Without arguments it would subscribe to everything.
      for (const prefix of options.subscriptions ?? []) native.subscribe(asBuffer(prefix));
      return native;
    }
  }
}

/** A socket to be bound, with its own options added. */
export function boundNative(
  kind: BoundKind,
  common: AnyOptions,
  options: SocketOptions,
): zmq.Router | zmq.Pull | zmq.XPublisher {
  switch (kind) {
    case 'router': {
      const own = { mandatory: true, handover: true };
      return new zmq.Router({
        ...common,
        ...sending(options),
        ...receiving(options),
        ...stalled(options),
        ...own,
      });
    }
    case 'pull':
      return new zmq.Pull({ ...common, ...receiving(options) });
    case 'pub': {
      const native = new zmq.XPublisher({
        ...common,
        ...sending(options),
        ...receiving(options),
        ...stalled(options),
      });
      native.verbosity = 'allSubs';
      return native;
    }
  }
}

/** @throws {@link SocketOptionError} when one of them is no CURVE key */
export function requireKeys(...keys: readonly string[]): void {
  if (!keys.every(isCurveKey)) throw new SocketOptionError('a CURVE key is 40 characters of Z85');
}

function commonOptions(options: SocketOptions): AnyOptions {
  return { linger: options.lingerMs ?? 0, maxMessageSize: options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES };
}

/** A send is taken or refused at once; waiting is the business of our own bounded queue. */
function sending(options: SocketOptions): { sendHighWaterMark: number; sendTimeout: number } {
  return { sendHighWaterMark: options.transportBufferMessages ?? 1_000, sendTimeout: 0 };
}

/** Linux resets a connection whose peer took nothing for so long, be it gone or only not reading: TCP_USER_TIMEOUT. */
function stalled(options: SocketOptions): { tcpMaxRetransmitTimeout?: number } {
  return options.stalledPeerMs === undefined ? {} : { tcpMaxRetransmitTimeout: options.stalledPeerMs };
}

function receiving(options: SocketOptions): { receiveHighWaterMark: number } {
  return { receiveHighWaterMark: options.transportBufferMessages ?? 1_000 };
}
