import type { Observable } from 'rxjs';
import type { KvClientStatistics } from './client-counters.js';
import type { KvChange, KvEntry } from './entries.js';
import { KvSession, type KvClientStatus } from './kv-session.js';
import type { KvConnectOptions } from './options.js';

/** The manual's subscriber: follows one subtree, on the wire of three frames. */
export class KvSubscriberClient {
  /** The entries, then each change; see `KvClient.watch`. */
  readonly changes$: Observable<KvChange>;
  readonly #session: KvSession;

  /** @throws {@link KvOptionError} telling every option without meaning */
  constructor(options: KvConnectOptions = {}) {
    this.#session = new KvSession({ ...options, read: true }, { wire: 'kvmsg', write: false });
    this.changes$ = this.#session.watch(this.#session.settings.subtree);
  }

  /** How the client stands: the current status at once, then each change; completes after `closed`. */
  get status$(): Observable<KvClientStatus> {
    return this.#session.status$;
  }

  get status(): KvClientStatus {
    return this.#session.status;
  }

  /** The entries as they are known, current or not, in the order of their keys' bytes. */
  entries(): KvEntry[] {
    return this.#session.entries(this.#session.settings.subtree);
  }

  /** Counters since the client was made, and how it stands. */
  statistics(): KvClientStatistics {
    return this.#session.statistics();
  }

  /** Frees the sockets. Idempotent, never rejects. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** @see {@link KvSubscriberClient.close} */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
