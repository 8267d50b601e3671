import type { Clock, Millis } from '@raspy/clock';

/** What is told of a log while it is opened, in the log's order. */
export type ReplayEvent =
  /** A value as it was stored; `value` is valid during the call only. */
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer }
  | { readonly type: 'delete'; readonly key: string }
  /** Here `bytes` bytes of file `segment` are not as they were written: puts and deletes may be missing. */
  | { readonly type: 'damage'; readonly segment: string; readonly bytes: number };

/** How `openLogStore` opens a store. */
export interface LogStoreOptions {
  /** Where its files are; made, for its owner alone, unless it is there. The folder that it is in must be there. */
  readonly folder: string;
  /** A file that has grown to so many bytes is followed by a new one; 4,096 to 2^29. @default 16 MiB */
  readonly segmentBytes?: number;
  /** The largest key and value together; up to 2^29. @default 128 MiB */
  readonly maxRecordBytes?: number;
  /** How much may be given that is not flushed yet; up to 2^29. @default 64 MiB */
  readonly maxPendingBytes?: number;
  /** How much of what was written last is kept in memory for `get`; 0 for nothing. @default 8 MiB */
  readonly readCacheBytes?: number;
  /** How long a note waits for a commit to go with, before it is written alone. @default 1,000 */
  readonly noteFlushMs?: Millis;
  /** Told each record, in the order of the log, while it is opened; what it throws, opening rejects with. */
  readonly replay?: (event: ReplayEvent) => void;
  /** Times notes and names copies of damaged files. @default the machine's clock */
  readonly clock?: Clock;
}

/** {@link LogStoreOptions} with the defaults in their places. */
export interface LogLimits {
  readonly segmentBytes: number;
  readonly maxRecordBytes: number;
  readonly maxPendingBytes: number;
  readonly readCacheBytes: number;
  readonly noteFlushMs: Millis;
}

/**
 * So that a batch, which is at most what is pending and one more commit, added to a segment that is not full yet, can
 * be read back in one piece.
 */
export const MOST_BYTES = 2 ** 29;

const MiB = 2 ** 20;

/** @throws RangeError for a number that has no meaning */
export function limitsOf(options: LogStoreOptions): LogLimits {
  const limits: LogLimits = {
    segmentBytes: options.segmentBytes ?? 16 * MiB,
    maxRecordBytes: options.maxRecordBytes ?? 128 * MiB,
    maxPendingBytes: options.maxPendingBytes ?? 64 * MiB,
    readCacheBytes: options.readCacheBytes ?? 8 * MiB,
    noteFlushMs: options.noteFlushMs ?? 1_000,
  };
  const mistakes: string[] = [];
  const whole = (
    name: 'segmentBytes' | 'maxRecordBytes' | 'maxPendingBytes' | 'readCacheBytes',
    least: number,
  ) => {
    const value = limits[name];
    if (!Number.isInteger(value) || value < least || value > MOST_BYTES) {
      mistakes.push(`${name} is ${value}, must be a whole number from ${least} to ${MOST_BYTES}`);
    }
  };
  whole('segmentBytes', 4_096);
  whole('maxRecordBytes', 1);
  whole('maxPendingBytes', 1);
  whole('readCacheBytes', 0);
  if (!(limits.noteFlushMs > 0)) {
    mistakes.push(`noteFlushMs is ${limits.noteFlushMs}, must be milliseconds above 0`);
  }
  if (mistakes.length > 0) throw new RangeError(`options have no meaning: ${mistakes.join('; ')}`);
  return limits;
}
