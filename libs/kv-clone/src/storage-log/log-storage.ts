import type { Clock } from '@raspy/clock';
import { openLogStore, type LogChange, type LogStore, type ReplayEvent } from '@raspy/storage-log';
import type { KvCommit, KvStorage, KvStorageStatistics, KvStored, StoredEntry } from '../storage.js';
import {
  decodeEntry,
  decodeSequence,
  encodeEntry,
  encodeSequence,
  isEntry,
  logKey,
  SEQUENCE_KEY,
} from './record.js';

/** The size in which memory cards are erased; four of them are read at a start, if no more counts. */
const SEGMENT_BYTES = 4 * 2 ** 20;

/** How {@link openKvLog} opens a storage. */
export interface KvLogOptions {
  /** Where its files are; made unless it is there. One process at a time, which is for the caller to ensure. */
  readonly folder: string;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** Bytes of one of the log's files. @default 4,194,304 (4 MiB) */
  readonly segmentBytes?: number;
}

/** {@link KvStorageStatistics}, and what the log takes. */
export interface KvLogStatistics extends KvStorageStatistics {
  readonly bytesOnDisk: number;
}

/** A storage in an append-only log, and what opening it found. */
export interface KvLogStorage extends KvStorage {
  /** What of the log is not as it was written, for people; all else was read. Empty for a sound log. */
  readonly damage: readonly string[];
  /**
   * Whether something may be missing that was acknowledged, and with it the knowledge of which sequences were used: after
   * damage, and where the log's end is torn, for damage to the last commit looks the same.
   */
  readonly mayLackCommits: boolean;
  statistics(): KvLogStatistics;
}

/**
 * Opens the embedded engine: last values in an append-only log (`@raspy/storage-log`). A commit is there as a whole or not at
 * all; what the disk refuses leaves all as it was. Damage never makes it fail.
 * @throws LogStoreError (rejects) when the folder cannot be used, or holds what is not such a log
 */
export async function openKvLog(options: KvLogOptions): Promise<KvLogStorage> {
  const found = new Found();
  const log = await openLogStore({
    segmentBytes: SEGMENT_BYTES,
    ...options,
    // Nothing is read from it but at the start.
    readCacheBytes: 0,
    replay: (event) => found.take(event),
  });
  return new LogStorage(log, found);
}

/** What the log tells of while it is read. */
class Found {
  reservedSeq = 0;
  unreadable = 0;
  /** Values of entries, by their names in the log. */
  readonly #values = new Map<string, Buffer>();

  get hasEntries(): boolean {
    return this.#values.size > 0;
  }

  take(event: ReplayEvent): void {
    if (event.type === 'damage') return;
    if (event.type === 'delete') {
      this.#values.delete(event.key);
      return;
    }
    const { key, value } = event;
    if (key === SEQUENCE_KEY) {
      const seq = decodeSequence(value);
      if (seq === undefined) this.unreadable++;
      else this.reservedSeq = seq;
    } else if (isEntry(key, value)) this.#values.set(key, Buffer.from(value));
    else {
      // What was there before it would be older than anybody expects.
      this.#values.delete(key);
      this.unreadable++;
    }
  }

  /** Gives each away, so that memory holds it once. */
  *entries(): Generator<StoredEntry, void> {
    for (const [name, value] of this.#values) {
      this.#values.delete(name);
      yield decodeEntry(name, value);
    }
  }
}

class LogStorage implements KvLogStorage {
  readonly damage: readonly string[];
  readonly mayLackCommits: boolean;
  readonly #log: LogStore;
  #found: Found | undefined;
  /** As it is on the disk; `undefined` when that is not known. */
  #reservedSeq: number | undefined;
  #bytesGiven = 0;

  constructor(log: LogStore, found: Found) {
    this.#log = log;
    this.#found = found;
    this.#reservedSeq = found.reservedSeq;
    const { damaged, tornBytes } = log.findings;
    this.damage = [
      ...damaged.map(
        ({ file, bytes }) =>
          `${bytes} bytes of ${file} are not as they were written; what else is in it was read`,
      ),
      ...(found.unreadable === 0
        ? []
        : [`${found.unreadable} records have a form that this version does not know; they were left out`]),
    ];
    const lacksSequence = found.hasEntries && found.reservedSeq === 0;
    this.mayLackCommits = this.damage.length > 0 || tornBytes > 0 || lacksSequence;
  }

  load(): Promise<KvStored> {
    const found = this.#found;
    if (found === undefined) return Promise.reject(new Error('what was stored is read once only'));
    this.#found = undefined;
    return Promise.resolve({ reservedSeq: found.reservedSeq, entries: found.entries() });
  }

  async commit({ puts, deletes, reservedSeq }: KvCommit): Promise<void> {
    const changes: LogChange[] = deletes.map((key) => ({ delete: logKey(key) }));
    for (const entry of puts) {
      const put = logKey(entry.key);
      changes.push({ put, value: encodeEntry(entry, put) });
    }
    if (reservedSeq !== this.#reservedSeq) {
      changes.push({ put: SEQUENCE_KEY, value: encodeSequence(reservedSeq) });
    }
    if (changes.length === 0) return;
    this.#reservedSeq = undefined;
    await this.#log.commit(changes);
    this.#reservedSeq = reservedSeq;
    for (const { key, body } of puts) this.#bytesGiven += key.length + body.length;
    for (const key of deletes) this.#bytesGiven += key.length;
  }

  statistics(): KvLogStatistics {
    const { commits, bytesWritten, totalBytes } = this.#log.statistics();
    return { commits, bytesGiven: this.#bytesGiven, bytesWritten, bytesOnDisk: totalBytes };
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
