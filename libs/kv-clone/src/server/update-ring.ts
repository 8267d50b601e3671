import type { Frame } from '@raspy/wire';

/** How many updates are remembered (PROTOCOLS §9.1). */
export const RING_UPDATES = 65_536;
/** What their keys may take; with longer keys than 128 bytes on average fewer updates are remembered. */
const RING_BYTES = 8 * 1024 * 1024;

/** The keys of the latest updates, by sequence: tells a client behind a filter how many it must have received. */
export class UpdateRing {
  readonly #keys = Buffer.allocUnsafeSlow(RING_BYTES);
  /** Where each key begins, counted on over all rounds. */
  readonly #at = new Float64Array(RING_UPDATES);
  readonly #length = new Uint16Array(RING_UPDATES);
  readonly #first: number;
  #last: number;
  #end = 0;

  /** @param seq - of the latest update before the first that will come */
  constructor(seq: number) {
    this.#first = seq + 1;
    this.#last = seq;
  }

  /** The next update; sequences have no gaps. */
  add(key: Frame): void {
    const slot = ++this.#last % RING_UPDATES;
    const room = RING_BYTES - (this.#end % RING_BYTES);
    if (room < key.length) this.#end += room;
    this.#keys.set(key, this.#end % RING_BYTES);
    this.#at[slot] = this.#end;
    this.#length[slot] = key.length;
    this.#end += key.length;
  }

  /** Updates with keys that begin with `prefix` and a sequence above `from`; `undefined` when not all are remembered. */
  count(prefix: Frame, from: number): number | undefined {
    if (from > this.#last || from + 1 < this.#first) return undefined;
    if (prefix.length === 0) return this.#last - from;
    if (this.#last - from > RING_UPDATES) return undefined;
    if (from === this.#last) return 0;
    if (this.#at[(from + 1) % RING_UPDATES]! < this.#end - RING_BYTES) return undefined;
    let count = 0;
    for (let seq = from + 1; seq <= this.#last; seq++) {
      const slot = seq % RING_UPDATES;
      if (this.#length[slot]! >= prefix.length && this.#begins(this.#at[slot]! % RING_BYTES, prefix)) count++;
    }
    return count;
  }

  #begins(start: number, prefix: Frame): boolean {
    const keys = this.#keys;
    for (let i = prefix.length - 1; i >= 0; i--) if (keys[start + i] !== prefix[i]) return false;
    return true;
  }
}
