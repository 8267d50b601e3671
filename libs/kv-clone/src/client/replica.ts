import { frameKey, type Frame } from '@raspy/wire';
import type { KvItem, KvItemChange } from './client-types.js';

/** What an update, or a keep-alive's sequence, means to the picture. */
export type Seen =
  | { readonly type: 'change'; readonly change: KvItemChange }
  /** Kept for when the snapshot is there, or told by it already, or no change. */
  | { readonly type: 'kept' | 'late' | 'nothing' }
  /** Sequences are missing, or go backwards: the picture cannot be trusted. */
  | { readonly type: 'gap' | 'backwards' };

const KEPT: Seen = { type: 'kept' };
const LATE: Seen = { type: 'late' };
const NOTHING: Seen = { type: 'nothing' };
const GAP: Seen = { type: 'gap' };
const BACKWARDS: Seen = { type: 'backwards' };

/**
 * The client's copy of the tree: a picture, and while that is not current, what is needed to make the next one.
 *
 * A snapshot and the updates come over two connections, so either may be ahead. What decides is kept per connection of
 * the updates (a stream): the highest sequence seen on it, which alone can tell backwards from late; and since where
 * nothing is missing on it.
 */
export class Replica {
  /** Whether no sequence may be missing: nothing is filtered away. */
  readonly #complete: boolean;
  #picture: Map<string, KvItem> | undefined;
  /** The snapshot under way. */
  #next = new Map<string, KvItem>();
  /** The latest update of each key that came while there was no current picture. */
  #kept = new Map<string, KvItem>();
  #synced = false;
  /** Sequence of the snapshot that the picture was made from. */
  #base = 0n;
  #at = 0n;
  /** Highest sequence seen on this stream, by updates and keep-alives. */
  #high = 0n;
  /** All updates with a sequence from here up to `#high` were received on this stream. */
  #unbrokenFrom = 0n;
  #restoredSeq = 0n;

  constructor(complete: boolean) {
    this.#complete = complete;
  }

  get exists(): boolean {
    return this.#picture !== undefined;
  }

  get size(): number {
    return this.#picture?.size ?? 0;
  }

  /** Sequence that the picture stands at, as far as this client can know. */
  get seq(): bigint {
    return this.#at;
  }

  /** Highest sequence seen on this stream. */
  get high(): bigint {
    return this.#high;
  }

  get(id: string): KvItem | undefined {
    return this.#picture?.get(id);
  }

  items(): Iterable<KvItem> {
    return this.#picture?.values() ?? [];
  }

  /** Entries with a sequence up to this came from the server's disk. */
  get restoredSeq(): bigint {
    return this.#restoredSeq;
  }

  /** The updates come over another connection from now on, or from another run of the server. */
  newStream(): void {
    this.#startOver(0n, 0n);
  }

  /** The picture is not known to be current any more; updates are kept for the next. */
  suspend(): void {
    if (!this.#synced) return;
    this.#synced = false;
    this.#kept.clear();
  }

  /** The publisher said that its sequence is `seq`. */
  keptAlive(seq: bigint): Seen {
    const seen = this.#see(seq, seq + 1n);
    if (seen !== undefined) return seen;
    if (!this.#synced || seq <= this.#base) return NOTHING;
    if (this.#complete) return GAP;
    this.#at = seq;
    return NOTHING;
  }

  /** The publisher sent an update. */
  update(key: Frame, seq: bigint, body: Frame): Seen {
    const previous = this.#high;
    if (seq <= previous) {
      this.#startOver(seq, seq);
      this.#keep(key, seq, body);
      return BACKWARDS;
    }
    this.#see(seq, seq);
    if (!this.#synced) {
      this.#keep(key, seq, body);
      return KEPT;
    }
    if (seq <= this.#base) return LATE;
    if (this.#complete && seq !== (previous > this.#base ? previous : this.#base) + 1n) {
      this.suspend();
      this.#keep(key, seq, body);
      return GAP;
    }
    this.#at = seq;
    const change = apply(this.#picture!, { id: frameKey(key), key, seq, body });
    return change === undefined ? NOTHING : { type: 'change', change };
  }

  /** An update of a key that is none of the picture's, as far as its sequence goes. */
  passBy(seq: bigint): Seen {
    if (seq > this.#high) {
      this.#see(seq, seq);
      return NOTHING;
    }
    this.#startOver(seq, seq);
    return BACKWARDS;
  }

  /** A snapshot begins; what came of an earlier one is forgotten. */
  beginSnapshot(): void {
    this.#next = new Map();
  }

  item(key: Frame, seq: bigint, body: Frame): void {
    const id = frameKey(key);
    this.#next.set(id, { id, key, seq, body });
  }

  /**
   * The snapshot is whole, and is the state at `seq`: it becomes the picture, with what was received after it.
   * @returns what changed by it, in the order of keys; `undefined` when updates after `seq` are missing, and nothing was done
   */
  endSnapshot(seq: bigint, restoredSeq: bigint): readonly KvItemChange[] | undefined {
    if (this.#complete && this.#high > seq && this.#unbrokenFrom > seq + 1n) return undefined;
    const old = this.#picture;
    const next = this.#next;
    for (const kept of this.#kept.values()) if (kept.seq > seq) apply(next, kept);
    this.#picture = next;
    this.#next = new Map();
    this.#kept = new Map();
    this.#base = seq;
    this.#at = this.#high > seq ? this.#high : seq;
    this.#synced = true;
    this.#restoredSeq = restoredSeq;
    return old === undefined ? [] : difference(old, next, this.#at, restoredSeq);
  }

  /** @param unbrokenFrom - what `#unbrokenFrom` is if anything before it is missing */
  #see(seq: bigint, unbrokenFrom: bigint): Seen | undefined {
    if (seq < this.#high) {
      this.#startOver(seq, unbrokenFrom);
      return BACKWARDS;
    }
    if (seq === this.#high) return NOTHING;
    // An update that is the next one goes on with what is unbroken; whatever else is higher leaves something out.
    if (unbrokenFrom !== this.#high + 1n || this.#high === 0n) this.#unbrokenFrom = unbrokenFrom;
    this.#high = seq;
    return undefined;
  }

  #startOver(seq: bigint, unbrokenFrom: bigint): void {
    this.#synced = false;
    this.#kept.clear();
    this.#high = seq;
    this.#unbrokenFrom = unbrokenFrom;
  }

  #keep(key: Frame, seq: bigint, body: Frame): void {
    const id = frameKey(key);
    this.#kept.set(id, { id, key, seq, body });
  }
}

/** Makes an update in a map. @returns the change, if it is one */
function apply(map: Map<string, KvItem>, item: KvItem): KvItemChange | undefined {
  if (item.body.length > 0) {
    map.set(item.id, item);
    return { type: 'set', item, healed: false };
  }
  if (!map.delete(item.id)) return undefined;
  return { type: 'delete', id: item.id, key: item.key, seq: item.seq, healed: false };
}

/**
 * What is different between two pictures. A value that the server restored from its disk and that is the same is no change;
 * one that was written again while nobody looked is, even if it is the same.
 */
function difference(
  old: ReadonlyMap<string, KvItem>,
  next: ReadonlyMap<string, KvItem>,
  seq: bigint,
  restoredSeq: bigint,
): readonly KvItemChange[] {
  const changes: { id: string; change: KvItemChange }[] = [];
  for (const item of next.values()) {
    const before = old.get(item.id);
    const same =
      before !== undefined &&
      Buffer.compare(before.body, item.body) === 0 &&
      (before.seq === item.seq || item.seq <= restoredSeq);
    if (!same) changes.push({ id: item.id, change: { type: 'set', item, healed: true } });
  }
  for (const { id, key } of old.values()) {
    if (!next.has(id)) changes.push({ id, change: { type: 'delete', id, key, seq, healed: true } });
  }
  changes.sort((a, b) => (a.id < b.id ? -1 : 1));
  return changes.map(({ change }) => change);
}
