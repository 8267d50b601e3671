/** As many as RasPy's server looks back: what is beyond could not be compared anyway. */
const MOST = 65_536;

/** The sequences of the updates that were received, in order, as far back as a server can be asked about them. */
export class SequenceLog {
  #seqs: bigint[] = [];
  #floor = 0n;

  /** Sequences up to this were forgotten, if there were any. */
  get floor(): bigint {
    return this.#floor;
  }

  /** @param seq - higher than all before */
  add(seq: bigint): void {
    this.#seqs.push(seq);
    // Half at a time, so that it costs nothing on average.
    if (this.#seqs.length > MOST * 2) this.#drop(this.#seqs.length - MOST);
  }

  /** How many lie in (from, to]. */
  count(from: bigint, to: bigint): number {
    return this.#after(to) - this.#after(from);
  }

  forgetUpTo(seq: bigint): void {
    this.#drop(this.#after(seq));
    if (seq > this.#floor) this.#floor = seq;
  }

  /** Begins anew. */
  clear(): void {
    this.#seqs = [];
    this.#floor = 0n;
  }

  #drop(count: number): void {
    if (count <= 0) return;
    const last = this.#seqs[count - 1]!;
    if (last > this.#floor) this.#floor = last;
    this.#seqs.splice(0, count);
  }

  /** Index of the first that is higher than `seq`. */
  #after(seq: bigint): number {
    let low = 0;
    let high = this.#seqs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#seqs[middle]! > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
