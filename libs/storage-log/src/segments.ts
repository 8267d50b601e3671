import {
  encodeSegmentHeader,
  RECORD_HEADER_BYTES,
  recordCheck,
  SEGMENT_HEADER_BYTES,
  segmentName,
} from './format.js';
import { readFailure } from './log-error.js';
import type { LogFile, LogFiles } from './log-files.js';
import type { Place } from './key-index.js';

/** A file of the log. */
interface Segment {
  readonly number: number;
  /** Up to where it is sound and on the disk. */
  bytes: number;
  file: Promise<LogFile> | undefined;
}

/** A segment that could not be begun, of which something is left that would be in the way. */
export class LeftOver extends Error {}

/** The files of the log, the oldest first. */
export class Segments {
  readonly #files: LogFiles;
  readonly #list: Segment[] = [];
  /** What is being read. */
  readonly #reads = new Set<Promise<unknown>>();
  #active: Segment | undefined;
  #totalBytes = 0;
  /** For the header of the first segment that will be begun. */
  #previousEnd = 0;

  constructor(files: LogFiles) {
    this.#files = files;
  }

  get count(): number {
    return this.#list.length;
  }

  /** Of all files. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** The number of the oldest, unless it is the one that is written to. */
  get oldest(): number | undefined {
    const oldest = this.#list[0];
    return oldest === this.#active ? undefined : oldest?.number;
  }

  /** Where the next batch will go, if it goes to that segment. */
  endOf(number: number): number {
    return this.#active?.number === number ? this.#active.bytes : SEGMENT_HEADER_BYTES;
  }

  /** Takes in what was found in the folder; the oldest first. @param soundEnd - what follows is torn */
  found(number: number, bytes: number, soundEnd: number): void {
    this.#list.push({ number, bytes, file: undefined });
    this.#totalBytes += bytes;
    this.#previousEnd = soundEnd;
  }

  /**
   * The file that a batch goes to; begun when it is not the one in use.
   * @throws what the system says; {@link LeftOver} when that cannot be repeated
   */
  async fileOf(number: number): Promise<LogFile> {
    if (this.#active?.number !== number) await this.#begin(number);
    return this.#open(this.#active!);
  }

  /** The batch that was written to the active segment is on the disk. */
  written(bytes: number): void {
    this.#active!.bytes += bytes;
    this.#totalBytes += bytes;
    this.#previousEnd = this.#active!.bytes;
  }

  /** @throws LogStoreError (rejects) LOG_UNUSABLE */
  async readValue({ segment: number, offset, bytes }: Place, keyBytes: number): Promise<Buffer> {
    const segment = this.#list.find((one) => one.number === number)!;
    const reading = this.#open(segment).then((file) => file.read(offset, bytes));
    this.#reads.add(reading);
    try {
      const record = await reading;
      const isSound =
        record.length === bytes && record.readUInt32LE(0) === recordCheck(record, 0, bytes, number);
      if (!isSound) throw new Error('a record is not as it was written');
      return record.subarray(RECORD_HEADER_BYTES + keyBytes);
    } catch (cause) {
      throw readFailure(this.#files.folder, segmentName(number), cause);
    } finally {
      this.#reads.delete(reading);
    }
  }

  /** All of the oldest segment. */
  readOldest(): Promise<Buffer> {
    return this.#files.read(segmentName(this.#list[0]!.number));
  }

  /** Removes the oldest segment; reads of it that have begun end well. */
  async removeOldest(): Promise<void> {
    const oldest = this.#list[0]!;
    // New ones do not begin, for no key is there any more.
    await Promise.allSettled(this.#reads);
    await this.#files.remove(segmentName(oldest.number));
    this.#list.shift();
    this.#totalBytes -= oldest.bytes;
    await oldest.file?.then((file) => file.close());
    await this.#files.sync();
  }

  /** Waits for reads that have begun. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#reads);
    await Promise.allSettled(this.#list.map(async ({ file }) => (await file)?.close()));
  }

  #open(segment: Segment): Promise<LogFile> {
    if (segment.file === undefined) {
      const file = this.#files.open(segmentName(segment.number), false);
      segment.file = file;
      // It may be possible later, as when there were too many open files.
      file.catch(() => (segment.file = undefined));
    }
    return segment.file;
  }

  async #begin(number: number): Promise<void> {
    const name = segmentName(number);
    const file = await this.#files.open(name, true);
    try {
      await file.write([encodeSegmentHeader(number, this.#previousEnd)], 0);
      await file.sync();
      await this.#files.sync();
    } catch (error) {
      await file
        .close()
        .then(() => this.#files.remove(name))
        .catch((cause: unknown) => {
          throw new LeftOver(`${name} could not be removed`, { cause });
        });
      throw error;
    }
    this.#active = { number, bytes: SEGMENT_HEADER_BYTES, file: Promise.resolve(file) };
    this.#list.push(this.#active);
    this.#totalBytes += SEGMENT_HEADER_BYTES;
    this.#previousEnd = SEGMENT_HEADER_BYTES;
  }
}
