import {
  BATCH_HEADER_BYTES,
  BATCH_MAGIC_BYTES,
  DELETE,
  HAS_NEXT,
  HAS_PREVIOUS,
  KIND_MASK,
  MAX_KEY_BYTES,
  PUT,
  readBatchHeader,
  readSegmentHeader,
  RECORD_HEADER_BYTES,
  recordCheck,
  RecordField,
  SEGMENT_HEADER_BYTES,
} from './format.js';

/** What {@link SegmentScanner.next} came upon. */
export type Found = 'record' | 'gap' | 'end';

/** Bytes that may be checked in vain while records are searched for, so that crafted values cannot hold opening up. */
const SEARCH_BYTES = 2 ** 29;

/**
 * Goes through the bytes of a segment, whatever they are, and never throws: sound records, and the gaps between them.
 * Where lengths do not lead on, each place is tried.
 */
export class SegmentScanner {
  /** Of the record or gap that was found last. */
  from = 0;
  /** Of the record or gap that was found last; a gap may end behind the bytes when a batch should be longer. */
  to = 0;
  isPut = false;
  /** The record before it belongs to the same call, wherever that is. */
  hasPrevious = false;
  /** The record behind it belongs to the same call. */
  hasNext = false;
  readonly #bytes: Buffer;
  readonly #segment: number;
  #at = 0;
  /** Up to here there are records only. */
  #recordsEnd = 0;
  /** How far the last batch should go. */
  #claimedEnd = 0;
  #searchBytes = SEARCH_BYTES;

  constructor(bytes: Buffer, segment: number) {
    this.#bytes = bytes;
    this.#segment = segment;
  }

  next(): Found {
    for (;;) {
      const at = this.#at;
      if (at < this.#recordsEnd) {
        if (this.#isRecord(at, this.#recordsEnd)) {
          this.#at = this.to;
          return 'record';
        }
        return this.#gap(at, this.#findRecord(at + 1));
      }
      if (at >= this.#bytes.length) {
        if (this.#claimedEnd <= at) return 'end';
        const missing = this.#claimedEnd;
        this.#claimedEnd = 0;
        return this.#gap(at, missing);
      }
      if (at === 0) {
        const header = readSegmentHeader(this.#bytes, this.#segment);
        if (typeof header === 'object') {
          this.#at = SEGMENT_HEADER_BYTES;
          continue;
        }
      }
      const payloadBytes = at === 0 ? undefined : readBatchHeader(this.#bytes, at, this.#segment);
      if (payloadBytes === undefined) {
        this.#recordsEnd = this.findBatch(at + 1);
        return this.#gap(at, this.#findRecord(at + 1));
      }
      this.#at = at + BATCH_HEADER_BYTES;
      this.#claimedEnd = this.#at + payloadBytes;
      this.#recordsEnd = Math.min(this.#claimedEnd, this.#bytes.length);
    }
  }

  /** @returns where the next sound batch begins; the end of all bytes if there is none */
  findBatch(from: number): number {
    for (let at = from; (at = this.#bytes.indexOf(BATCH_MAGIC_BYTES, at)) >= 0; at++) {
      if (readBatchHeader(this.#bytes, at, this.#segment) !== undefined) return at;
    }
    return this.#bytes.length;
  }

  /** Of the record that was found last. */
  get key(): string {
    const start = this.from + RECORD_HEADER_BYTES;
    return this.#bytes.toString('latin1', start, start + this.#keyBytes);
  }

  /** Of the record that was found last; a view. */
  get value(): Buffer {
    return this.#bytes.subarray(this.from + RECORD_HEADER_BYTES + this.#keyBytes, this.to);
  }

  get #keyBytes(): number {
    return this.#bytes.readUInt16LE(this.from + RecordField.KEY_BYTES);
  }

  #gap(from: number, to: number): Found {
    this.from = from;
    this.to = to;
    this.#at = to;
    return 'gap';
  }

  /** @returns where the next sound record before `#recordsEnd` begins, or else that */
  #findRecord(from: number): number {
    const bytes = this.#bytes;
    const last = this.#recordsEnd - RECORD_HEADER_BYTES - 1;
    for (let at = from; at <= last; at++) {
      if (this.#searchBytes < 0) break;
      const kind = bytes[at + RecordField.KIND]! & KIND_MASK;
      if ((kind === PUT || kind === DELETE) && this.#isRecord(at, this.#recordsEnd)) return at;
    }
    return this.#recordsEnd;
  }

  #isRecord(at: number, limit: number): boolean {
    const bytes = this.#bytes;
    if (at + RECORD_HEADER_BYTES >= limit) return false;
    const flags = bytes[at + RecordField.KIND]!;
    const kind = flags & KIND_MASK;
    const keyBytes = bytes.readUInt16LE(at + RecordField.KEY_BYTES);
    const valueBytes = bytes.readUInt32LE(at + RecordField.VALUE_BYTES);
    const end = at + RECORD_HEADER_BYTES + keyBytes + valueBytes;
    const isPlausible =
      end <= limit &&
      keyBytes >= 1 &&
      keyBytes <= MAX_KEY_BYTES &&
      (kind === PUT || (kind === DELETE && valueBytes === 0));
    if (!isPlausible) return false;
    if (bytes.readUInt32LE(at) !== recordCheck(bytes, at, end, this.#segment)) {
      this.#searchBytes -= end - at;
      return false;
    }
    this.from = at;
    this.to = end;
    this.isPut = kind === PUT;
    this.hasPrevious = (flags & HAS_PREVIOUS) !== 0;
    this.hasNext = (flags & HAS_NEXT) !== 0;
    return true;
  }
}
