import { systemClock, type Clock } from '@raspy/clock';
import { defaultTransport, drive, type SocketOptions, type Transport } from '@raspy/wire';
import { Subject, type Observable } from 'rxjs';
import { DEFAULT_ENDPOINT } from '../default-endpoint.js';
import { pooledEntropy } from './entropy.js';
import type { BrokerEvent } from './events.js';
import { MajordomoBroker } from './majordomo-broker.js';
import type { BrokerOptions } from './options.js';
import type { BrokerStatistics, ServiceInfo } from './statistics.js';

const FLUSH_MS = 500;
/** What libzmq may hold for a client that does not read, before our own bounds by bytes begin to count. */
const BUFFER_MESSAGES = 250;
/** Behind that, replies for one client: as many as one of ours may have requests under way (within the bounds by bytes). */
const QUEUE_MESSAGES = 10_000;

/** What {@link startBroker} takes. */
export interface StartBrokerOptions extends BrokerOptions {
  /** Where to listen; port 0 or `*` is any free one. @default 'tcp://127.0.0.1:5514', this machine only */
  readonly endpoint?: string;
  /** What carries the messages. @default libzmq, by the transport that all faces of this process share */
  readonly transport?: Transport;
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * Options of the one socket. By default `lingerMs`, how long closing may take to get its last messages out, is 500, and
   * `transportBufferMessages`, what libzmq holds for a client that does not read, 250, and `sendQueueMessages`, what waits
   * for it behind that, 10,000.
   */
  readonly socket?: SocketOptions;
}

/** A broker at work. */
export interface RunningBroker {
  /** Where it listens, with the port that was found. */
  readonly endpoint: string;
  /** What an operator may want to know. Hot: told to whoever is subscribed; completes at {@link RunningBroker.close}. */
  readonly events$: Observable<BrokerEvent>;
  statistics(): BrokerStatistics;
  /** The services that have a worker, by name; what `mmi.workers` tells. */
  services(): ServiceInfo[];
  /** Says DISCONNECT to every worker, lets that out for up to 500 ms, and closes. Again: the same promise. */
  close(): Promise<void>;
}

/**
 * Starts a Majordomo broker (RFC 7, RFC 18, RFC 8).
 * @throws MdpOptionError (rejects) for options without meaning
 * @throws BindError (rejects) when the endpoint is in use, not of this machine, or malformed
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const machine = new MajordomoBroker({ ...options, entropy: pooledEntropy() });
  const clock = options.clock ?? systemClock;
  const transport = options.transport ?? defaultTransport();
  const socket = await transport.bind('router', options.endpoint ?? DEFAULT_ENDPOINT, {
    lingerMs: FLUSH_MS,
    transportBufferMessages: BUFFER_MESSAGES,
    sendQueueMessages: QUEUE_MESSAGES,
    ...options.socket,
  });
  const events = new Subject<BrokerEvent>();
  const driven = drive({ machine, clock, open: () => socket, onEvent: (event) => events.next(event) });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    driven.perform((now) => machine.stop(now));
    await driven.close();
    events.complete();
  };
  return {
    endpoint: socket.endpoint,
    events$: events.asObservable(),
    statistics: () => machine.statistics(),
    services: () => machine.services(),
    close: () => (closing ??= close()),
  };
}
