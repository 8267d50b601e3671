import { defaultTransport, type FrameSocket, type SocketOptions } from '@raspy/wire';
import { HUGZ } from '../codec.js';
import type { KvClientPort } from './client-types.js';
import type { KvConnectOptions, SessionSettings } from './options.js';

/** Makes the sockets of a session. */
export function sessionSockets(
  options: KvConnectOptions,
  settings: SessionSettings,
): (port: KvClientPort) => FrameSocket {
  const transport = options.transport ?? defaultTransport();
  // A given routing id is left out: a snapshot under way to one dealer must not reach the next.
  const { routingId: _, ...socket } = options.socket ?? {};
  const { endpoints, subtreeFrame, lingerMs } = settings;
  const updates: SocketOptions = {
    transportBufferMessages: 100_000,
    ...socket,
    // The keep-alives last: the one that answers this subscription tells that the other has been taken up.
    subscriptions: [subtreeFrame, HUGZ],
    lingerMs: 0,
  };
  return (port) => {
    if (port === 'updates') return transport.connect('sub', endpoints.publisher, updates);
    if (port === 'snapshot')
      return transport.connect('dealer', endpoints.snapshot, { ...socket, lingerMs: 0 });
    return transport.connect('push', endpoints.collector, { ...socket, lingerMs });
  };
}
