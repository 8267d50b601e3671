import type { KvChange, KvClient, KvClientStatus, KvEntry } from '@raspy/kv-clone';
import { BehaviorSubject, Subject } from 'rxjs';

/** A key/value tree that a test sets by hand. */
export class FakeTree {
  readonly changes = new Subject<KvChange>();
  readonly status$ = new BehaviorSubject<KvClientStatus>('synced');
  readonly sent: (readonly [key: string, value: string])[] = [];
  readonly #entries = new Map<string, KvEntry>();

  watch = () => this.changes;
  peek = (key: string) => this.#entries.get(key);

  /** As a client does. */
  set(key: string, value: string | Uint8Array): void {
    this.sent.push([key, String(value)]);
  }

  /** As it comes from the server. */
  put(key: string, value: unknown, restored = false): void {
    const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const entry = { key, body, seq: 1n, restored };
    this.#entries.set(key, entry);
    this.changes.next({ type: 'set', entry, healed: false });
  }

  drop(key: string): void {
    this.#entries.delete(key);
    this.changes.next({ type: 'delete', key, seq: 2n, healed: false });
  }

  get asClient(): KvClient {
    return this as unknown as KvClient;
  }
}
