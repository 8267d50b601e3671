const FIRST_SLOTS = 1_024;

/** Where a record is. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  /** Of the whole record. */
  readonly bytes: number;
}

/** Where the last put of each key is: 12 bytes each in arrays of numbers, beside the map. */
export class KeyIndex {
  /** Of all live records. */
  liveBytes = 0;
  readonly #slots = new Map<string, number>();
  /** How many live records each segment has. */
  readonly #live = new Map<number, number>();
  readonly #free: number[] = [];
  #segments = new Uint32Array(FIRST_SLOTS);
  #offsets = new Uint32Array(FIRST_SLOTS);
  #bytes = new Uint32Array(FIRST_SLOTS);
  #used = 0;

  get size(): number {
    return this.#slots.size;
  }

  has(key: string): boolean {
    return this.#slots.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#slots.keys();
  }

  place(key: string): Place | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined
      ? undefined
      : { segment: this.#segments[slot]!, offset: this.#offsets[slot]!, bytes: this.#bytes[slot]! };
  }

  isAt(key: string, segment: number, offset: number): boolean {
    const slot = this.#slots.get(key);
    return slot !== undefined && this.#segments[slot] === segment && this.#offsets[slot] === offset;
  }

  put(key: string, segment: number, offset: number, bytes: number): void {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#newSlot();
      this.#slots.set(key, slot);
    } else this.#count(slot, -1);
    this.#segments[slot] = segment;
    this.#offsets[slot] = offset;
    this.#bytes[slot] = bytes;
    this.#count(slot, 1);
  }

  delete(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#count(slot, -1);
    this.#free.push(slot);
  }

  /** How many live records a segment has. */
  liveRecords(segment: number): number {
    return this.#live.get(segment) ?? 0;
  }

  #count(slot: number, sign: 1 | -1): void {
    const segment = this.#segments[slot]!;
    this.liveBytes += sign * this.#bytes[slot]!;
    const live = (this.#live.get(segment) ?? 0) + sign;
    if (live === 0) this.#live.delete(segment);
    else this.#live.set(segment, live);
  }

  #newSlot(): number {
    const slot = this.#used++;
    if (slot === this.#segments.length) {
      this.#segments = doubled(this.#segments);
      this.#offsets = doubled(this.#offsets);
      this.#bytes = doubled(this.#bytes);
    }
    return slot;
  }
}

function doubled(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(2 * from.length);
  to.set(from);
  return to;
}
