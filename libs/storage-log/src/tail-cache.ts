/** The bytes that were written last, whichever segment they went to, in a ring. */
export class TailCache {
  readonly #limit: number;
  #ring: Buffer | undefined;
  /** All bytes that ever went in; the place in the ring is the remainder. */
  #end = 0;
  /** What to add to an offset in a segment to get its place among all bytes; only of segments that are still within. */
  readonly #bases = new Map<number, number>();

  /** @param bytes - its size; 0 for none */
  constructor(bytes: number) {
    this.#limit = bytes;
  }

  /** Takes bytes that are in a segment from `offset`, where the bytes of that segment before ended. */
  add(segment: number, offset: number, bytes: Buffer): void {
    if (this.#limit === 0) return;
    this.#ring ??= Buffer.allocUnsafeSlow(this.#limit);
    if (!this.#bases.has(segment)) this.#bases.set(segment, this.#end - offset);
    const last = bytes.subarray(Math.max(0, bytes.length - this.#limit));
    this.#end += bytes.length;
    const at = (this.#end - last.length) % this.#limit;
    const first = last.copy(this.#ring, at);
    last.copy(this.#ring, 0, first);
  }

  /** @returns a copy; undefined when it is no longer there */
  read(segment: number, offset: number, bytes: number): Buffer | undefined {
    const base = this.#bases.get(segment);
    if (base === undefined || this.#ring === undefined) return undefined;
    const from = base + offset;
    if (from < this.#end - this.#limit) return undefined;
    const copy = Buffer.allocUnsafe(bytes);
    const at = from % this.#limit;
    const first = this.#ring.copy(copy, 0, at, Math.min(at + bytes, this.#limit));
    this.#ring.copy(copy, first, 0, bytes - first);
    return copy;
  }

  /** A segment was removed. */
  forget(segment: number): void {
    this.#bases.delete(segment);
  }
}
