/** Records are handed out in these units, so that a place fits into 32 bits for up to 64 GiB. */
const UNIT = 16;
const CHUNK_BYTES = 1024 * 1024;
/** Above this a record is better off as a buffer of its own. */
export const MAX_ARENA_RECORD = 64 * 1024;
const SMALL_BYTES = 512;

/**
 * Memory for many small records outside the JavaScript heap: a million of them cost the garbage collector nothing, and
 * take little more than their bytes. Sizes are rounded up to classes (16 bytes apart up to 512, then an eighth to a
 * quarter of their size); what is freed is used again for its class. Chunks are never given back.
 */
export class Arena {
  readonly #chunks: Buffer[] = [];
  readonly #free: number[][] = [];
  /** First free byte of the last chunk. */
  #at = CHUNK_BYTES;

  /** @returns the place of a record of that many bytes, up to {@link MAX_ARENA_RECORD} */
  allocate(bytes: number): number {
    const size = classSize(bytes);
    const free = this.#free[size / UNIT]?.pop();
    if (free !== undefined) return free;
    if (this.#at + size > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#at = 0;
    }
    const place = ((this.#chunks.length - 1) * CHUNK_BYTES + this.#at) / UNIT;
    this.#at += size;
    return place;
  }

  /** @param bytes - as it was allocated, or any size of the same class */
  free(place: number, bytes: number): void {
    const index = classSize(bytes) / UNIT;
    (this.#free[index] ??= []).push(place);
  }

  /** Whether a record can change between the two sizes without moving. */
  fits(before: number, after: number): boolean {
    return classSize(before) === classSize(after);
  }

  /** Where the record lies: a chunk, and {@link Arena.offset} in it. */
  chunk(place: number): Buffer {
    return this.#chunks[Math.floor(place / (CHUNK_BYTES / UNIT))]!;
  }

  offset(place: number): number {
    return (place % (CHUNK_BYTES / UNIT)) * UNIT;
  }

  /** Bytes of all chunks. */
  get reserved(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }
}

function classSize(bytes: number): number {
  if (bytes <= SMALL_BYTES) return Math.max(UNIT, Math.ceil(bytes / UNIT) * UNIT);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}
