import type { Millis } from '@raspy/clock';
import { frameKey, type Frame } from '@raspy/wire';
import type { KvCommit, StoredEntry } from '../storage.js';
import type { EntryTable } from './entry-table.js';
import type { Expiry } from './expiry.js';

/** Entries of one commit: more would hold up the process while they are handed over. */
const COMMIT_ENTRIES = 2_000;
const COMMIT_BYTES = 1024 * 1024;
/** Sequences are reserved in blocks of at least so many (PROTOCOLS §9.1). */
export const SEQUENCE_BLOCK = 10_000;
const MAX_SEQUENCE_BLOCK = 10_000_000;
/** What a commit may take until it is on disk. */
const COMMIT_MS: Millis = 100;
/** A block is to last so long, at the rate of the block before. */
const BLOCK_MS: Millis = 10_000;
const RETRY_MIN_MS: Millis = 1_000;
const RETRY_MAX_MS: Millis = 30_000;

/** Flag of an entry in the table: the disk has, or may have, one with its key; when it goes, the disk must be told. */
const STORED = 1;

interface JournalParts {
  readonly table: EntryTable;
  readonly expiry: Expiry;
  readonly flushMs: Millis;
  /** The sequences up to this are reserved. */
  readonly reservedSeq: number;
}

/** What has changed since it was last written: collects it, and says when to write what. */
export class Journal {
  readonly #parts: JournalParts;
  /** Ids, in the order in which they came to differ from the disk. */
  readonly #dirty = new Set<number>();
  readonly #deletes = new Map<string, Frame>();
  #flushAt: Millis = Infinity;
  #inFlight: { ids: readonly number[]; commit: KvCommit } | undefined;
  #failures = 0;
  #retryAt: Millis = -Infinity;
  #reserved: number;
  #block = SEQUENCE_BLOCK;
  #blockAt: Millis | undefined;
  #reserving = false;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#reserved = parts.reservedSeq;
  }

  /** Sequences up to this are reserved on disk. */
  get reservedSeq(): number {
    return this.#reserved;
  }

  /** Entries and deletions that are not on disk. */
  get pending(): number {
    return this.#dirty.size + this.#deletes.size + (this.#inFlight?.ids.length ?? 0);
  }

  /** How many commits failed since one succeeded. */
  get failures(): number {
    return this.#failures;
  }

  /** The entry was on disk before the server started. */
  restored(id: number): void {
    this.#parts.table.setFlags(id, STORED);
  }

  /** The entry was made, or its body or time to live changed. */
  changed(now: Millis, id: number): void {
    this.#dirty.add(id);
    this.#dueWithin(now);
  }

  /** The entry is about to be removed. @param key - its key, the journal's to keep */
  removed(now: Millis, id: number, key: Frame): void {
    this.#dirty.delete(id);
    // One that never got so far needs no deletion: so there are never more of these than entries on disk.
    if ((this.#parts.table.flagsOf(id) & STORED) === 0) return;
    this.#deletes.set(frameKey(key), key);
    this.#dueWithin(now);
  }

  /** A sequence was used. @returns whether it was the first beyond those reserved */
  advanced(now: Millis, seq: number): boolean {
    if (!this.#reserving && this.#needsBlock(seq)) {
      this.#reserving = true;
      this.#flushAt = Math.min(this.#flushAt, now);
    }
    return seq === this.#reserved + 1;
  }

  /** When {@link Journal.take} has something. */
  get nextDeadline(): Millis {
    return this.#inFlight === undefined ? Math.max(this.#flushAt, this.#retryAt) : Infinity;
  }

  /** What to write now, if anything; {@link Journal.committed} or {@link Journal.failed} must follow. */
  take(now: Millis, seq: number): KvCommit | undefined {
    if (now < this.nextDeadline) return undefined;
    if (this.#hasChanges || this.#needsBlock(seq)) return this.#take(now, seq);
    // What was to be written has gone again.
    this.#flushAt = Infinity;
    return undefined;
  }

  /** As {@link Journal.take}, whether it is due or not: the server ends. */
  takeAll(now: Millis, seq: number): KvCommit | undefined {
    const isDue = this.#hasChanges || seq > this.#reserved;
    return this.#inFlight === undefined && isDue ? this.#take(now, seq) : undefined;
  }

  /**
   * What was taken is on disk.
   * @param seq - of the latest update
   * @returns whether commits had failed before
   */
  committed(now: Millis, seq: number): boolean {
    const recovered = this.#failures > 0;
    this.#reserved = this.#inFlight?.commit.reservedSeq ?? this.#reserved;
    this.#inFlight = undefined;
    this.#reserving = false;
    this.#failures = 0;
    this.#retryAt = -Infinity;
    // What came meanwhile waits its own time; a set that did not fit goes on at once.
    if (this.#dirty.size > COMMIT_ENTRIES) this.#flushAt = now;
    // Updates went on while it was written, and may have outrun what it reserved; no other may come to notice.
    if (this.#needsBlock(seq)) {
      this.#reserving = true;
      this.#flushAt = now;
    }
    return recovered;
  }

  /** What was taken is not on disk; it will be part of another commit. */
  failed(now: Millis): void {
    const { ids = [], commit } = this.#inFlight ?? {};
    this.#inFlight = undefined;
    for (const id of ids) if (this.#parts.table.has(id)) this.changed(now, id);
    for (const key of commit?.deletes ?? []) this.#deletes.set(frameKey(key), key);
    this.#retryAt = now + Math.min(RETRY_MIN_MS * 2 ** this.#failures, RETRY_MAX_MS);
    this.#flushAt = Math.min(this.#flushAt, this.#retryAt);
    this.#failures++;
  }

  get #hasChanges(): boolean {
    return this.#dirty.size > 0 || this.#deletes.size > 0;
  }

  /** Whether half of the block, or more, is used. */
  #needsBlock(seq: number): boolean {
    return seq > this.#reserved - this.#block / 2;
  }

  #dueWithin(now: Millis): void {
    if (this.#flushAt !== Infinity) return;
    const { flushMs } = this.#parts;
    this.#flushAt = now + Math.max(flushMs - COMMIT_MS, flushMs / 2);
  }

  #take(now: Millis, seq: number): KvCommit {
    const { table } = this.#parts;
    const puts: StoredEntry[] = [];
    const ids: number[] = [];
    let bytes = 0;
    for (const id of this.#dirty) {
      if (ids.length === COMMIT_ENTRIES || bytes >= COMMIT_BYTES) break;
      this.#dirty.delete(id);
      table.setFlags(id, STORED);
      ids.push(id);
      puts.push(this.#stored(id));
      bytes += table.lengthOf(id);
    }
    const deletes: Frame[] = [];
    for (const [text, key] of this.#deletes) {
      if (deletes.length === COMMIT_ENTRIES) break;
      this.#deletes.delete(text);
      // Made again since: then it is written like any other, in this commit or the next. Until then the old one is there.
      const id = table.find(key);
      if (id < 0) deletes.push(key);
      else table.setFlags(id, STORED);
    }
    this.#flushAt = this.#hasChanges ? now : Infinity;
    const commit: KvCommit = { puts, deletes, reservedSeq: this.#reservation(now, seq) };
    this.#inFlight = { ids, commit };
    return commit;
  }

  #stored(id: number): StoredEntry {
    const { table, expiry } = this.#parts;
    const record = Buffer.allocUnsafeSlow(table.lengthOf(id));
    table.copy(id, record, 0);
    const keyLength = table.keyLengthOf(id);
    return {
      key: record.subarray(0, keyLength),
      seq: table.seqOf(id),
      ttlSeconds: expiry.secondsOf(id),
      body: record.subarray(keyLength),
    };
  }

  /** The next block when the present one is half used; larger when sequences go fast, so that the disk keeps ahead. */
  #reservation(now: Millis, seq: number): number {
    if (!this.#needsBlock(seq)) return this.#reserved;
    // While the disk fails, time tells nothing of the rate.
    if (this.#failures === 0) {
      const lasted = this.#blockAt === undefined ? Infinity : Math.max(now - this.#blockAt, 1);
      this.#blockAt = now;
      const wanted = Math.ceil((this.#block * BLOCK_MS) / (2 * lasted));
      this.#block = Math.min(Math.max(SEQUENCE_BLOCK, wanted), MAX_SEQUENCE_BLOCK);
    }
    // Never less than before, though the block may be smaller now.
    return Math.max(this.#reserved, seq + this.#block);
  }
}
