import type { Cancel, Clock } from '@raspy/clock';
import { Batch, type LogChange } from './batch.js';
import { Cleaner } from './cleaner.js';
import { BATCH_HEADER_BYTES, RECORD_HEADER_BYTES, writeBatchHeader } from './format.js';
import type { KeyIndex } from './key-index.js';
import { brokenFailure, flushFailure, LogStoreError } from './log-error.js';
import type { LogFile } from './log-files.js';
import type { LogLimits } from './log-options.js';
import { LeftOver, type Segments } from './segments.js';
import type { TailCache } from './tail-cache.js';

/** What a disk is written by: one that is filled in part is written anew. */
const PAGE_BYTES = 4_096;

/** What a writer writes to, and keeps up to date. */
export interface WriterParts {
  readonly folder: string;
  readonly segments: Segments;
  readonly index: KeyIndex;
  readonly cache: TailCache;
  readonly limits: LogLimits;
  readonly clock: Clock;
}

/**
 * Gathers changes while a flush is under way, and then writes them in one batch: one write, one sync. A batch is begun
 * only after the sync of the one before, so that a loss of power can tear the last one alone.
 */
export class LogWriter {
  commits = 0;
  flushes = 0;
  failures = 0;
  droppedNotes = 0;
  bytesGiven = 0;
  bytesWritten = 0;
  readonly #parts: WriterParts;
  readonly #cleaner: Cleaner;
  #filling = new Batch();
  /** The other one: being written, or ready to be filled next. */
  #other = new Batch();
  #isWriting = false;
  #isScheduled = false;
  #isRunning = false;
  #isClosed = false;
  #broken: LogStoreError | undefined;
  #cancelNoteTimer: Cancel | undefined;
  #removal: Promise<void> | undefined;
  #whenIdle: (() => void)[] = [];

  /** @param segment - the number of the first segment that it begins */
  constructor(parts: WriterParts, segment: number) {
    this.#parts = parts;
    this.#filling.reset(segment);
    this.#cleaner = new Cleaner(parts.segments, parts.index, parts.limits.segmentBytes, parts.clock, () =>
      this.#schedule(),
    );
    this.#tidyUp();
  }

  /** @throws (rejects) LogStoreError, or RangeError for a key that cannot be one */
  commit(changes: readonly LogChange[]): Promise<void> {
    const error = this.#refusal() ?? this.#add(changes, false);
    if (error !== undefined) return Promise.reject(error);
    if (changes.length === 0) return Promise.resolve();
    this.#filling.commits++;
    this.#filling.isUrgent = true;
    this.#schedule();
    return this.#filling.done();
  }

  /** @throws LogStoreError LOG_CLOSED or LOG_TOO_LARGE, or RangeError for a key that cannot be one */
  note(changes: readonly LogChange[]): void {
    if (this.#isClosed) throw closedError(this.#parts.folder);
    if (this.#broken !== undefined || this.#pendingBytes >= this.#parts.limits.maxPendingBytes / 2) {
      this.droppedNotes += changes.length;
      return;
    }
    const error = this.#add(changes, true);
    if (error !== undefined) throw error;
    this.#awaitNotes();
  }

  /** @throws LogStoreError (rejects) when something that was given could not be written */
  flush(): Promise<void> {
    if (this.#filling.records === 0) return this.#isWriting ? this.#other.done() : Promise.resolve();
    this.#filling.isUrgent = true;
    this.#schedule();
    return this.#filling.done();
  }

  /** Takes nothing more, writes all that was given, and resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelNoteTimer?.();
    this.#cleaner.stop();
    if (this.#filling.records > 0) {
      this.#filling.isUrgent = true;
      this.#schedule();
    }
    if (this.#isScheduled || this.#isRunning) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
    await this.#removal;
  }

  get #pendingBytes(): number {
    return this.#filling.length + (this.#isWriting ? this.#other.length : 0);
  }

  #refusal(): LogStoreError | undefined {
    const { folder, limits } = this.#parts;
    if (this.#isClosed) return closedError(folder);
    if (this.#broken !== undefined) return this.#broken;
    if (this.#pendingBytes < limits.maxPendingBytes + BATCH_HEADER_BYTES) return undefined;
    return new LogStoreError(
      'LOG_FULL',
      `the log in ${folder} has more than ${limits.maxPendingBytes} bytes to write, for its disk is too slow: ` +
        'commit again when earlier commits are done',
    );
  }

  #add(changes: readonly LogChange[], isNote: boolean): LogStoreError | RangeError | undefined {
    const { length, records } = this.#filling;
    const error = this.#filling.add(changes, this.#parts.limits.maxRecordBytes, isNote);
    this.bytesGiven +=
      this.#filling.length - length - RECORD_HEADER_BYTES * (this.#filling.records - records);
    return error;
  }

  /** A turn later, so that all that is committed in this one shares the flush. */
  #schedule(): void {
    if (this.#isScheduled || this.#isRunning) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#run();
    });
  }

  #awaitNotes(): void {
    const { clock, limits } = this.#parts;
    this.#cancelNoteTimer ??= clock.schedule(clock.now() + limits.noteFlushMs, () => {
      this.#cancelNoteTimer = undefined;
      this.#filling.isUrgent = true;
      this.#schedule();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while ((this.#filling.isUrgent && this.#filling.records > 0) || this.#cleaner.isReady) {
      await this.#flush();
      this.#tidyUp();
      // What is committed by those who were just told shares the next flush.
      await new Promise(setImmediate);
    }
    this.#isRunning = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  async #flush(): Promise<void> {
    const batch = this.#filling;
    const piece = this.#cleaner.take(batch.segment, batch);
    const hasBatch = batch.records > 0;
    if (piece === undefined && !hasBatch) return;
    if (hasBatch) {
      this.#filling = this.#other;
      this.#other = batch;
      this.#isWriting = true;
      this.#filling.reset(this.#segmentAfter(batch, piece));
      this.#cancelNoteTimer?.();
      this.#cancelNoteTimer = undefined;
    } else batch.reset(this.#segmentAfter(batch, piece));
    let failure = await this.#write(piece, hasBatch ? batch : undefined);
    if (failure !== undefined && piece !== undefined) {
      // The disk may have room for what was committed, even though not for copies as well.
      this.#cleaner.pause();
      if (hasBatch && this.#broken === undefined) failure = await this.#write(undefined, batch);
    }
    if (hasBatch) {
      this.#isWriting = false;
      if (failure === undefined) this.commits += batch.commits;
      else this.#keepNotes(batch);
      batch.settle(failure);
    }
  }

  /** Where what is given from now on will go, if the flush that begins now succeeds. */
  #segmentAfter(batch: Batch, piece: Batch | undefined): number {
    const { segments, limits } = this.#parts;
    const end = segments.endOf(batch.segment) + batch.length + (piece?.length ?? 0);
    return end < limits.segmentBytes ? batch.segment : batch.segment + 1;
  }

  /** @returns why it failed, after which nothing of it is there */
  async #write(piece: Batch | undefined, batch: Batch | undefined): Promise<LogStoreError | undefined> {
    if (this.#broken !== undefined) return this.#broken;
    const { segments } = this.#parts;
    const { segment } = (piece ?? batch)!;
    let file: LogFile;
    try {
      file = await segments.fileOf(segment);
    } catch (cause) {
      return this.#failed(cause, cause instanceof LeftOver);
    }
    const position = segments.endOf(segment);
    const first = (piece ?? batch)!.bytes;
    const second = piece === undefined ? undefined : batch?.bytes.subarray(BATCH_HEADER_BYTES);
    const bytes = first.length + (second?.length ?? 0);
    const records = (piece?.records ?? 0) + (batch?.records ?? 0);
    writeBatchHeader(first, segment, position, bytes - BATCH_HEADER_BYTES, records);
    let isWritten = false;
    try {
      await file.write(second === undefined ? [first] : [first, second], position);
      isWritten = true;
      await file.sync();
    } catch (cause) {
      const isUndone = await file
        .truncate(position)
        .then(() => file.sync())
        .then(
          () => true,
          () => false,
        );
      return this.#failed(cause, isWritten || !isUndone);
    }
    segments.written(bytes);
    this.flushes++;
    const pages = Math.ceil((position + bytes) / PAGE_BYTES) - Math.floor(position / PAGE_BYTES);
    this.bytesWritten += pages * PAGE_BYTES;
    this.#apply(first, piece ?? batch!, position);
    if (second !== undefined) this.#apply(second, batch!, position + first.length - BATCH_HEADER_BYTES);
    return undefined;
  }

  /** @param base - where in the segment the batch would begin with its header */
  #apply(bytes: Buffer, batch: Batch, base: number): void {
    const { index, cache } = this.#parts;
    const { segment } = batch;
    cache.add(segment, base + batch.length - bytes.length, bytes);
    batch.eachRecord((key, isPut, start, length) => {
      if (isPut) index.put(key, segment, base + start, length);
      else index.delete(key);
    });
  }

  #failed(cause: unknown, isBroken: boolean): LogStoreError {
    const { folder } = this.#parts;
    this.failures++;
    if (!isBroken) return flushFailure(folder, cause);
    this.#broken = brokenFailure(folder, cause);
    this.#cleaner.stop();
    return this.#broken;
  }

  /** Puts the notes of a batch that failed in front of what was given since. */
  #keepNotes(batch: Batch): void {
    if (batch.notes === 0) return;
    if (this.#broken !== undefined) {
      this.droppedNotes += batch.notes;
      return;
    }
    const since = this.#filling;
    const both = new Batch();
    both.reset(since.segment);
    both.take(batch, 'notes');
    both.take(since, 'all');
    this.#filling = both;
    this.#awaitNotes();
  }

  /** Removes the oldest segment when nothing of it counts any more, and begins to clean it when too much is dead. */
  #tidyUp(): void {
    const { segments, index, cache } = this.#parts;
    if (this.#removal !== undefined || this.#cleaner.isPaused) return;
    const { oldest } = segments;
    if (oldest === undefined || segments.count < 2 || index.liveRecords(oldest) > 0) {
      this.#cleaner.check();
      return;
    }
    this.#cleaner.forget();
    this.#removal = segments
      .removeOldest()
      .then(
        () => cache.forget(oldest),
        () => {
          this.failures++;
          this.#cleaner.pause();
        },
      )
      .then(() => {
        this.#removal = undefined;
        this.#tidyUp();
      });
  }
}

export function closedError(folder: string): LogStoreError {
  return new LogStoreError('LOG_CLOSED', `the log in ${folder} is closed: open it again`);
}
