import { asBuffer, type Frame } from '@raspy/wire';
import { Arena, MAX_ARENA_RECORD } from './arena.js';

const FIRST_ENTRIES = 1_024;
const SHARDS = 64;
const FIRST_SLOTS = 32;
const LARGE = 0xffff_ffff;
/** What an entry takes besides its key and body, about: its numbers and its slots. */
export const ENTRY_BYTES = 36;

/** An entry too large for the arena; the frames are kept as they came. */
interface LargeEntry {
  readonly key: Frame;
  readonly body: Frame;
}

/** What {@link EntryTable.put} did. */
export interface PutResult {
  readonly id: number;
  /** Whether the body was the same before. */
  readonly same: boolean;
}

/**
 * The entries of a tree by key: bodies, and the sequence of the update that made each.
 *
 * An entry is a small number, its id, good until the entry is removed and then used again; keys and bodies lie in an
 * {@link Arena}, the rest in typed arrays. So there is no object for an entry at all. The hash index is in parts that grow
 * one at a time, so that no single update pays for a million.
 */
export class EntryTable {
  readonly #arena = new Arena();
  readonly #large = new Map<number, LargeEntry>();
  readonly #seed: number;
  #seq = new Float64Array(FIRST_ENTRIES);
  #hash = new Uint32Array(FIRST_ENTRIES);
  #place = new Uint32Array(FIRST_ENTRIES);
  #keyLength = new Uint16Array(FIRST_ENTRIES);
  #bodyLength = new Uint32Array(FIRST_ENTRIES);
  /** Bits that the owner keeps for each entry; zero for a new one. */
  #flags = new Uint8Array(FIRST_ENTRIES);
  readonly #freeIds: number[] = [];
  #end = 0;
  #size = 0;
  #bytes = 0;
  /** Ids + 1 by linear probing; a number of slots that is a power of two each. */
  readonly #shards: { slots: Int32Array; used: number }[] = Array.from({ length: SHARDS }, () => ({
    slots: new Int32Array(FIRST_SLOTS),
    used: 0,
  }));

  /** @param seed - 32 bits that nobody else knows, so that keys cannot be chosen to collide */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of all keys and bodies, and of what is kept for each entry besides. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that are taken from the system for keys and bodies, used or not; those above 16 kB apart. */
  get reserved(): number {
    return this.#arena.reserved;
  }

  /** Whether a body of that length takes the room that the entry has. */
  fitsInPlace(id: number, bodyLength: number): boolean {
    const keyLength = this.#keyLength[id]!;
    const size = keyLength + bodyLength;
    return (
      this.#place[id] !== LARGE &&
      size <= MAX_ARENA_RECORD &&
      this.#arena.fits(keyLength + this.#bodyLength[id]!, size)
    );
  }

  /** Every id is below. */
  get end(): number {
    return this.#end;
  }

  /** @returns the entry's id, -1 when there is none */
  find(key: Frame): number {
    return this.#find(key, this.#hashOf(key));
  }

  has(id: number): boolean {
    return this.#keyLength[id] !== 0;
  }

  seqOf(id: number): number {
    return this.#seq[id]!;
  }

  flagsOf(id: number): number {
    return this.#flags[id]!;
  }

  setFlags(id: number, flags: number): void {
    this.#flags[id] = flags;
  }

  /** Bytes of key and body. */
  lengthOf(id: number): number {
    return this.#keyLength[id]! + this.#bodyLength[id]!;
  }

  keyLengthOf(id: number): number {
    return this.#keyLength[id]!;
  }

  bodyLengthOf(id: number): number {
    return this.#bodyLength[id]!;
  }

  /** The body as it came, of an entry so large that it is not copied; `undefined` for any other. */
  largeBody(id: number): Frame | undefined {
    return this.#place[id] === LARGE ? this.#large.get(id)!.body : undefined;
  }

  /** Writes the key, then the body, into `target`. @returns where they end */
  copy(id: number, target: Buffer, at: number): number {
    const keyEnd = this.copyKey(id, target, at);
    const large = this.largeBody(id);
    if (large !== undefined) {
      target.set(large, keyEnd);
      return keyEnd + large.length;
    }
    const place = this.#place[id]!;
    const start = this.#arena.offset(place) + this.#keyLength[id]!;
    const length = this.#bodyLength[id]!;
    this.#arena.chunk(place).copy(target, keyEnd, start, start + length);
    return keyEnd + length;
  }

  /** Writes the key into `target`. @returns where it ends */
  copyKey(id: number, target: Buffer, at: number): number {
    const length = this.#keyLength[id]!;
    const place = this.#place[id]!;
    if (place === LARGE) target.set(this.#large.get(id)!.key, at);
    else {
      const start = this.#arena.offset(place);
      this.#arena.chunk(place).copy(target, at, start, start + length);
    }
    return at + length;
  }

  /** Whether the entry's key begins with the bytes of `prefix`. */
  isUnder(id: number, prefix: Frame): boolean {
    const { length } = prefix;
    if (length === 0) return true;
    if (this.#keyLength[id]! < length) return false;
    const place = this.#place[id]!;
    const isLarge = place === LARGE;
    const bytes = isLarge ? this.#large.get(id)!.key : this.#arena.chunk(place);
    const start = isLarge ? 0 : this.#arena.offset(place);
    for (let i = length - 1; i >= 0; i--) if (bytes[start + i] !== prefix[i]) return false;
    return true;
  }

  /**
   * Makes an entry or replaces its body.
   * @param id - of the entry with that key as {@link EntryTable.find} told, -1 to make one
   */
  put(id: number, key: Frame, body: Frame, seq: number): PutResult {
    if (id >= 0) {
      const same = this.#replace(id, key, body);
      this.#seq[id] = seq;
      return { id, same };
    }
    const made = this.#freeIds.pop() ?? this.#newId();
    const hash = this.#hashOf(key);
    this.#hash[made] = hash;
    this.#keyLength[made] = key.length;
    this.#bodyLength[made] = body.length;
    this.#flags[made] = 0;
    this.#seq[made] = seq;
    this.#store(made, key, body);
    this.#index(made, hash);
    this.#size++;
    this.#bytes += key.length + body.length + ENTRY_BYTES;
    return { id: made, same: false };
  }

  remove(id: number): void {
    this.#unindex(id);
    this.#release(id);
    this.#bytes -= this.lengthOf(id) + ENTRY_BYTES;
    this.#keyLength[id] = 0;
    this.#bodyLength[id] = 0;
    this.#freeIds.push(id);
    this.#size--;
  }

  #replace(id: number, key: Frame, body: Frame): boolean {
    const before = this.#bodyLength[id]!;
    const keyLength = this.#keyLength[id]!;
    const place = this.#place[id]!;
    this.#bytes += body.length - before;
    if (this.fitsInPlace(id, body.length)) {
      const chunk = this.#arena.chunk(place);
      const at = this.#arena.offset(place) + keyLength;
      const same = before === body.length && asBuffer(body).compare(chunk, at, at + before) === 0;
      if (!same) chunk.set(body, at);
      this.#bodyLength[id] = body.length;
      return same;
    }
    const large = this.largeBody(id);
    const same = large !== undefined && asBuffer(body).equals(large);
    this.#release(id);
    this.#bodyLength[id] = body.length;
    this.#store(id, key, body);
    return same;
  }

  #store(id: number, key: Frame, body: Frame): void {
    const size = key.length + body.length;
    if (size > MAX_ARENA_RECORD) {
      this.#place[id] = LARGE;
      this.#large.set(id, { key, body });
      return;
    }
    const place = this.#arena.allocate(size);
    const chunk = this.#arena.chunk(place);
    const at = this.#arena.offset(place);
    chunk.set(key, at);
    chunk.set(body, at + key.length);
    this.#place[id] = place;
  }

  #release(id: number): void {
    const place = this.#place[id]!;
    if (place === LARGE) this.#large.delete(id);
    else this.#arena.free(place);
  }

  #newId(): number {
    if (this.#end === this.#seq.length) {
      const length = this.#end * 2;
      this.#seq = grown(this.#seq, new Float64Array(length));
      this.#hash = grown(this.#hash, new Uint32Array(length));
      this.#place = grown(this.#place, new Uint32Array(length));
      this.#keyLength = grown(this.#keyLength, new Uint16Array(length));
      this.#bodyLength = grown(this.#bodyLength, new Uint32Array(length));
      this.#flags = grown(this.#flags, new Uint8Array(length));
    }
    return this.#end++;
  }

  #hashOf(key: Frame): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key[i]!, 0x0100_0193);
    // The low bits pick a slot, the high ones a part: both must depend on all of the key.
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b_3c6d);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  #find(key: Frame, hash: number): number {
    const { slots } = this.#shards[hash >>> 26]!;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot]! - 1;
      if (id < 0) return -1;
      if (this.#hash[id] === hash && this.#keyLength[id] === key.length && this.isUnder(id, key)) return id;
    }
  }

  #index(id: number, hash: number): void {
    const shard = this.#shards[hash >>> 26]!;
    if (++shard.used * 8 > shard.slots.length * 5) {
      const before = shard.slots;
      shard.slots = new Int32Array(before.length * 2);
      for (const taken of before) if (taken > 0) insert(shard.slots, taken, this.#hash[taken - 1]!);
    }
    insert(shard.slots, id + 1, hash);
  }

  /** Takes an id out, and moves up what had to give way to it. */
  #unindex(id: number): void {
    const hash = this.#hash[id]!;
    const shard = this.#shards[hash >>> 26]!;
    const { slots } = shard;
    const mask = slots.length - 1;
    let hole = hash & mask;
    while (slots[hole] !== id + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hash[slots[slot]! - 1]! & mask;
      // It may move into the hole unless it lies behind its home already, seen around the end.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = slots[slot]!;
        hole = slot;
      }
    }
    slots[hole] = 0;
    shard.used--;
  }
}

function insert(slots: Int32Array, taken: number, hash: number): void {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = taken;
}

function grown<T extends { set(from: T): void }>(before: T, after: T): T {
  after.set(before);
  return after;
}
