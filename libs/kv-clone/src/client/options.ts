import type { Clock, Millis } from '@raspy/clock';
import { OptionCheck, textFrame, type Frame, type SocketOptions, type Transport } from '@raspy/wire';
import type { KvWire } from '../codec.js';
import { DEFAULT_ENDPOINT } from '../default-endpoint.js';
import { DEFAULT_ENTRY_LIMITS, type EntryLimits } from '../limits.js';
import { KvOptionError } from '../option-error.js';
import { MAX_TTL_SECONDS } from '../properties.js';
import { normalSubtree } from '../subtree.js';

/** Where the three sockets of a server listen. */
export interface KvEndpoints {
  readonly snapshot: string;
  readonly publisher: string;
  readonly collector: string;
}

/** What every client of this library can be told; every member has a default. */
export interface KvConnectOptions {
  /** The broker's endpoint; those of the tree are some ports above it. @default 'tcp://127.0.0.1:5514' */
  readonly endpoint?: string;
  /** The three endpoints themselves, where they do not lie beside each other; instead of `endpoint`. */
  readonly endpoints?: KvEndpoints;
  /** What it is about: `device`, `/device` and `/device/` are the same. @default '', everything */
  readonly subtree?: string;
  /** What carries messages. @default libzmq, shared with all clients of the process */
  readonly transport?: Transport;
  /** Where time comes from. @default the machine's clock */
  readonly clock?: Clock;
  /**
   * Security, buffers and limits of the sockets. `routingId` and `subscriptions` are not used; the subscriber's
   * `transportBufferMessages` is 100,000 unless told otherwise.
   */
  readonly socket?: SocketOptions;
  /** What one entry may be; narrower than the server's makes no sense, wider is refused there in silence. */
  readonly limits?: Partial<EntryLimits>;
}

/** What a `KvClient` can be told; every member has a default. */
export interface KvClientOptions extends KvConnectOptions {
  /** Whether it keeps a picture of the subtree; without one it only writes. @default true */
  readonly read?: boolean;
  /** How long to wait for the first keep-alive before a server is taken for one that sends none. @default 1500 */
  readonly liveWaitMs?: Millis;
  /** How long no frame of a snapshot may come before it is asked for again. @default 5000 */
  readonly snapshotTimeoutMs?: Millis;
  /** How long a server that sends keep-alives may be silent; it sends one a second. @default 4500 */
  readonly silenceMs?: Millis;
  /** How often the number of updates is compared with the server's; more often when there are many. @default 5000 */
  readonly countIntervalMs?: Millis;
  /** Keys whose update may wait for the server. @default 10000 */
  readonly maxPendingKeys?: number;
  /** Bytes of keys and values that may wait likewise. @default 16777216 (16 MiB) */
  readonly maxPendingBytes?: number;
  /** How long `close` lets updates leave. @default 500 */
  readonly lingerMs?: Millis;
}

/** What one update can be told. */
export interface KvSetOptions {
  /** The entry is deleted when it was not set again for so long; rounded up to whole seconds. @default it stays */
  readonly ttlMs?: Millis;
  /**
   * Repeats the update, three times within `ttlMs`, until this client writes the key again or is closed, which deletes it:
   * for what is true only as long as this program lives. Needs a `ttlMs` of at least 2,000. @default false
   */
  readonly keepAlive?: boolean;
  /**
   * What to do while the server cannot be reached: `keep` it until it can be, or until a later update of the same key
   * replaces it, which is right for facts; or `fail` with `OFFLINE`, for events, which must not happen late. @default 'keep'
   */
  readonly ifOffline?: 'keep' | 'fail';
}

/** What one deletion can be told. */
export type KvDeleteOptions = Pick<KvSetOptions, 'ifOffline'>;

/** What one conditional update can be told. */
export interface KvSetIfOptions {
  /** As {@link KvSetOptions.ttlMs}. */
  readonly ttlMs?: Millis;
  /** How long the answer may take, waiting for a connection included. @default 5000 */
  readonly timeoutMs?: Millis;
}

/** What one reading can be told. */
export interface KvGetOptions {
  /** How long it may take until the client is in step with the server; `Infinity` for no limit. @default 5000 */
  readonly timeoutMs?: Millis;
  /** Ends the wait when it fires. */
  readonly signal?: AbortSignal;
}

/** The values of a session, complete. */
export interface SessionSettings {
  readonly wire: KvWire;
  readonly read: boolean;
  readonly write: boolean;
  readonly subtree: string;
  readonly subtreeFrame: Frame;
  readonly endpoints: KvEndpoints;
  readonly limits: EntryLimits;
  readonly liveWaitMs: Millis;
  readonly snapshotTimeoutMs: Millis;
  readonly silenceMs: Millis;
  readonly countIntervalMs: Millis;
  readonly maxPendingKeys: number;
  readonly maxPendingBytes: number;
  readonly lingerMs: Millis;
}

/** What a face decides for its session. */
export interface SessionKind {
  readonly wire: KvWire;
  readonly write: boolean;
}

/** Ports of the three sockets above the broker's (PROTOCOLS §1, §9.2). */
const PORTS: Readonly<Record<KvWire, Readonly<Record<keyof KvEndpoints, number>>>> = {
  kvmsg: { snapshot: 1, publisher: 2, collector: 3 },
  chp: { snapshot: 6, publisher: 7, collector: 8 },
};
const LEAST_KEPT_TTL_MS: Millis = 2_000;

/** @throws {@link KvOptionError} telling every mistake */
export function sessionSettings(options: KvClientOptions, { wire, write }: SessionKind): SessionSettings {
  const { endpoint = DEFAULT_ENDPOINT, subtree = '' } = options;
  const check = new OptionCheck(KvOptionError);
  const settings: SessionSettings = {
    wire,
    write,
    read: options.read ?? true,
    subtree: normalSubtree(subtree),
    subtreeFrame: textFrame(normalSubtree(subtree)),
    endpoints: options.endpoints ?? besides(endpoint, wire, check),
    limits: { ...DEFAULT_ENTRY_LIMITS, ...options.limits },
    liveWaitMs: options.liveWaitMs ?? 1_500,
    snapshotTimeoutMs: options.snapshotTimeoutMs ?? 5_000,
    silenceMs: options.silenceMs ?? 4_500,
    countIntervalMs: options.countIntervalMs ?? 5_000,
    maxPendingKeys: options.maxPendingKeys ?? 10_000,
    maxPendingBytes: options.maxPendingBytes ?? 16 * 1024 * 1024,
    lingerMs: options.lingerMs ?? 500,
  };
  check.require(
    options.endpoint === undefined || options.endpoints === undefined,
    'endpoints are given beside endpoint, must be one of the two',
  );
  for (const name of ['snapshot', 'publisher', 'collector'] as const) {
    check.require(
      settings.endpoints[name] !== '',
      `endpoints.${name} is empty, must be like tcp://127.0.0.1:5520`,
    );
  }
  check.count('limits.maxKeyBytes', settings.limits.maxKeyBytes, 1);
  check.count('limits.maxBodyBytes', settings.limits.maxBodyBytes, 1);
  check.millis('liveWaitMs', settings.liveWaitMs);
  check.millis('snapshotTimeoutMs', settings.snapshotTimeoutMs);
  check.millis('silenceMs', settings.silenceMs);
  check.millis('countIntervalMs', settings.countIntervalMs);
  check.count('maxPendingKeys', settings.maxPendingKeys, 0);
  check.count('maxPendingBytes', settings.maxPendingBytes, 0);
  check.require(
    settings.lingerMs >= 0 && settings.lingerMs < Infinity,
    `lingerMs is ${settings.lingerMs}, must be milliseconds, or 0`,
  );
  check.done();
  return settings;
}

/** @throws {@link KvOptionError} telling every mistake */
export function checkSetOptions({ ttlMs, keepAlive = false, ifOffline = 'keep' }: KvSetOptions): void {
  const check = new OptionCheck(KvOptionError);
  checkTtl(check, ttlMs);
  check.require(
    !keepAlive || (ttlMs !== undefined && ttlMs >= LEAST_KEPT_TTL_MS),
    `keepAlive is set, must be so with a ttlMs of at least ${LEAST_KEPT_TTL_MS}`,
  );
  // For callers in plain JavaScript: a misspelt word must not turn an event into a fact.
  const words: readonly string[] = ['keep', 'fail'];
  check.require(words.includes(ifOffline), `ifOffline is ${ifOffline}, must be 'keep' or 'fail'`);
  check.done();
}

/** @throws {@link KvOptionError} telling every mistake */
export function checkSetIfOptions(ttlMs: Millis | undefined, timeoutMs: Millis, expectedSeq: bigint): void {
  const check = new OptionCheck(KvOptionError);
  checkTtl(check, ttlMs);
  check.millis('timeoutMs', timeoutMs, true);
  check.require(
    expectedSeq >= 0n && expectedSeq < 1n << 64n,
    `expectedSeq is ${String(expectedSeq)}, must be a sequence, or 0 for a key that is absent`,
  );
  check.done();
}

/** @throws {@link KvOptionError} when it has no meaning */
export function checkTimeout(timeoutMs: Millis): void {
  const check = new OptionCheck(KvOptionError);
  check.millis('timeoutMs', timeoutMs, true);
  check.done();
}

function checkTtl(check: OptionCheck, ttlMs: Millis | undefined): void {
  check.require(
    ttlMs === undefined || (ttlMs > 0 && ttlMs <= MAX_TTL_SECONDS * 1_000),
    `ttlMs is ${ttlMs ?? ''}, must be milliseconds above 0, and ten years at most`,
  );
}

/** The endpoints on ports some above that of `endpoint`. */
function besides(endpoint: string, wire: KvWire, check: OptionCheck): KvEndpoints {
  const [, host, text] = /^(.+:)(\d{1,5})$/.exec(endpoint) ?? [];
  const port = Number(text);
  const above = PORTS[wire];
  check.require(
    host !== undefined && port > 0 && port + above.collector <= 65_535,
    `endpoint is "${endpoint}", must end with a port, like tcp://127.0.0.1:5514, with ${above.collector} more above it`,
  );
  const at = (offset: number): string => `${host ?? ''}${port + offset}`;
  return { snapshot: at(above.snapshot), publisher: at(above.publisher), collector: at(above.collector) };
}
