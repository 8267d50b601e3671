import type { Observable } from 'rxjs';
import type { KvClientStatistics } from './client-counters.js';
import { KvSession, type KvClientStatus } from './kv-session.js';
import type { KvConnectOptions, KvDeleteOptions, KvSetOptions } from './options.js';

/** The manual's publisher: sets keys under one subtree, on the wire of three frames, which knows no time to live. */
export class KvPublisherClient {
  readonly #session: KvSession;

  /** @throws {@link KvOptionError} telling every option without meaning */
  constructor(options: KvConnectOptions = {}) {
    this.#session = new KvSession({ ...options, read: false }, { wire: 'kvmsg', write: true });
  }

  /** `syncing` before the connection stands the first time, `synced` while it does, `stale` while it is lost, `closed`. */
  get status$(): Observable<KvClientStatus> {
    return this.#session.status$;
  }

  get status(): KvClientStatus {
    return this.#session.status;
  }

  /** Sets `key` under the subtree: `a` under `/event` is `/event/a`. @throws as `KvClient.set` */
  send(key: string, value: string | Uint8Array, options: Pick<KvSetOptions, 'ifOffline'> = {}): void {
    this.#session.set(this.#full(key), value, options);
  }

  /** Deletes `key` under the subtree. @throws as `KvClient.delete` */
  delete(key: string, options: KvDeleteOptions = {}): void {
    this.#session.delete(this.#full(key), options);
  }

  /** Counters since the client was made, and how it stands. */
  statistics(): KvClientStatistics {
    return this.#session.statistics();
  }

  /** Gives what was sent half a second to leave, and frees the sockets. Idempotent, never rejects. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** @see {@link KvPublisherClient.close} */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #full(key: string): string {
    return `${this.#session.settings.subtree || '/'}${key.replace(/^\/+/, '')}`;
  }
}
