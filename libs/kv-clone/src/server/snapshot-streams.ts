import type { Millis } from '@raspy/clock';
import { asBuffer, frameKey, type Frame, type Frames } from '@raspy/wire';
import { encodeSnapshotEnd, encodeUpdate, type KvWire } from '../codec.js';
import type { EntryTable } from './entry-table.js';

/** Items that are handed over at a time to one peer; the next when these have left. */
const PIECE_ITEMS = 256;
const PIECE_BYTES = 256 * 1024;
/** Entries that are looked at in a row for one peer, whether they belong to its subtree or not. */
const PIECE_LOOKS = 20_000;

/** Where streams put what they want done. */
export interface SnapshotOutlet {
  /** Of the step that is at work. */
  now(): Millis;
  send(wire: KvWire, frames: Frames, confirm: boolean): void;
  /** A snapshot ended early, though its peer is there. */
  tooSlow(wire: KvWire, peer: Frame): void;
  /** All of a snapshot was handed over. */
  complete(items: number): void;
}

interface SnapshotLimits {
  readonly maxSnapshots: number;
  readonly maxSnapshotsPerPeer: number;
  readonly maxKeptBytes: number;
}

/** An entry as it was when a snapshot began. */
interface KeptEntry {
  readonly seq: number;
  readonly keyLength: number;
  readonly record: Buffer;
}

interface Stream {
  readonly wire: KvWire;
  readonly peer: Frame;
  readonly subtree: Frame;
  /** The snapshot is the state at this sequence. */
  readonly seq: number;
  /** The next id to look at; those from `end` on came later. */
  cursor: number;
  readonly end: number;
  readonly kept: KeptEntry[];
  keptBytes: number;
  items: number;
  /** The last message of a piece that is on its way; the next piece follows when it has left. */
  awaited: Frames | undefined;
  /** Since when. */
  awaitedSince: Millis;
  /** Everything was handed over. */
  ended: boolean;
}

interface Peer {
  running: Stream;
  readonly waiting: Frame[];
}

/**
 * The snapshots of both snapshot sockets. Each is the state at one sequence, though it is sent in pieces while updates go
 * on: an entry that is about to change, and is still needed as it is, is kept aside for it; entries with a higher
 * sequence are passed over (PROTOCOLS §9.1). A peer that does not read holds up nobody but itself.
 */
export class SnapshotStreams {
  readonly #table: EntryTable;
  readonly #limits: SnapshotLimits;
  readonly #outlet: SnapshotOutlet;
  /** By wire and routing id: the two sockets may show one id for two peers. */
  readonly #peers = new Map<string, Peer>();
  /** Streams that found nothing in their latest looks. */
  readonly #searching = new Set<Stream>();
  #count = 0;
  #keptBytes = 0;

  constructor(table: EntryTable, limits: SnapshotLimits, outlet: SnapshotOutlet) {
    this.#table = table;
    this.#limits = limits;
    this.#outlet = outlet;
  }

  /** Snapshots under way, those that wait for their peer's own included. */
  get count(): number {
    return this.#count;
  }

  /** Bytes that are kept aside. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Whether {@link SnapshotStreams.proceed} has something to do. */
  get searching(): boolean {
    return this.#searching.size > 0;
  }

  /** A peer asks. @returns `false` when it, or all together, have too many under way */
  request(wire: KvWire, peer: Frame, subtree: Frame, seq: number): boolean {
    const { maxSnapshots, maxSnapshotsPerPeer } = this.#limits;
    const key = peerKey(wire, peer);
    const known = this.#peers.get(key);
    if (this.#count >= maxSnapshots || (known?.waiting.length ?? -1) + 1 >= maxSnapshotsPerPeer) return false;
    this.#count++;
    if (known !== undefined) known.waiting.push(subtree);
    else {
      const running = this.#begin(wire, peer, subtree, seq);
      this.#peers.set(key, { running, waiting: [] });
      this.#sendPiece(running);
    }
    return true;
  }

  /** A message has left that was to be confirmed; one of a snapshot that was given up says nothing. */
  delivered(wire: KvWire, frames: Frames, seq: number): void {
    const [id] = frames;
    if (id === undefined) return;
    const key = peerKey(wire, id);
    const peer = this.#peers.get(key);
    if (peer?.running.awaited !== frames) return;
    if (!peer.running.ended) {
      this.#sendPiece(peer.running);
      return;
    }
    this.#outlet.complete(peer.running.items);
    this.#count--;
    const next = peer.waiting.shift();
    if (next === undefined) this.#peers.delete(key);
    else this.#sendPiece((peer.running = this.#begin(wire, id, next, seq)));
  }

  /** Nothing more reaches this peer. @returns how many snapshots ended by it */
  cancel(wire: KvWire, id: Frame): number {
    const key = peerKey(wire, id);
    const peer = this.#peers.get(key);
    if (peer === undefined) return 0;
    this.#peers.delete(key);
    this.#searching.delete(peer.running);
    this.#forgetKept(peer.running);
    const ended = 1 + peer.waiting.length;
    this.#count -= ended;
    return ended;
  }

  /** Goes on with streams that are looking for entries of their subtree. */
  proceed(): void {
    for (const stream of [...this.#searching]) this.#sendPiece(stream);
  }

  /** Ends the snapshots of peers that have not read a piece for so long. */
  endStalled(afterMs: Millis): void {
    const now = this.#outlet.now();
    for (const { running } of [...this.#peers.values()]) {
      if (running.awaited !== undefined && now - running.awaitedSince >= afterMs) this.#end(running);
    }
  }

  /** The entry is about to change or go: keeps it for those snapshots that still need it as it is. */
  preserve(id: number): void {
    if (this.#peers.size === 0) return;
    const seq = this.#table.seqOf(id);
    let kept: KeptEntry | undefined;
    for (const { running } of this.#peers.values()) {
      if (id < running.cursor || id >= running.end || seq > running.seq) continue;
      if (!this.#table.isUnder(id, running.subtree)) continue;
      kept ??= this.#keep(id, seq);
      running.kept.push(kept);
      running.keptBytes += kept.record.length;
      this.#keptBytes += kept.record.length;
    }
    while (this.#keptBytes > this.#limits.maxKeptBytes) this.#endSlowest();
  }

  #begin(wire: KvWire, peer: Frame, subtree: Frame, seq: number): Stream {
    return {
      wire,
      peer,
      subtree,
      seq,
      cursor: 0,
      end: this.#table.end,
      kept: [],
      keptBytes: 0,
      items: 0,
      awaited: undefined,
      awaitedSince: -Infinity,
      ended: false,
    };
  }

  #keep(id: number, seq: number): KeptEntry {
    const record = Buffer.allocUnsafeSlow(this.#table.lengthOf(id));
    this.#table.copy(id, record, 0);
    return { seq, keyLength: this.#table.keyLengthOf(id), record };
  }

  #endSlowest(): void {
    let slowest: Stream | undefined;
    for (const { running } of this.#peers.values()) {
      if (slowest === undefined || running.keptBytes > slowest.keptBytes) slowest = running;
    }
    if (slowest !== undefined) this.#end(slowest);
  }

  #end({ wire, peer }: Stream): void {
    for (let ended = this.cancel(wire, peer); ended > 0; ended--) this.#outlet.tooSlow(wire, peer);
  }

  #forgetKept(stream: Stream): void {
    this.#keptBytes -= stream.keptBytes;
    stream.kept.length = 0;
    stream.keptBytes = 0;
  }

  /**
   * Sends the next items, or the end, or nothing when it has looked at enough entries without finding one. The end is a
   * piece of its own: it must not arrive when an item did not, and of that is told before the last item is confirmed.
   */
  #sendPiece(stream: Stream): void {
    const items = stream.kept.length > 0 ? this.#keptItems(stream) : this.#items(stream);
    const { wire, peer, kept, cursor, end, seq, subtree } = stream;
    stream.items += items.length;
    if (items.length === 0 && cursor >= end && kept.length === 0) {
      items.push(encodeSnapshotEnd(wire, seq, subtree));
      stream.ended = true;
    }
    stream.awaited = undefined;
    for (const [i, item] of items.entries()) {
      const frames = [peer, ...item];
      const confirm = i === items.length - 1;
      if (confirm) stream.awaited = frames;
      this.#outlet.send(wire, frames, confirm);
    }
    stream.awaitedSince = this.#outlet.now();
    if (stream.awaited === undefined) this.#searching.add(stream);
    else this.#searching.delete(stream);
  }

  /** What was kept aside goes first, so that it can be forgotten. */
  #keptItems(stream: Stream): Frames[] {
    const items: Frames[] = [];
    let bytes = 0;
    while (items.length < PIECE_ITEMS && bytes < PIECE_BYTES) {
      const kept = stream.kept.pop();
      if (kept === undefined) break;
      const { record, keyLength, seq } = kept;
      bytes += record.length;
      const sequence = Buffer.allocUnsafe(8);
      writeSequence(sequence, 0, seq);
      items.push(
        encodeUpdate(stream.wire, record.subarray(0, keyLength), sequence, record.subarray(keyLength)),
      );
    }
    stream.keptBytes -= bytes;
    this.#keptBytes -= bytes;
    return items;
  }

  #items(stream: Stream): Frames[] {
    const table = this.#table;
    const ids: number[] = [];
    const until = Math.min(stream.end, stream.cursor + PIECE_LOOKS);
    let bytes = 0;
    let copied = 0;
    let { cursor } = stream;
    for (; cursor < until && ids.length < PIECE_ITEMS && bytes < PIECE_BYTES; cursor++) {
      if (!table.has(cursor) || table.seqOf(cursor) > stream.seq) continue;
      if (!table.isUnder(cursor, stream.subtree)) continue;
      ids.push(cursor);
      const length = table.lengthOf(cursor);
      bytes += length;
      copied += table.largeBody(cursor) === undefined ? length : table.keyLengthOf(cursor);
    }
    stream.cursor = cursor;
    return this.#read(stream.wire, ids, copied);
  }

  /**
   * The entries as items, whose frames are parts of one buffer: the entries may change before the socket has sent them.
   * @param bytes - what is copied: all but large bodies, which never change
   */
  #read(wire: KvWire, ids: readonly number[], bytes: number): Frames[] {
    const table = this.#table;
    const piece = Buffer.allocUnsafeSlow(bytes + ids.length * 8);
    let at = 0;
    return ids.map((id) => {
      const seqAt = at;
      const keyAt = at + 8;
      writeSequence(piece, seqAt, table.seqOf(id));
      const large = table.largeBody(id);
      at = large === undefined ? table.copy(id, piece, keyAt) : table.copyKey(id, piece, keyAt);
      const keyEnd = keyAt + table.keyLengthOf(id);
      const body = large === undefined ? piece.subarray(keyEnd, at) : asBuffer(large);
      return encodeUpdate(wire, piece.subarray(keyAt, keyEnd), piece.subarray(seqAt, keyAt), body);
    });
  }
}

function peerKey(wire: KvWire, peer: Frame): string {
  return `${wire} ${frameKey(peer)}`;
}

function writeSequence(target: Buffer, at: number, seq: number): void {
  target.writeUInt32BE(Math.floor(seq / 0x1_0000_0000), at);
  target.writeUInt32BE(seq % 0x1_0000_0000, at + 4);
}
