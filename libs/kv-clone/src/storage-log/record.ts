import { createHash } from 'node:crypto';
import { asBuffer, frameKey } from '@raspy/wire';
import type { StoredEntry } from '../storage.js';

// Keys of the log: a letter, then the bytes of an entry's key, or their hash. Another form of value would have another letter.
const ENTRY = 'e';
const HASHED = 'h';
/** The key of the sequence that is reserved. */
export const SEQUENCE_KEY = 's';

/** Longer keys are stored in the value: the log takes 1,024, and keeps each in memory. */
const MAX_PLAIN_KEY_BYTES = 511;
const SEQUENCE_BYTES = 8;
const TTL_BYTES = 4;
const KEY_LENGTH_BYTES = 4;
const HEAD_BYTES = SEQUENCE_BYTES + TTL_BYTES;

/** What an entry of this key is called in the log. */
export function logKey(key: Uint8Array): string {
  if (key.length <= MAX_PLAIN_KEY_BYTES) return ENTRY + frameKey(key);
  return HASHED + frameKey(createHash('sha256').update(key).digest());
}

/**
 * The value of an entry: sequence (f64) and time to live (u32), for a hashed key its length (u32) and the key, then the body;
 * numbers are big-endian.
 * @param name - what {@link logKey} gives for its key
 * @throws RangeError for a time to live that is none
 */
export function encodeEntry({ key, seq, ttlSeconds, body }: StoredEntry, name: string): Uint8Array[] {
  const isHashed = name.startsWith(HASHED);
  const head = Buffer.allocUnsafe(HEAD_BYTES + (isHashed ? KEY_LENGTH_BYTES : 0));
  const end = head.writeUInt32BE(ttlSeconds, head.writeDoubleBE(seq));
  if (!isHashed) return [head, body];
  head.writeUInt32BE(key.length, end);
  return [head, key, body];
}

/** Whether an entry of that name may have such a value. */
export function isEntry(name: string, value: Buffer): boolean {
  if (name.startsWith(ENTRY)) return value.length >= HEAD_BYTES;
  const keyStart = HEAD_BYTES + KEY_LENGTH_BYTES;
  return (
    name.startsWith(HASHED) &&
    value.length >= keyStart &&
    value.length >= keyStart + value.readUInt32BE(HEAD_BYTES)
  );
}

/** The entry in a value for which {@link isEntry} holds; of `value` the body is a view, and a hashed key. */
export function decodeEntry(name: string, value: Buffer): StoredEntry {
  let key: Buffer;
  let bodyStart = HEAD_BYTES;
  if (name.startsWith(ENTRY)) key = Buffer.from(name.slice(ENTRY.length), 'latin1');
  else {
    const keyStart = HEAD_BYTES + KEY_LENGTH_BYTES;
    bodyStart = keyStart + value.readUInt32BE(HEAD_BYTES);
    key = value.subarray(keyStart, bodyStart);
  }
  return {
    key,
    seq: value.readDoubleBE(),
    ttlSeconds: value.readUInt32BE(SEQUENCE_BYTES),
    body: value.subarray(bodyStart),
  };
}

/** A sequence of up to 2^53 - 1. */
export function encodeSequence(seq: number): Buffer {
  const value = Buffer.alloc(SEQUENCE_BYTES);
  value.writeDoubleBE(seq);
  return value;
}

/** `undefined` when it is none. */
export function decodeSequence(value: Uint8Array): number | undefined {
  if (value.length !== SEQUENCE_BYTES) return undefined;
  const seq = asBuffer(value).readDoubleBE();
  return Number.isSafeInteger(seq) && seq >= 0 ? seq : undefined;
}
