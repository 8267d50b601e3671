import type { Observable } from 'rxjs';
import type { KvClientStatistics } from './client-counters.js';
import type { KvChange, KvEntry } from './entries.js';
import type { KvCodec } from './kv-codec.js';
import { KvSession, type KvClientStatus } from './kv-session.js';
import type {
  KvClientOptions,
  KvDeleteOptions,
  KvGetOptions,
  KvSetIfOptions,
  KvSetOptions,
} from './options.js';
import { TypedKv } from './typed-kv.js';

/**
 * A client of the key/value tree, on the wire of RFC 12: a local picture of a subtree that knows whether it is current,
 * and updates to the server.
 *
 * It connects and reconnects by itself. Lost updates are noticed and healed by a new snapshot; `status` is `stale`
 * meanwhile, and the picture stays readable by `peek`. Until it is closed its connections keep the process alive.
 */
export class KvClient {
  readonly #session: KvSession;

  /** @throws {@link KvOptionError} telling every option without meaning */
  constructor(options: KvClientOptions = {}) {
    this.#session = new KvSession(options, { wire: 'chp', write: true });
  }

  /** How the client stands: the current status at once, then each change; completes after `closed`. */
  get status$(): Observable<KvClientStatus> {
    return this.#session.status$;
  }

  get status(): KvClientStatus {
    return this.#session.status;
  }

  /** Keys in the picture. */
  get size(): number {
    return this.#session.size;
  }

  /**
   * The entry of a key, `undefined` when there is none, as soon as the picture is current.
   *
   * @throws {@link KvNotSyncedError} (rejects) when it is not within `timeoutMs`; {@link KvOutsideSubtreeError},
   *   {@link KvAbortedError}, {@link KvClosedError}; {@link KvOptionError} for options without meaning
   */
  get(key: string, options: KvGetOptions = {}): Promise<KvEntry | undefined> {
    return this.#session.get(key, options);
  }

  /** The entry of a key as the picture has it, current or not. @throws {@link KvOutsideSubtreeError} */
  peek(key: string): KvEntry | undefined {
    return this.#session.peek(key);
  }

  /**
   * The entries of the picture as it is, in the order of their keys' bytes.
   * @param subtree - @default the client's
   * @throws {@link KvOutsideSubtreeError} for a subtree that is not within the client's
   */
  entries(subtree: string = this.#session.settings.subtree): KvEntry[] {
    return this.#session.entries(subtree);
  }

  /**
   * Everything that happens under a subtree. Each subscriber first gets a `snapshot`, as soon as there is a picture, then
   * each change once, in order. Never errors; completes when the client is closed. While the client is `stale`, nothing
   * comes; what was missed is told afterwards, as `healed`.
   * @param subtree - @default the client's
   * @throws {@link KvOutsideSubtreeError} for a subtree that is not within the client's
   */
  watch(subtree: string = this.#session.settings.subtree): Observable<KvChange> {
    return this.#session.watch(subtree);
  }

  /**
   * Sets a key. It is sent at once when the server can be reached; whether it arrives nobody tells (use `setIf` to know).
   *
   * @param value - at least one byte; a string stands for its UTF-8 bytes
   * @throws {@link KvLimitError} for what no server would take; {@link KvOfflineError} with `ifOffline: 'fail'`;
   *   {@link KvTooManyPendingError}, {@link KvClosedError}; {@link KvOptionError} for options without meaning
   */
  set(key: string, value: string | Uint8Array, options: KvSetOptions = {}): void {
    this.#session.set(key, value, options);
  }

  /** Deletes a key, and ends its `keepAlive`. @throws as {@link KvClient.set} */
  delete(key: string, options: KvDeleteOptions = {}): void {
    this.#session.delete(key, options);
  }

  /**
   * Sets a key on condition that its entry has still this sequence, and waits for the answer. Needs RasPy's server.
   *
   * @param expectedSeq - `seq` of the entry that it is to replace; 0 when the key must be absent
   * @returns the sequence of the update
   * @throws {@link KvConflictError} (rejects) when the entry has another; {@link KvUnknownOutcomeError} when it was sent and
   *   no answer came; {@link KvOfflineError} when it could not be sent; and as {@link KvClient.set}
   */
  setIf(
    key: string,
    value: string | Uint8Array,
    expectedSeq: bigint,
    options: KvSetIfOptions = {},
  ): Promise<bigint> {
    return this.#session.setIf(key, value, expectedSeq, options);
  }

  /** The same client with values of a type instead of bytes. */
  typed<T>(codec: KvCodec<T>): TypedKv<T> {
    return new TypedKv(this, codec);
  }

  /** Counters since the client was made, and how it stands. */
  statistics(): KvClientStatistics {
    return this.#session.statistics();
  }

  /**
   * Deletes what is kept alive, gives what was set `lingerMs` to leave, and frees the sockets; what still waits for a
   * connection is dropped. Idempotent, never rejects.
   */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** @see {@link KvClient.close} */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
