/** Records are handed out in these units, so that a place fits into 32 bits for up to 64 GiB. */
const UNIT = 16;
export const SLAB_BYTES = 64 * 1024;
const SLAB_UNITS = SLAB_BYTES / UNIT;
/** Above this a record is better off as a buffer of its own. */
export const MAX_ARENA_RECORD = 16 * 1024;
const SMALL_BYTES = 512;
/** Slabs without a record that keep their memory for the next class that needs one; that of others is given back. */
const SPARE_SLABS = 64;

/** A piece of memory for records of one size. */
interface Slab {
  readonly index: number;
  /** Gone while the slab is unused. */
  memory: Buffer | undefined;
  /** Of each record. */
  size: number;
  /** Records in use. */
  live: number;
  /** Where no record has been yet. */
  fresh: number;
  /** Offsets of records that were freed. */
  free: number[];
}

/**
 * Memory for many small records outside the JavaScript heap: a million of them cost the garbage collector nothing, and
 * take little more than their bytes. Sizes are rounded up to classes (16 bytes apart up to 512, then an eighth to a
 * quarter of their size); a slab of 64 kB holds records of one class, and serves any other once it is empty. So values
 * that grow from class to class take with them the room that they had.
 */
export class Arena {
  readonly #slabs: Slab[] = [];
  /** By class: slabs with room, the oldest first. */
  readonly #roomy = new Map<number, Set<Slab>>();
  /** Slabs without a record, with and without memory. */
  readonly #spare: Slab[] = [];
  readonly #bare: Slab[] = [];

  /** @returns the place of a record of that many bytes, up to {@link MAX_ARENA_RECORD} */
  allocate(bytes: number): number {
    const size = classSize(bytes);
    const roomy = this.#roomyOf(size);
    const [slab = this.#takeSlab(size, roomy)] = roomy;
    const offset = slab.free.pop() ?? slab.fresh;
    if (offset === slab.fresh) slab.fresh += size;
    slab.live++;
    if (slab.free.length === 0 && slab.fresh + size > SLAB_BYTES) roomy.delete(slab);
    return slab.index * SLAB_UNITS + offset / UNIT;
  }

  free(place: number): void {
    const slab = this.#slabs[Math.floor(place / SLAB_UNITS)]!;
    const roomy = this.#roomyOf(slab.size);
    if (--slab.live > 0) {
      slab.free.push(this.offset(place));
      roomy.add(slab);
      return;
    }
    roomy.delete(slab);
    slab.free = [];
    slab.fresh = 0;
    if (this.#spare.length < SPARE_SLABS) this.#spare.push(slab);
    else {
      slab.memory = undefined;
      this.#bare.push(slab);
    }
  }

  /** Whether a record can change between the two sizes without moving. */
  fits(before: number, after: number): boolean {
    return classSize(before) === classSize(after);
  }

  /** Where the record lies: a slab's memory, and {@link Arena.offset} in it. */
  chunk(place: number): Buffer {
    return this.#slabs[Math.floor(place / SLAB_UNITS)]!.memory!;
  }

  offset(place: number): number {
    return (place % SLAB_UNITS) * UNIT;
  }

  /** Bytes of all slabs that have memory. */
  get reserved(): number {
    return (this.#slabs.length - this.#bare.length) * SLAB_BYTES;
  }

  #roomyOf(size: number): Set<Slab> {
    let roomy = this.#roomy.get(size);
    if (roomy === undefined) this.#roomy.set(size, (roomy = new Set()));
    return roomy;
  }

  #takeSlab(size: number, roomy: Set<Slab>): Slab {
    const slab = this.#spare.pop() ?? this.#bare.pop() ?? this.#newSlab();
    slab.memory ??= Buffer.allocUnsafeSlow(SLAB_BYTES);
    slab.size = size;
    roomy.add(slab);
    return slab;
  }

  #newSlab(): Slab {
    const slab: Slab = {
      index: this.#slabs.length,
      memory: undefined,
      size: 0,
      live: 0,
      fresh: 0,
      free: [],
    };
    this.#slabs.push(slab);
    return slab;
  }
}

function classSize(bytes: number): number {
  if (bytes <= SMALL_BYTES) return Math.max(UNIT, Math.ceil(bytes / UNIT) * UNIT);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}
