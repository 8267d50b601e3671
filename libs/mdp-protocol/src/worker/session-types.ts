import type { Millis } from '@raspy/clock';
import type { Frame, Frames } from '@raspy/wire';
import type { MdpVersion } from '../codec.js';

/** A session has one socket. */
export type WorkerPort = 'broker';

/** How a session stands with its broker; `refused`: its READY was answered with DISCONNECT more than once in a row. */
export type SessionStatus = 'connecting' | 'ready' | 'disconnected' | 'refused';

/** Why a request's reply can reach nobody any more. */
export type JobLostReason =
  | 'link-down'
  | 'silence'
  | 'disconnected'
  | 'protocol-error'
  | 'send-queue-full'
  | 'deadline';

/** What a worker machine tells its owner. Each `job` wants one `reply`, also after it was lost. */
export type WorkerEvent =
  | { readonly type: 'status'; readonly status: SessionStatus }
  | { readonly type: 'job'; readonly job: number; readonly body: Frames }
  | { readonly type: 'job-lost'; readonly job: number; readonly reason: JobLostReason }
  /** Its partial replies for a 0.1 broker exceeded the bounds; the request is answered 500. */
  | { readonly type: 'partials-overflow'; readonly job: number }
  /** DISCONNECT was sent, if there was somebody to send it to; the socket may be closed. */
  | { readonly type: 'stopped' };

/** What a worker machine is made with. */
export interface WorkerMachineOptions {
  readonly service: Frame;
  readonly version: MdpVersion;
  readonly heartbeatIntervalMs: Millis;
  /** Intervals of silence after which the broker is gone. */
  readonly heartbeatLiveness: number;
  readonly reconnectDelayMs: Millis;
  /** 0 to 1, for the jitter of delays. */
  readonly random: () => number;
}

/** What a session has seen; plain numbers that only grow. */
export interface SessionCounters {
  requests: number;
  replies: number;
  /** Replies and partial replies of requests that were lost. */
  discardedReplies: number;
  /** Messages of the broker that were none. */
  malformed: number;
  /** REQUEST messages that came while another was being served. */
  protocolErrors: number;
  /** Sessions that ended against this worker's will. */
  sessionsLost: number;
}
