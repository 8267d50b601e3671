import type { LogChange } from './batch.js';
import { RECORD_HEADER_BYTES } from './format.js';
import type { KeyIndex } from './key-index.js';
import { closedError, type LogWriter } from './log-writer.js';
import type { Segments } from './segments.js';
import type { TailCache } from './tail-cache.js';

/** A file of which not all is as it was written. */
export interface DamagedFile {
  readonly file: string;
  readonly bytes: number;
}

/** What opening a store found. */
export interface LogFindings {
  /** Bytes at the log's end that a loss of power or a kill cut short, their calls included; none was acknowledged. */
  readonly tornBytes: number;
  /** Files whose sound records were taken, and copied aside; records may be missing. */
  readonly damaged: readonly DamagedFile[];
}

/** What a store has done since it was opened, and what it holds. */
export interface LogStatistics {
  /** Calls of `commit` that were acknowledged. */
  readonly commits: number;
  /** Syncs that they, notes and cleaning took. */
  readonly flushes: number;
  /** Keys and values of commits and notes. */
  readonly bytesGiven: number;
  /** What went to the disk, in pages of 4,096 bytes: those, their headers, and what was copied to give room back. */
  readonly bytesWritten: number;
  /** Records that count. */
  readonly liveBytes: number;
  /** All files. */
  readonly totalBytes: number;
  readonly segments: number;
  readonly keys: number;
  /** Flushes and removals that failed. */
  readonly failures: number;
  /** Changes of notes that were not taken, for too much was waiting or the store is unusable. */
  readonly droppedNotes: number;
}

/** What a store consists of. */
export interface StoreParts {
  readonly folder: string;
  readonly findings: LogFindings;
  readonly segments: Segments;
  readonly index: KeyIndex;
  readonly cache: TailCache;
  readonly writer: LogWriter;
}

/** A store that is open; made by `openLogStore`. */
export class LogStore {
  /** What opening found. */
  readonly findings: LogFindings;
  readonly #parts: StoreParts;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.findings = parts.findings;
  }

  /**
   * Stores changes, in the order given. They are on the disk, and visible to `get`, when it resolves; many calls share
   * one flush, and one promise. After a loss of power all of them are there, or none. When it rejects with LOG_FULL none is.
   * @throws {@link LogStoreError} (rejects) LOG_FULL, LOG_TOO_LARGE, LOG_UNUSABLE or LOG_CLOSED; RangeError for a key
   * that has no characters, more than 1,024, or others than U+0000 to U+00FF
   */
  commit(changes: readonly LogChange[]): Promise<void> {
    return this.#parts.writer.commit(changes);
  }

  /**
   * Stores changes whose loss would do no harm: with the next commit, or else after `noteFlushMs`. Where they cannot be
   * written they wait for the next flush. They are dropped, and counted, once half of `maxPendingBytes` waits.
   * @throws {@link LogStoreError} LOG_TOO_LARGE or LOG_CLOSED; RangeError as for `commit`
   */
  note(changes: readonly LogChange[]): void {
    this.#parts.writer.note(changes);
  }

  /**
   * The value that was stored last, as far as it is on the disk; a copy.
   * @throws {@link LogStoreError} (rejects) LOG_UNUSABLE when it cannot be read, or LOG_CLOSED
   */
  get(key: string): Promise<Buffer | undefined> {
    const { folder, index, cache, segments } = this.#parts;
    if (this.#closing !== undefined) return Promise.reject(closedError(folder));
    const place = index.place(key);
    if (place === undefined) return Promise.resolve(undefined);
    const valueBytes = place.bytes - RECORD_HEADER_BYTES - key.length;
    const cached = cache.read(place.segment, place.offset + place.bytes - valueBytes, valueBytes);
    return cached === undefined ? segments.readValue(place, key.length) : Promise.resolve(cached);
  }

  has(key: string): boolean {
    return this.#parts.index.has(key);
  }

  get size(): number {
    return this.#parts.index.size;
  }

  /** In no particular order. */
  keys(): IterableIterator<string> {
    return this.#parts.index.keys();
  }

  statistics(): LogStatistics {
    const { index, segments, writer } = this.#parts;
    return {
      commits: writer.commits,
      flushes: writer.flushes,
      bytesGiven: writer.bytesGiven,
      bytesWritten: writer.bytesWritten,
      liveBytes: index.liveBytes,
      totalBytes: segments.totalBytes,
      segments: segments.count,
      keys: index.size,
      failures: writer.failures,
      droppedNotes: writer.droppedNotes,
    };
  }

  /**
   * Resolves when all that was given, notes included, is on the disk.
   * @throws {@link LogStoreError} (rejects) LOG_FULL or LOG_UNUSABLE when some of it is not
   */
  flush(): Promise<void> {
    return this.#parts.writer.flush();
  }

  /** Writes what was given, and closes all files; what cannot be written is told to those who wait for it. */
  close(): Promise<void> {
    this.#closing ??= this.#parts.writer.close().then(() => this.#parts.segments.close());
    return this.#closing;
  }
}
