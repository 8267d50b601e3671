import type { Millis } from '@raspy/clock';
import {
  DropCounter,
  EMPTY_FRAME,
  frameText,
  peerText,
  type DropReport,
  type Effect,
  type Frame,
  type Frames,
  type Machine,
  type UndeliveredReason,
} from '@raspy/wire';
import {
  decodeCollected,
  decodeSnapshotReply,
  decodeSnapshotRequest,
  encodeCountReply,
  encodeSetIfReply,
  encodeStateReply,
  sequenceFrame,
  type KvWire,
  type SnapshotRequest,
} from '../codec.js';
import { refusalOf } from '../limits.js';
import { readTtl } from '../properties.js';
import type { KvCommit, StoredEntry } from '../storage.js';
import { SLAB_BYTES } from './arena.js';
import { ENTRY_BYTES, EntryTable } from './entry-table.js';
import type { KvDropCause, KvServerEvent } from './events.js';
import { Expiry } from './expiry.js';
import { Journal } from './journal.js';
import type { ResolvedKvServerOptions } from './options.js';
import { PublisherFace } from './publisher-face.js';
import { SnapshotStreams, type SnapshotOutlet } from './snapshot-streams.js';
import { newKvCounters, type KvServerStatistics } from './statistics.js';
import { UpdateRing } from './update-ring.js';

/** The six sockets of a server: three for each wire (PROTOCOLS §1, §9.2). */
export type KvServerPort = `${KvWire}-${'snapshot' | 'publisher' | 'collector'}`;

/** What the machine tells its owner: events for the operator, and commits for the disk. */
export type KvMachineEvent = KvServerEvent | { readonly type: 'commit'; readonly commit: KvCommit };

/** What a {@link CloneServer} is made of. */
export interface CloneServerOptions extends ResolvedKvServerOptions {
  /** 16 bytes that no other run has. */
  readonly epoch: Frame;
  /** 32 bits that nobody knows. */
  readonly hashSeed: number;
  /** The sequence to go on from: no update had a higher one. */
  readonly startSeq: number;
  /** Sequences up to this are reserved on disk; `undefined` when nothing is kept on disk. */
  readonly reservedSeq: number | undefined;
}

/** What a step of the server wants done. */
export type KvServerEffects = readonly Effect<KvServerPort, KvMachineEvent>[];

/** Who and what a drop was about. */
interface DropDetail {
  readonly wire: KvWire;
  readonly peer: Frame | undefined;
  readonly key: Frame;
}

const WIRES: readonly KvWire[] = ['chp', 'kvmsg'];
const ROLES = ['snapshot', 'publisher', 'collector'] as const;
/** A keep-alive that somebody waits for is sent at once, but not more often than this. */
const HUGZ_PAUSE_MS: Millis = 50;
/** After a standstill nothing expires for so long: its publisher's sign of life may wait in a socket. */
const GRACE_MS: Millis = 1_000;
/** A slab of each size class may be begun, however small the tree is to be. */
const RESERVE_SLACK = 64 * SLAB_BYTES;
/** A snapshot whose piece has not left for so long ends: its place is for peers that read. */
const STALLED_SNAPSHOT_MS: Millis = 30_000;
/** Entries that end in one step; the rest in the next, so that others get a turn. */
const EXPIRE_AT_ONCE = 1_000;
const TOLD_KEY_BYTES = 256;

/**
 * The Clone server (PROTOCOLS §9, RFC 12): one tree, one sequence, and both wires on it. An update is applied, numbered and
 * published in one step; a snapshot is the state at one sequence.
 */
export class CloneServer implements Machine<KvServerPort, KvMachineEvent> {
  readonly #options: CloneServerOptions;
  readonly #table: EntryTable;
  readonly #expiry = new Expiry();
  readonly #ring: UpdateRing;
  readonly #journal: Journal | undefined;
  readonly #faces: readonly PublisherFace[] = WIRES.map((wire) => new PublisherFace(wire));
  readonly #streams: SnapshotStreams;
  readonly #drops = new DropCounter<KvDropCause, DropDetail>();
  readonly #counters = newKvCounters();
  #effects: Effect<KvServerPort, KvMachineEvent>[] = [];
  #seq: number;
  /** Of the step that is at work. */
  #now: Millis = -Infinity;
  #tickedAt: Millis = -Infinity;
  #hugzAt: Millis = -Infinity;
  #lastHugz: Millis = -Infinity;
  #noExpiryBefore: Millis = -Infinity;
  #unreserved = false;
  /** Seconds that restored entries have, by id, until the server begins. */
  readonly #restoredTtls = new Map<number, number>();

  constructor(options: CloneServerOptions) {
    this.#options = options;
    this.#seq = options.startSeq;
    this.#table = new EntryTable(options.hashSeed);
    this.#ring = new UpdateRing(options.startSeq);
    const outlet: SnapshotOutlet = {
      now: () => this.#now,
      send: (wire, frames, confirm) => this.#sendSnapshot(wire, frames, confirm),
      tooSlow: (wire, peer) => this.#drop(this.#now, 'snapshot-too-slow', wire, peer),
      complete: (items) => {
        this.#counters.snapshotsSent++;
        this.#counters.snapshotItems += items;
      },
    };
    this.#streams = new SnapshotStreams(this.#table, options, outlet);
    const { reservedSeq, flushMs } = options;
    if (reservedSeq !== undefined) {
      this.#journal = new Journal({ table: this.#table, expiry: this.#expiry, flushMs, reservedSeq });
    }
  }

  /** Of the latest update. */
  get seq(): number {
    return this.#seq;
  }

  get nextDeadline(): Millis {
    if (this.#streams.searching) return -Infinity;
    return Math.min(
      this.#hugzAt,
      Math.max(this.#expiry.next, this.#noExpiryBefore),
      this.#journal?.nextDeadline ?? Infinity,
      this.#drops.nextReport,
    );
  }

  /** An entry from disk, before the first tick; nothing is published. One that breaks the limits is passed over and counted. */
  restore(now: Millis, { key, seq, ttlSeconds, body }: StoredEntry): void {
    if (body.length === 0 || refusalOf(key, body, this.#options) !== undefined) {
      this.#counters.notRestored++;
      return;
    }
    const { id } = this.#table.put(this.#table.find(key), key, body, Math.min(seq, this.#seq));
    this.#expiry.set(now, id, ttlSeconds);
    if (ttlSeconds > 0) this.#restoredTtls.set(id, ttlSeconds);
    this.#journal?.restored(id);
    this.#counters.restored++;
  }

  tick(now: Millis): KvServerEffects {
    this.#now = now;
    if (this.#hugzAt === -Infinity) this.#begin(now);
    else this.#noticeStandstill(now);
    this.#tickedAt = now;
    if (now >= this.#hugzAt) this.#sendHugz(now);
    if (now >= this.#noExpiryBefore) this.#expire(now);
    this.#streams.proceed();
    const commit = this.#journal?.take(now, this.#seq);
    if (commit !== undefined) this.#event({ type: 'commit', commit });
    for (const report of this.#drops.due(now)) this.#report(report);
    return this.#take();
  }

  receive(now: Millis, port: KvServerPort, frames: Frames): KvServerEffects {
    this.#now = now;
    const { wire, role } = PORTS[port];
    if (role === 'collector') this.#collect(now, wire, frames);
    else if (role === 'snapshot') this.#answer(now, wire, frames);
    else if (this.#faces[WIRES.indexOf(wire)]!.notice(frames)) {
      this.#hugzAt = Math.min(this.#hugzAt, Math.max(now, this.#lastHugz + HUGZ_PAUSE_MS));
    }
    return this.#take();
  }

  delivered(now: Millis, port: KvServerPort, frames: Frames): KvServerEffects {
    this.#now = now;
    this.#streams.delivered(PORTS[port].wire, frames, this.#seq);
    return this.#take();
  }

  undelivered(now: Millis, port: KvServerPort, frames: Frames, _why: UndeliveredReason): KvServerEffects {
    const [peer, ...sent] = frames;
    const { wire, role } = PORTS[port];
    if (role === 'snapshot' && peer !== undefined) {
      const ended = this.#streams.cancel(wire, peer);
      for (let i = 0; i < ended; i++) this.#drop(now, 'snapshot-unreachable', wire, peer);
      const { type } = decodeSnapshotReply(wire, sent);
      // Items and ends are parts of a snapshot that was counted.
      if (type !== 'item' && type !== 'end') this.#drop(now, 'reply-undelivered', wire, peer);
    }
    return this.#take();
  }

  /** Only connecting ports have links, and it has none. */
  link(): KvServerEffects {
    return this.#take();
  }

  /** The commit that was told last is on disk. */
  committed(now: Millis): KvServerEffects {
    if (this.#journal?.committed(now, this.#seq) === true) this.#event({ type: 'storage-recovered' });
    const unreserved = this.#journal !== undefined && this.#seq > this.#journal.reservedSeq;
    if (unreserved && !this.#unreserved) this.#event({ type: 'sequence-unreserved', seq: this.#seq });
    this.#unreserved = unreserved;
    return this.#take();
  }

  /** The commit that was told last is not on disk; it will be tried again. */
  commitFailed(now: Millis, error: unknown): KvServerEffects {
    this.#journal?.failed(now);
    this.#event({ type: 'storage-failed', error });
    return this.#take();
  }

  /** What has still to be written, in parts, when the server ends and no commit is under way. */
  lastCommit(now: Millis): KvCommit | undefined {
    return this.#journal?.takeAll(now, this.#seq);
  }

  statistics(): KvServerStatistics {
    return {
      ...this.#counters,
      sequence: this.#seq,
      keys: this.#table.size,
      bytes: this.#table.bytes,
      snapshots: this.#streams.count,
      keptBytes: this.#streams.keptBytes,
      subscriptions: { chp: this.#faces[0]!.subscriptions, kvmsg: this.#faces[1]!.subscriptions },
      unsaved: this.#journal?.pending ?? 0,
      storageFailures: this.#journal?.failures ?? 0,
      dropped: this.#drops.totals(),
    };
  }

  /** What is due longer than {@link GRACE_MS} was so while the process stood still; what was left for this step was not. */
  #noticeStandstill(now: Millis): void {
    const expireAt = Math.max(this.#expiry.next, this.#noExpiryBefore, this.#tickedAt);
    const lateMs = now - Math.min(this.#hugzAt, expireAt);
    if (lateMs <= GRACE_MS) return;
    this.#noExpiryBefore = now + GRACE_MS;
    this.#event({ type: 'stalled', lateMs });
  }

  #begin(now: Millis): void {
    // Reading all of the tree may have taken long, and nobody could say that he is alive.
    for (const [id, ttlSeconds] of this.#restoredTtls) this.#expiry.set(now, id, ttlSeconds);
    this.#restoredTtls.clear();
    for (const wire of WIRES) {
      for (const role of ROLES) this.#effects.push({ type: 'open', port: `${wire}-${role}` });
    }
  }

  #collect(now: Millis, wire: KvWire, frames: Frames): void {
    const message = decodeCollected(wire, frames, this.#options.legacy4);
    if (message.type === 'malformed') {
      this.#drop(now, message.reason, wire, undefined, frames[0]);
      return;
    }
    const { key, body, uuid, properties } = message;
    const cause = this.#update(now, wire, key, body, uuid, properties);
    if (cause !== undefined) this.#drop(now, cause, wire, undefined, key);
  }

  /** Checks an update and makes it. @returns why it was not made, if it was not */
  #update(
    now: Millis,
    wire: KvWire,
    key: Frame,
    body: Frame,
    uuid: Frame,
    properties: Frame,
  ): KvDropCause | undefined {
    const refusal = refusalOf(key, body, this.#options);
    if (refusal !== undefined) return refusal;
    if (properties.length > this.#options.maxPropertiesBytes) return 'properties-too-long';
    const ttl = readTtl(properties);
    const id = this.#table.find(key);
    if (body.length === 0) {
      this.#counters.deletes++;
      if (id >= 0) this.#remove(now, id, key);
    } else {
      const crowded = this.#crowded(id, key, body);
      if (crowded !== undefined) return crowded;
      if (ttl === undefined) this.#drop(now, 'ttl', wire, undefined, key);
      this.#put(now, id, key, body, ttl ?? 0);
    }
    this.#publish(now, key, body, uuid, properties);
    return undefined;
  }

  #crowded(id: number, key: Frame, body: Frame): KvDropCause | undefined {
    const { maxKeys, maxTotalBytes } = this.#options;
    if (id < 0 && this.#table.size >= maxKeys) return 'too-many-keys';
    const more = id < 0 ? key.length + body.length + ENTRY_BYTES : body.length - this.#table.bodyLengthOf(id);
    if (more > 0 && this.#table.bytes + more > maxTotalBytes) return 'tree-full';
    // Records that lie scattered over half-empty slabs: what is live may be little, the memory is not.
    const scattered = this.#table.reserved > 2 * maxTotalBytes + RESERVE_SLACK;
    return scattered && (id < 0 || !this.#table.fitsInPlace(id, body.length)) ? 'tree-full' : undefined;
  }

  #put(now: Millis, known: number, key: Frame, body: Frame, ttl: number): void {
    if (known >= 0) this.#streams.preserve(known);
    const ttlBefore = known < 0 ? 0 : this.#expiry.secondsOf(known);
    const { id, same } = this.#table.put(known, key, body, this.#seq + 1);
    this.#expiry.set(now, id, ttl);
    // A refresh that changes nothing wears out no memory card: after a restart the value is the same, and stale either way.
    if (!same || ttl !== ttlBefore) this.#journal?.changed(now, id);
  }

  #remove(now: Millis, id: number, key: Frame): void {
    this.#streams.preserve(id);
    this.#expiry.clear(id);
    this.#journal?.removed(now, id, key);
    this.#table.remove(id);
  }

  #publish(now: Millis, key: Frame, body: Frame, uuid: Frame, properties: Frame): void {
    const seq = ++this.#seq;
    this.#counters.updates++;
    this.#ring.add(key);
    if (this.#journal?.advanced(now, seq) === true && !this.#unreserved) {
      this.#unreserved = true;
      this.#event({ type: 'sequence-unreserved', seq });
    }
    let frame: Frame | undefined;
    for (const face of this.#faces) {
      if (!face.isHeard) continue;
      frame ??= sequenceFrame(seq);
      const frames = face.update(key, frame, body, uuid, properties);
      this.#effects.push({ type: 'send', port: `${face.wire}-publisher`, frames });
    }
  }

  #answer(now: Millis, wire: KvWire, [peer, ...frames]: Frames): void {
    if (peer === undefined) return;
    const request = decodeSnapshotRequest(frames);
    switch (request.type) {
      case 'malformed':
        this.#drop(now, request.reason, wire, peer);
        break;
      case 'icanhaz':
        this.#snapshot(now, wire, peer, request.subtree);
        break;
      case 'state':
        this.#reply(wire, peer, encodeStateReply(this.#options.epoch, this.#options.startSeq));
        break;
      case 'count':
        this.#count(now, wire, peer, request.subtree, request.from);
        break;
      case 'setif':
        this.#setIf(now, wire, peer, request);
        break;
    }
  }

  #snapshot(now: Millis, wire: KvWire, peer: Frame, subtree: Frame): void {
    if (subtree.length > this.#options.maxKeyBytes) this.#drop(now, 'subtree-too-long', wire, peer);
    else if (!this.#streams.request(wire, peer, subtree, this.#seq)) {
      this.#drop(now, 'too-many-snapshots', wire, peer);
    }
  }

  #count(now: Millis, wire: KvWire, peer: Frame, subtree: Frame, from: bigint): void {
    // The answer repeats it: what nobody could mean is not echoed.
    if (subtree.length > this.#options.maxKeyBytes) {
      this.#drop(now, 'subtree-too-long', wire, peer);
      return;
    }
    const count = this.#ring.count(subtree, Number(from));
    this.#reply(wire, peer, encodeCountReply(subtree, from, this.#seq, count));
  }

  #setIf(now: Millis, wire: KvWire, peer: Frame, asked: SnapshotRequest & { type: 'setif' }): void {
    const { request, key, expected, properties, body } = asked;
    // A key that can be none is not looked for: to hash 16 MiB takes time that others need.
    const id = key.length <= this.#options.maxKeyBytes ? this.#table.find(key) : -1;
    const actual = id < 0 ? 0 : this.#table.seqOf(id);
    if (refusalOf(key, body, this.#options) === undefined && expected !== BigInt(actual)) {
      this.#counters.conflicts++;
      this.#reply(wire, peer, encodeSetIfReply(request, '409', actual));
      return;
    }
    const cause = this.#update(now, wire, key, body, EMPTY_FRAME, properties);
    if (cause === undefined) {
      this.#counters.conditional++;
      this.#reply(wire, peer, encodeSetIfReply(request, '200', this.#seq));
    } else {
      this.#drop(now, cause, wire, peer, key);
      this.#reply(wire, peer, encodeSetIfReply(request, '400', actual, cause));
    }
  }

  #reply(wire: KvWire, peer: Frame, frames: Frames): void {
    this.#sendSnapshot(wire, [peer, ...frames], false);
  }

  #sendSnapshot(wire: KvWire, frames: Frames, confirm: boolean): void {
    this.#effects.push({ type: 'send', port: `${wire}-snapshot`, frames, confirm });
  }

  #sendHugz(now: Millis): void {
    this.#lastHugz = now;
    this.#hugzAt = now + this.#options.hugzMs;
    this.#streams.endStalled(STALLED_SNAPSHOT_MS);
    for (const face of this.#faces) {
      if (!face.isHeard) continue;
      this.#effects.push({ type: 'send', port: `${face.wire}-publisher`, frames: face.hugz(this.#seq) });
    }
  }

  #expire(now: Millis): void {
    for (let i = 0; i < EXPIRE_AT_ONCE; i++) {
      const id = this.#expiry.dueBy(now);
      if (id === undefined) return;
      const key = Buffer.allocUnsafe(this.#table.keyLengthOf(id));
      this.#table.copyKey(id, key, 0);
      this.#remove(now, id, key);
      this.#counters.expired++;
      this.#publish(now, key, EMPTY_FRAME, EMPTY_FRAME, EMPTY_FRAME);
    }
  }

  #drop(now: Millis, cause: KvDropCause, wire: KvWire, peer?: Frame, key: Frame = EMPTY_FRAME): void {
    // A long one is not held until something else is dropped for this cause.
    const told = key.length > TOLD_KEY_BYTES ? Buffer.from(key.subarray(0, TOLD_KEY_BYTES)) : key;
    const report = this.#drops.count(now, cause, { wire, peer, key: told });
    if (report !== undefined) this.#report(report);
  }

  #report({ cause, count, detail }: DropReport<KvDropCause, DropDetail>): void {
    const { wire, peer, key } = detail;
    this.#event({ type: 'dropped', cause, count, wire, peer: peerText(peer), key: frameText(key) });
  }

  #event(event: KvMachineEvent): void {
    this.#effects.push({ type: 'event', event });
  }

  #take(): KvServerEffects {
    const effects = this.#effects;
    if (effects.length === 0) return NOTHING;
    this.#effects = [];
    return effects;
  }
}

const NOTHING: KvServerEffects = [];

const PORTS = Object.fromEntries(
  WIRES.flatMap((wire) => ROLES.map((role) => [`${wire}-${role}`, { wire, role }])),
) as Readonly<Record<KvServerPort, { readonly wire: KvWire; readonly role: (typeof ROLES)[number] }>>;
