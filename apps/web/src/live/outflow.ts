/** What waits for one reader: bounded, so that a reader that is too slow costs nobody else memory. Pure. */
export class Outflow {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #allowance: number;
  #isShed = false;
  #wake: (() => void) | undefined;

  /** @param maxBytes - that may wait, besides a snapshot */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#allowance = maxBytes;
  }

  /** Whether too much waited: nothing comes any more. */
  get isShed(): boolean {
    return this.#isShed;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param isSnapshot - it may wait, whatever its size, since it is all there is. Default false */
  push(text: string, isSnapshot = false): void {
    if (this.#isShed) return;
    const chunk = Buffer.from(text);
    this.#allowance = Math.max(
      this.#allowance,
      this.#maxBytes + (isSnapshot ? this.#bytes + chunk.length : 0),
    );
    // One that nothing waits before is let through, however large.
    if (this.#bytes > 0 && this.#bytes + chunk.length > this.#allowance) {
      this.shed();
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#wake?.();
  }

  /** Throws away what waits, and ends. */
  shed(): void {
    this.#isShed = true;
    this.#chunks = [];
    this.#bytes = 0;
    this.#wake?.();
  }

  /** All that waits as one chunk, as soon as there is something; `undefined` at the end. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#isShed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
    if (this.#isShed) return undefined;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    this.#allowance = this.#maxBytes;
    return all;
  }
}
