import { systemClock, type Clock } from '@raspy/clock';
import {
  defaultTransport,
  drive,
  textFrame,
  type Frame,
  type Frames,
  type SocketOptions,
  type Transport,
} from '@raspy/wire';
import { Subject, type Observable } from 'rxjs';
import { DEFAULT_ENDPOINT } from '../default-endpoint.js';
import { tracerOr, type RequestTracer } from '../tracing/request-tracer.js';
import { BrokerSpans } from './broker-spans.js';
import { BuiltinHandlers, type BuiltinHandler } from './builtin-handlers.js';
import { pooledEntropy } from './entropy.js';
import type { BrokerEvent } from './events.js';
import { LocalClient, type LocalRequestOptions } from './local-client.js';
import { MajordomoBroker } from './majordomo-broker.js';
import type { BrokerOptions } from './options.js';
import type { BrokerSignal } from './signals.js';
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
  /**
   * Services that this process serves itself, by name, each with its handler: told by `mmi.service` and `mmi.discovery`,
   * and refused to workers. Names that begin with `mmi.` are the broker's own. A handler is called for many requests at
   * a time, up to `maxBuiltinRequests` over all; one whose promise never settles keeps its place until the broker closes.
   * @default none
   */
  readonly builtin?: Readonly<Record<string, BuiltinHandler>>;
  /**
   * Follows requests that say in their options frame whose part they are, from their arrival to their reply.
   * @default that of `followRequests`, if it was set before, or none
   */
  readonly tracer?: RequestTracer;
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

/** How many workers a service has now. */
export interface WorkerChange {
  /** Its name, byte for byte. */
  readonly service: Frame;
  /** Registered, idle and busy; 0 when the last has gone. */
  readonly workers: number;
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
  /** How many workers of this service are registered, idle and busy. */
  workersOf(service: Frame | string): number;
  /**
   * The number of workers of a service, whenever it changes. Hot; completes at {@link RunningBroker.close}, which tells
   * no change.
   */
  readonly workerChanges$: Observable<WorkerChange>;
  /**
   * A request of this process, without a socket: it goes to a worker, waits in the queue and is bounded as any client's;
   * services built in and `mmi.*` answer it too. There is no time-out once a worker has it: it ends with the worker's
   * reply or with its loss.
   * @param service - a name of 1 to 4,096 bytes; a string stands for its UTF-8 bytes
   * @param body - one frame at least; not to be changed afterwards
   * @returns the reply, with the frames of partial replies in front; whatever it says, it is the service's
   * @throws MdpWorkerLostError (rejects) when the worker disappeared with the request, which may have been executed;
   * also where `onWorkerLost` is `silent`, as for the next two
   * @throws MdpQueueFullError (rejects) when the broker holds as many requests as it may
   * @throws MdpExpiredError (rejects) when no worker was free in time
   * @throws MdpClosedError (rejects) when the broker closes, or has closed
   * @throws MdpInvalidRequestError (rejects) for a name or a body out of bounds
   * @throws MdpOptionError (rejects) for a `ttlMs` that is not above 0
   */
  request(service: Frame | string, body: Frames, options?: LocalRequestOptions): Promise<Frames>;
  /** Says DISCONNECT to every worker, lets that out for up to 500 ms, and closes. Again: the same promise. */
  close(): Promise<void>;
}

/**
 * Starts a Majordomo broker (RFC 7, RFC 18, RFC 8).
 * @throws MdpOptionError (rejects) for options without meaning
 * @throws BindError (rejects) when the endpoint is in use, not of this machine, or malformed
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const builtin = new BuiltinHandlers(options.builtin ?? {}, (answers) =>
    driven.perform((now) => machine.answer(now, answers)),
  );
  const tracer = tracerOr(options.tracer);
  const spans = new BrokerSpans(tracer);
  const machine = new MajordomoBroker({
    ...options,
    builtinServices: builtin.names,
    traced: tracer !== undefined,
    entropy: pooledEntropy(),
  });
  const clock = options.clock ?? systemClock;
  const transport = options.transport ?? defaultTransport();
  const socket = await transport.bind('router', options.endpoint ?? DEFAULT_ENDPOINT, {
    lingerMs: FLUSH_MS,
    transportBufferMessages: BUFFER_MESSAGES,
    sendQueueMessages: QUEUE_MESSAGES,
    ...options.socket,
  });
  const events = new Subject<BrokerEvent>();
  const workerChanges = new Subject<WorkerChange>();
  const local = new LocalClient({
    send: (request) => driven.perform((now) => machine.request(now, request)),
    isOversized: (body) => machine.isOversized(body),
  });
  const onEvent = (event: BrokerEvent | BrokerSignal): void => {
    switch (event.type) {
      case 'builtin-request':
        builtin.handle(event);
        break;
      case 'local-reply':
      case 'local-failure':
        local.settle(event);
        break;
      case 'workers-changed':
        workerChanges.next({ service: event.service, workers: event.workers });
        break;
      case 'trace-begun':
      case 'trace-dispatched':
      case 'trace-given-back':
      case 'trace-ended':
        spans.take(event);
        break;
      default:
        events.next(event);
    }
  };
  const driven = drive({ machine, clock, open: () => socket, onEvent });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    local.close();
    driven.perform((now) => machine.stop(now));
    await driven.close();
    spans.close();
    events.complete();
    workerChanges.complete();
  };
  return {
    endpoint: socket.endpoint,
    events$: events.asObservable(),
    statistics: () => machine.statistics(),
    services: () => machine.services(),
    workersOf: (service) => machine.workersOf(typeof service === 'string' ? textFrame(service) : service),
    workerChanges$: workerChanges.asObservable(),
    request: (service, body, requestOptions) => local.request(service, body, requestOptions),
    close: () => (closing ??= close()),
  };
}
