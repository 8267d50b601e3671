import { randomFillSync } from 'node:crypto';
import type { Frame } from '@raspy/wire';

const POOL_BYTES = 1_024;

/**
 * A source of unguessable bytes that asks the system once for many calls. Each call's bytes are its own: a pool is
 * never filled twice, since frames are not changed after hand-over.
 */
export function pooledEntropy(): (bytes: number) => Frame {
  let pool = Buffer.alloc(0);
  let at = 0;
  return (bytes) => {
    if (at + bytes > pool.length) {
      pool = randomFillSync(Buffer.allocUnsafeSlow(Math.max(POOL_BYTES, bytes)));
      at = 0;
    }
    return pool.subarray(at, (at += bytes));
  };
}
