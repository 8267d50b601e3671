import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { StoredEntry } from '@raspy/kv-clone';

/**
 * Longer keys are stored under their hash. LMDB's own limit depends on its page size (1,978 bytes for 4,096); this one
 * holds for any, and long keys would make the upper pages of the tree, which every commit writes, hold fewer.
 */
const MAX_PLAIN_KEY_BYTES = 511;
/** Before the hash of a key; and alone, the key of the record with the reserved sequence. */
const HASHED = 0x00;
export const RESERVED_KEY = Buffer.from([HASHED]);

const SEQ_BYTES = 8;
const HEADER_BYTES = SEQ_BYTES + 4;
const KEY_LENGTH_BYTES = 4;
export const CRC_BYTES = 4;

/** A key as LMDB sees it: itself, or 0 and its SHA-256 if it is long, empty, or could be taken for one of those. */
export function storedKey(key: Uint8Array): Uint8Array {
  if (key.length > 0 && key.length <= MAX_PLAIN_KEY_BYTES && key[0] !== HASHED) return key;
  return Buffer.concat([RESERVED_KEY, createHash('sha256').update(key).digest()]);
}

/** A record to be written; the bytes are those of one buffer that nobody changes. */
export interface EncodedRecord {
  readonly key: Uint8Array;
  readonly value: Buffer;
}

/**
 * Records of entries: sequence (8 bytes), time to live (4), for a hashed key its length (4) and the key, the body, and the
 * CRC-32 (4) of stored key and all that; numbers are big-endian. All share one buffer: the native side is told the
 * address of each buffer once, which costs more than the copying.
 */
export function encodeEntries(entries: readonly StoredEntry[]): EncodedRecord[] {
  const keys = entries.map(({ key }) => storedKey(key));
  let size = 0;
  entries.forEach(({ key, body }, index) => {
    size += keys[index]!.length + HEADER_BYTES + body.length + CRC_BYTES;
    if (keys[index] !== key) size += KEY_LENGTH_BYTES + key.length;
  });
  const arena = Buffer.allocUnsafeSlow(size);
  let end = 0;
  return entries.map(({ key, seq, ttlSeconds, body }, index) => {
    const stored = keys[index]!;
    const start = end;
    arena.set(stored, start);
    const valueStart = start + stored.length;
    end = writeSeq(arena, seq, valueStart);
    end = arena.writeUInt32BE(ttlSeconds, end);
    if (stored !== key) {
      end = arena.writeUInt32BE(key.length, end);
      arena.set(key, end);
      end += key.length;
    }
    arena.set(body, end);
    end += body.length;
    end = arena.writeUInt32BE(crc32(arena.subarray(start, end)), end);
    return { key: stored, value: arena.subarray(valueStart, end) };
  });
}

/** The entry in a record whose CRC was checked when the store was opened; the body is a view of `value`. */
export function decodeEntry(stored: Uint8Array, value: Buffer): StoredEntry {
  const bodyEnd = value.length - CRC_BYTES;
  let key = stored;
  let bodyStart = HEADER_BYTES;
  if (stored[0] === HASHED) {
    const keyStart = HEADER_BYTES + KEY_LENGTH_BYTES;
    bodyStart = keyStart + value.readUInt32BE(HEADER_BYTES);
    key = value.subarray(keyStart, bodyStart);
  }
  return {
    key,
    seq: readSeq(value),
    ttlSeconds: value.readUInt32BE(SEQ_BYTES),
    body: value.subarray(bodyStart, bodyEnd),
  };
}

/** A record that holds one number of up to 2^53 - 1. */
export function encodeNumber(key: Uint8Array, number: number): Buffer {
  const value = Buffer.alloc(SEQ_BYTES + CRC_BYTES);
  writeSeq(value, number, 0);
  value.writeUInt32BE(recordCrc(key, value.subarray(0, SEQ_BYTES)), SEQ_BYTES);
  return value;
}

/** What {@link encodeNumber} wrote; 0 for no record. */
export function decodeNumber(value: Buffer | undefined): number {
  return value === undefined ? 0 : readSeq(value);
}

/** Whether a record is as it was written. */
export function isRecordSound(key: Uint8Array, value: Buffer): boolean {
  const end = value.length - CRC_BYTES;
  return end >= SEQ_BYTES && value.readUInt32BE(end) === recordCrc(key, value.subarray(0, end));
}

function recordCrc(key: Uint8Array, content: Uint8Array): number {
  return crc32(content, crc32(key));
}

function writeSeq(target: Buffer, seq: number, offset: number): number {
  return target.writeUInt32BE(seq >>> 0, target.writeUInt32BE(Math.floor(seq / 2 ** 32), offset));
}

function readSeq(value: Buffer): number {
  return value.readUInt32BE(0) * 2 ** 32 + value.readUInt32BE(4);
}
