import { isUtf8 } from 'node:buffer';
import { asBuffer, type Frame } from '@raspy/wire';
import { isReservedKey } from './codec.js';

/** What one entry may be; the same on both sides, since a collector cannot answer (PROTOCOLS §9.1). */
export interface EntryLimits {
  /** Bytes of a key. @default 4,096 */
  readonly maxKeyBytes: number;
  /** Bytes of a body. @default 1,048,576 (1 MiB) */
  readonly maxBodyBytes: number;
}

export const DEFAULT_ENTRY_LIMITS: EntryLimits = { maxKeyBytes: 4_096, maxBodyBytes: 1_048_576 };

/** Why an update was refused for itself. */
export type EntryRefusal =
  /** KTHXBAI, HUGZ or ICANHAZ?. */
  | 'reserved-key'
  /** Empty, not beginning with `/`, or no UTF-8. */
  | 'bad-key'
  | 'key-too-long'
  | 'body-too-large';

/** What is wrong with an update, if anything. */
export function refusalOf(key: Frame, body: Frame, limits: EntryLimits): EntryRefusal | undefined {
  if (key[0] !== 0x2f) return isReservedKey(key) ? 'reserved-key' : 'bad-key';
  if (key.length > limits.maxKeyBytes) return 'key-too-long';
  if (!isUtf8(asBuffer(key))) return 'bad-key';
  return body.length > limits.maxBodyBytes ? 'body-too-large' : undefined;
}
