import type { KvCommit, KvStorage, KvStorageStatistics, KvStored, StoredEntry } from '@raspy/kv-clone';
import { decodeEntry, decodeNumber, encodeEntries, encodeNumber, RESERVED_KEY, storedKey } from './record.js';
import type { StoreAccess, Tree } from './store-access.js';
import { StoreError } from './store-error.js';

/** Entries read at a time; no read transaction, which would keep old pages from being used again, lasts longer. */
const ENTRIES_A_READ = 1_000;

/** Last values in one tree of a store. */
export class KeyValueTree implements KvStorage {
  readonly #store: StoreAccess;
  readonly #tree: Tree;
  readonly #released: () => void;
  /** As it is on the disk; `undefined` when that is not known. */
  #reservedSeq: number | undefined;
  #isClosed = false;
  #commits = 0;
  #bytesGiven = 0;
  #bytesWritten = 0;

  constructor(store: StoreAccess, tree: Tree, released: () => void) {
    this.#store = store;
    this.#tree = tree;
    this.#released = released;
  }

  // oxlint-disable-next-line typescript/require-await -- The port is asynchronous, LMDB reads synchronously.
  async load(): Promise<KvStored> {
    this.#assertUsable();
    const reservedSeq = decodeNumber(this.#tree.get(RESERVED_KEY));
    this.#reservedSeq = reservedSeq;
    return { reservedSeq, entries: this.#entries() };
  }

  async commit({ puts, deletes, reservedSeq }: KvCommit): Promise<void> {
    this.#assertUsable();
    const records = encodeEntries(puts);
    const gone = deletes.map(storedKey);
    const reserved = reservedSeq === this.#reservedSeq ? undefined : encodeNumber(RESERVED_KEY, reservedSeq);
    if (records.length === 0 && gone.length === 0 && reserved === undefined) return;
    this.#reservedSeq = undefined;
    const given = bytesGiven(puts, deletes);
    const changes = records.length + gone.length + 1;
    const bytes = await this.#store.write(this.#tree, given, changes, () => {
      for (const key of gone) void this.#tree.remove(key);
      for (const { key, value } of records) void this.#tree.put(key, value);
      if (reserved !== undefined) void this.#tree.put(RESERVED_KEY, reserved);
    });
    this.#reservedSeq = reservedSeq;
    this.#commits++;
    this.#bytesGiven += given;
    this.#bytesWritten += bytes;
  }

  statistics(): KvStorageStatistics {
    return { commits: this.#commits, bytesGiven: this.#bytesGiven, bytesWritten: this.#bytesWritten };
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#released();
    }
    return Promise.resolve();
  }

  *#entries(): Generator<StoredEntry, void> {
    let after: Uint8Array = RESERVED_KEY;
    for (;;) {
      this.#assertUsable();
      const batch = this.#tree.getRange({ start: after, exclusiveStart: true, limit: ENTRIES_A_READ });
      const entries = Array.from(batch);
      // A branch that leads astray would have it read the same for ever.
      if (entries.length > 0 && Buffer.compare(entries[0]!.key, after) <= 0) {
        throw new StoreError(
          'STORE_CORRUPT',
          `the tree in ${this.#store.folder} is damaged (keys are out of order): restore a copy, or move data.mdb away`,
        );
      }
      for (const { key, value } of entries) yield decodeEntry(key, value);
      if (entries.length < ENTRIES_A_READ) return;
      after = entries.at(-1)!.key;
    }
  }

  #assertUsable(): void {
    if (this.#isClosed) {
      throw new StoreError(
        'STORE_CLOSED',
        `the tree in ${this.#store.folder} is closed: take it from the store again`,
      );
    }
    this.#store.assertUsable();
  }
}

function bytesGiven(puts: readonly StoredEntry[], deletes: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const { key, body } of puts) bytes += key.length + body.length;
  for (const key of deletes) bytes += key.length;
  return bytes;
}
