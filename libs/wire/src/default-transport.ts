import type { Transport } from './socket.js';
import { zeromqTransport } from './zeromq/zeromq-transport.js';

let shared: Transport | undefined;

/**
 * The libzmq transport that all clients and servers of this process share which were given none: one context, one I/O
 * thread. Made at first use, so that programs with a transport of their own start none of libzmq's threads.
 */
export function defaultTransport(): Transport {
  shared ??= zeromqTransport();
  return shared;
}
