import type { Clock, Millis } from '@raspy/clock';
import { OptionCheck, textFrame, type Frames, type SocketOptions, type Transport } from '@raspy/wire';
import type { Body } from '../body.js';
import { MAX_SERVICE_BYTES } from '../codec.js';
import { MdpOptionError } from '../option-error.js';

/** What a handler is told beside the request's body. */
export interface MdpHandlerContext {
  /**
   * Fires when the reply can reach nobody any more: the session with the broker ended, or the worker closes and its
   * deadline has passed. Its reason is a {@link JobLostReason} in an `Error`'s message. The next request is taken when
   * the handler has settled, so a handler that may take long should look at it.
   */
  readonly signal: AbortSignal;
  /** The worker's service. */
  readonly service: string;
  /**
   * Sends part of the reply ahead of the rest, one frame at least. With protocol 0.1 the parts are held, and go in
   * front of the reply; above 1,000 frames or 1 MiB the request is answered 500.
   */
  partial(body: Body): void;
}

/** Serves a request. Its body, as what it returns, is one frame at least; a string stands for its UTF-8 bytes. */
export type MdpHandler = (body: Frames, context: MdpHandlerContext) => Promise<Body>;

/** What an `MdpWorker` is told; all but `service` and `handle` have defaults. */
export interface MdpWorkerOptions {
  /** The name that clients ask for, 1 to 4,096 bytes; `mmi.` is the broker's own prefix. */
  readonly service: string;
  /** A rejection, and a reply without frames, is answered `500`. */
  readonly handle: MdpHandler;
  /** Where the broker listens. @default 'tcp://127.0.0.1:5514' */
  readonly endpoint?: string;
  /** What carries messages. @default libzmq, shared with all faces of the process */
  readonly transport?: Transport;
  /** Where time comes from. @default the machine's clock */
  readonly clock?: Clock;
  /**
   * Security, buffers and limits of the sockets. `lingerMs` is at most 100. A `routingId` is that of the first session;
   * others get `.2`, `.3` and so on behind it.
   */
  readonly socket?: SocketOptions;
  /** Requests served at once: so many sessions, each a worker of its own to the broker. @default 1 */
  readonly concurrency?: number;
  /**
   * What the worker speaks. `0.1` is understood by every Majordomo broker; with `0.2` partial replies travel as they are
   * made, if the broker knows it. @default '0.1'
   */
  readonly protocol?: '0.1' | '0.2';
  /** Between signs of life, also while the handler runs. Broker and workers must share it. @default 3500 */
  readonly heartbeatIntervalMs?: Millis;
  /** Intervals without a sign of life after which the broker is gone. @default 5 */
  readonly heartbeatLiveness?: number;
  /** Pause before a broker that was silent, or that refuses, is tried again; ±20 %, growing while it refuses. @default 3500 */
  readonly reconnectDelayMs?: Millis;
  /** Told of what a handler threw, and of replies that could not be sent as they were. */
  readonly onError?: (error: unknown) => void;
}

/** Options of a worker, complete. */
export type WorkerSettings = Required<
  Pick<
    MdpWorkerOptions,
    'concurrency' | 'protocol' | 'heartbeatIntervalMs' | 'heartbeatLiveness' | 'reconnectDelayMs'
  >
>;

/** @throws {@link MdpOptionError} telling every mistake */
export function workerSettings(options: MdpWorkerOptions): WorkerSettings {
  const settings: WorkerSettings = {
    concurrency: options.concurrency ?? 1,
    protocol: options.protocol ?? '0.1',
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3_500,
    heartbeatLiveness: options.heartbeatLiveness ?? 5,
    reconnectDelayMs: options.reconnectDelayMs ?? 3_500,
  };
  const check = new OptionCheck(MdpOptionError);
  const nameBytes = textFrame(options.service).length;
  check.require(options.endpoint !== '', 'endpoint is empty, must be like tcp://127.0.0.1:5514');
  check.require(
    nameBytes > 0 && nameBytes <= MAX_SERVICE_BYTES,
    `service has ${nameBytes} bytes, must have 1 to ${MAX_SERVICE_BYTES}`,
  );
  check.require(
    !options.service.startsWith('mmi.'),
    `service is "${options.service}", must not begin with "mmi.", which the broker answers itself`,
  );
  check.require(
    ['0.1', '0.2'].includes(settings.protocol),
    `protocol is "${settings.protocol}", must be "0.1" or "0.2"`,
  );
  check.count('concurrency', settings.concurrency, 1);
  check.millis('heartbeatIntervalMs', settings.heartbeatIntervalMs);
  check.count('heartbeatLiveness', settings.heartbeatLiveness, 1);
  check.millis('reconnectDelayMs', settings.reconnectDelayMs);
  check.done();
  return settings;
}
