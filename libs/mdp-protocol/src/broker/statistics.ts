import type { DropCause } from './events.js';
import type { DurationCounts } from './wait-times.js';

/** What a broker counted since it began, and what it holds now. A snapshot. */
export interface BrokerStatistics {
  /** Well-formed client requests, those to `mmi.*`, those of this process and those refused included. */
  readonly requests: number;
  /** Of them, those answered by the broker itself as `mmi.*`. */
  readonly mmiRequests: number;
  /** Of them, those made by this process itself with `RunningBroker.request`. */
  readonly localRequests: number;
  /** Of them, those for services built into the broker, refused ones included. */
  readonly builtinRequests: number;
  /** Replies of built-in services, with the `500` of handlers that failed (`dropped['builtin-failed']`). */
  readonly builtinReplies: number;
  /** Replies of workers sent on to clients, partial ones apart. */
  readonly replies: number;
  readonly partials: number;
  /** Broker-made failures sent to clients, this process included. */
  readonly failures: number;
  /** Requests that waited too long; not executed. */
  readonly expired: number;
  /** Requests that found their queue full; not executed. */
  readonly refused: number;
  /** Requests whose worker was lost. */
  readonly lost: number;
  /** Of them, those given to another worker. */
  readonly redispatched: number;
  /** Replies whose client had gone. */
  readonly unroutableReplies: number;
  /** Everything that went no further, by cause; causes that never came up are absent. */
  readonly dropped: Readonly<Partial<Record<DropCause, number>>>;
  /** How long requests waited until their first worker got them. */
  readonly waits: DurationCounts;
  readonly workersRegistered: number;
  readonly workersRemoved: number;
  /** Registered now. */
  readonly workers: number;
  /** With a worker now. */
  readonly services: number;
  /** Names without a worker for which requests wait now. */
  readonly servicesWithoutWorker: number;
  /** Requests that wait now. */
  readonly queued: number;
  /** What those hold in bytes. */
  readonly queuedBytes: number;
  /** Requests that workers have now. */
  readonly inFlight: number;
  /** Requests that handlers of built-in services have now. */
  readonly builtinInFlight: number;
  /** What `inFlight` and `builtinInFlight` hold in bytes; together with `queuedBytes` never more than `maxTotalQueuedBytes`. */
  readonly inFlightBytes: number;
}

/** One service as `mmi.workers` tells it. */
export interface ServiceInfo {
  readonly name: string;
  /** Workers that wait for a request. */
  readonly idle: number;
  /** Workers that have one. */
  readonly busy: number;
  /** Requests that wait. */
  readonly queued: number;
}

/** What one broker counts; plain numbers, since they are touched for every message. */
export type Counters = {
  -readonly [K in keyof BrokerStatistics as K extends CountedAtOnce ? K : never]: number;
};

type CountedAtOnce =
  | 'requests'
  | 'mmiRequests'
  | 'localRequests'
  | 'builtinRequests'
  | 'builtinReplies'
  | 'builtinInFlight'
  | 'replies'
  | 'partials'
  | 'failures'
  | 'expired'
  | 'refused'
  | 'lost'
  | 'redispatched'
  | 'unroutableReplies'
  | 'workersRegistered'
  | 'workersRemoved'
  | 'inFlight';

export function newCounters(): Counters {
  return {
    requests: 0,
    mmiRequests: 0,
    localRequests: 0,
    builtinRequests: 0,
    builtinReplies: 0,
    builtinInFlight: 0,
    replies: 0,
    partials: 0,
    failures: 0,
    expired: 0,
    refused: 0,
    lost: 0,
    redispatched: 0,
    unroutableReplies: 0,
    workersRegistered: 0,
    workersRemoved: 0,
    inFlight: 0,
  };
}
