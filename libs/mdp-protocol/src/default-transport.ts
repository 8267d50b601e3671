import { zeromqTransport, type Transport } from '@raspy/wire';

let shared: Transport | undefined;

/** Where a broker listens unless told otherwise (PROTOCOLS §1). */
export const DEFAULT_ENDPOINT = 'tcp://127.0.0.1:5514';

/**
 * The libzmq transport that all faces of this process share which were given none: one context, one I/O thread.
 * Made at first use, so that programs with a transport of their own start none of libzmq's threads.
 */
export function defaultTransport(): Transport {
  shared ??= zeromqTransport();
  return shared;
}
