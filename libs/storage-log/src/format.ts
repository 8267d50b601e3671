import { crc32 } from 'node:zlib';

/** All numbers are little-endian; see the README for the layouts. */
const MAGIC = 'RSPYLOG';
const VERSION = '1';
const BATCH_MAGIC = 0xb47c_1095;

export const SEGMENT_HEADER_BYTES = 20;
export const BATCH_HEADER_BYTES = 16;
export const RECORD_HEADER_BYTES = 11;
export const MAX_KEY_BYTES = 1_024;

export const PUT = 1;
export const DELETE = 2;
/** Beside them: the record before, or behind, belongs to the same call. */
export const HAS_PREVIOUS = 0x10;
export const HAS_NEXT = 0x20;
export const KIND_MASK = ~(HAS_PREVIOUS | HAS_NEXT);

/** Where the fields of a record are, after its CRC. */
export const RecordField = { KEY_BYTES: 4, KIND: 6, VALUE_BYTES: 7 } as const;

/** The bytes that a batch begins with, to be searched for. */
export const BATCH_MAGIC_BYTES = Buffer.alloc(4);
BATCH_MAGIC_BYTES.writeUInt32LE(BATCH_MAGIC);

const SMALLEST_RECORD_BYTES = RECORD_HEADER_BYTES + 1;

export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.log`;
}

/** @returns undefined when it is no segment's name */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{8,10})\.log$/.exec(name)?.[1];
  const segment = Number(digits);
  return digits !== undefined && segmentName(segment) === name && segment > 0 && segment < 2 ** 31
    ? segment
    : undefined;
}

/** What the header of a segment tells. */
export interface SegmentHeader {
  /** How far the segment before it was sound when this one was begun; what follows there was torn. 0 for none. */
  readonly previousEnd: number;
}

export function encodeSegmentHeader(segment: number, previousEnd: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.write(MAGIC + VERSION, 'latin1');
  header.writeUInt32LE(segment, 8);
  header.writeUInt32LE(previousEnd, 12);
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
  return header;
}

/** @returns undefined when it is not sound, or of another segment */
export function readSegmentHeader(
  bytes: Buffer,
  segment: number,
): SegmentHeader | 'otherVersion' | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32LE(16) !== crc32(bytes.subarray(0, 16)))
    return undefined;
  if (bytes.toString('latin1', 0, 7) !== MAGIC) return undefined;
  if (bytes.toString('latin1', 7, 8) !== VERSION) return 'otherVersion';
  return bytes.readUInt32LE(8) === segment ? { previousEnd: bytes.readUInt32LE(12) } : undefined;
}

/**
 * Its CRC covers its place as well: a copy of a log inside a value is never taken for a part of the log.
 * @param offset - where in the segment the batch begins
 */
export function writeBatchHeader(
  buffer: Buffer,
  segment: number,
  offset: number,
  payloadBytes: number,
  records: number,
): void {
  buffer.writeUInt32LE(BATCH_MAGIC, 0);
  buffer.writeUInt32LE(payloadBytes, 4);
  buffer.writeUInt32LE(records, 8);
  buffer.writeUInt32LE(batchCheck(buffer, 0, segment, offset), 12);
}

/** @returns how many bytes of records follow; undefined when there is no sound header at `at` */
export function readBatchHeader(bytes: Buffer, at: number, segment: number): number | undefined {
  if (at + BATCH_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== BATCH_MAGIC) return undefined;
  const payloadBytes = bytes.readUInt32LE(at + 4);
  const records = bytes.readUInt32LE(at + 8);
  if (records === 0 || payloadBytes < records * SMALLEST_RECORD_BYTES) return undefined;
  return bytes.readUInt32LE(at + 12) === batchCheck(bytes, at, segment, at) ? payloadBytes : undefined;
}

const place = Buffer.alloc(8);

function batchCheck(bytes: Buffer, at: number, segment: number, offset: number): number {
  place.writeUInt32LE(segment, 0);
  place.writeUInt32LE(offset, 4);
  return crc32(bytes.subarray(at, at + 12), crc32(place));
}

/** The CRC of the record from `at` to `end`; `segment` goes into it, for the reason that a batch's place does. */
export function recordCheck(bytes: Buffer, at: number, end: number, segment: number): number {
  return crc32(bytes.subarray(at + 4, end), segment);
}
