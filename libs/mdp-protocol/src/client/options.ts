import type { Clock, Millis } from '@raspy/clock';
import { OptionCheck } from '@raspy/wire';
import type { SocketOptions, Transport } from '@raspy/wire';
import { MdpOptionError } from '../option-error.js';

/** What an `MdpClient` can be told; every member has a default. */
export interface MdpClientOptions {
  /** Where the broker listens. @default 'tcp://127.0.0.1:5514' */
  readonly endpoint?: string;
  /** What carries messages. @default libzmq, shared with all faces of the process */
  readonly transport?: Transport;
  /** Where time comes from. @default the machine's clock */
  readonly clock?: Clock;
  /** Security, buffers and limits of the sockets; `lingerMs` is not used, a closed client sends nothing more. */
  readonly socket?: SocketOptions;
  /** How long an attempt may take, waiting for a connection included. `Infinity` for no limit. @default 2500 */
  readonly timeoutMs?: Millis;
  /** Requests under way at once over the one connection; the next wait in the client. @default 10000 */
  readonly maxInFlight?: number;
  /** Requests that may wait in the client; the next fails with `TOO_MANY_REQUESTS`. @default 10000 */
  readonly maxQueued?: number;
  /** Sockets, with one request each, for a broker that does not know envelopes. @default 4 */
  readonly lanes?: number;
  /** How long the broker may take to tell its features; after that lanes are used until it does. @default 1000 */
  readonly featureTimeoutMs?: Millis;
}

/** What a single call can be told. */
export interface MdpRequestOptions {
  /** How long each attempt may take; `Infinity` for no limit. @default `timeoutMs` of the client */
  readonly timeoutMs?: Millis;
  /**
   * Further attempts after a timeout or a lost connection. A service may then execute the request more than once:
   * only for what may run twice. @default 0
   */
  readonly retries?: number;
  /** Withdraws the request when it fires; one that was sent may still be executed. */
  readonly signal?: AbortSignal;
  /**
   * What to do when no worker offers the service: `wait` for one until the timeout, or `fail` with `NO_WORKER` at once,
   * after asking the broker. @default 'wait'
   */
  readonly ifNoWorker?: 'wait' | 'fail';
}

/** The numbers of a client, complete. */
export type ClientSettings = Required<
  Pick<MdpClientOptions, 'timeoutMs' | 'maxInFlight' | 'maxQueued' | 'lanes' | 'featureTimeoutMs'>
>;

/** @throws {@link MdpOptionError} telling every mistake */
export function clientSettings(options: MdpClientOptions): ClientSettings {
  const settings: ClientSettings = {
    timeoutMs: options.timeoutMs ?? 2_500,
    maxInFlight: options.maxInFlight ?? 10_000,
    maxQueued: options.maxQueued ?? 10_000,
    lanes: options.lanes ?? 4,
    featureTimeoutMs: options.featureTimeoutMs ?? 1_000,
  };
  const check = new OptionCheck(MdpOptionError);
  check.require(options.endpoint !== '', 'endpoint is empty, must be like tcp://127.0.0.1:5514');
  check.millis('timeoutMs', settings.timeoutMs, true);
  check.count('maxInFlight', settings.maxInFlight, 1);
  check.count('maxQueued', settings.maxQueued, 0);
  check.count('lanes', settings.lanes, 1);
  check.millis('featureTimeoutMs', settings.featureTimeoutMs);
  check.done();
  return settings;
}

/** The numbers of a call, complete. @throws {@link MdpOptionError} telling every mistake */
export function requestSettings(
  options: MdpRequestOptions,
  settings: ClientSettings,
): { timeoutMs: Millis; retries: number } {
  const { timeoutMs = settings.timeoutMs, retries = 0 } = options;
  const check = new OptionCheck(MdpOptionError);
  check.millis('timeoutMs', timeoutMs, true);
  check.count('retries', retries, 0);
  check.done();
  return { timeoutMs, retries };
}
