import type { MalformedReason, MdpVersion } from '../codec.js';

/** Why a message, or the request or reply in it, went no further. Every one is counted in `BrokerStatistics.dropped`. */
export type DropCause =
  /** Not a message of the protocol; why is told. */
  | MalformedReason
  /** More bytes or frames than one message may have; it was not read, and a worker that sent it is removed. */
  | 'oversized'
  /** READY for a name that is empty, too long, or reserved. */
  | 'refused-name'
  /** A worker's command, READY excepted, from a peer that is not registered; answered with DISCONNECT. */
  | 'unknown-worker'
  /** A registered worker's command out of turn, or in the other version; the worker is removed. */
  | 'out-of-turn'
  /** A request that found its queue full. */
  | 'queue-full'
  /** A request that waited longer than its service allows. */
  | 'expired'
  /** A reply whose client has gone. */
  | 'reply-unroutable'
  /** A reply whose client does not read: its queue is full. */
  | 'reply-queue-full'
  /** A request that the handler of a built-in service failed at; its client was sent `500`. */
  | 'builtin-failed';

/** Why a worker is no longer registered. */
export type WorkerRemovalCause =
  /** It said so. */
  | 'disconnected'
  /** It was silent for too long. */
  | 'expired'
  /** Its connection is gone. */
  | 'unreachable'
  /** It does not read what it is sent. */
  | 'full'
  /** It sent a second READY: it has restarted, or believes it has. */
  | 'registered-twice'
  /** It broke the protocol. */
  | 'invalid';

/** What a broker has to tell its operator; never an event for the ordinary request. */
export type BrokerEvent =
  | {
      readonly type: 'worker-registered';
      /** Its routing id, readable. */
      readonly worker: string;
      readonly service: string;
      readonly version: MdpVersion;
    }
  | {
      readonly type: 'worker-removed';
      readonly worker: string;
      readonly service: string;
      readonly cause: WorkerRemovalCause;
      /** Whether it had a request. */
      readonly busy: boolean;
    }
  | {
      /** A worker was removed while it had this service's request, which may have been executed. */
      readonly type: 'request-lost';
      readonly worker: string;
      readonly service: string;
      /** `answered`: the client had been answered before. */
      readonly outcome: 'redispatched' | 'failed' | 'silent' | 'answered';
    }
  | {
      /** At most one event a second for each cause. */
      readonly type: 'dropped';
      readonly cause: DropCause;
      /** How many since the last event of this cause. */
      readonly count: number;
      /** The peer of the latest, readable; empty for this process itself. */
      readonly peer: string;
      /** The service of the latest, where there is one. */
      readonly service?: string;
      /** What the latest failed with, for `builtin-failed`. */
      readonly error?: string;
    }
  | {
      /**
       * A worker's heartbeats show that its settings differ from the broker's: one of the two will take the other for
       * dead. `slow` and `fast`: twice the broker's interval, or half, on average; `returned`: it was removed for its
       * silence, and then went on.
       */
      readonly type: 'heartbeat-mismatch';
      readonly worker: string;
      readonly service: string;
      readonly hint: 'slow' | 'fast' | 'returned';
      /** Between its heartbeats, or how long it was silent. */
      readonly observedMs: number;
      /** The broker's interval, or its expiry. */
      readonly expectedMs: number;
    }
  /** This process did not run for so long that nobody is expired for it: every worker gets one interval of grace. */
  | { readonly type: 'stalled'; readonly lateMs: number }
  /** The `service` option failed for this name, which has the broker's defaults. The same mistakes are told once. */
  | { readonly type: 'policy-refused'; readonly service: string; readonly mistakes: readonly string[] };
