import type { Millis } from '@raspy/clock';
import {
  EMPTY_FRAME,
  frameKey,
  type Effect,
  type Frames,
  type Machine,
  type UndeliveredReason,
} from '@raspy/wire';
import { decodeSnapshotReply } from '../codec.js';
import { clientCounters, type KvClientStatistics } from './client-counters.js';
import type {
  CloneClientOptions,
  KvClientEffects,
  KvClientEvent,
  KvClientPort,
  KvItem,
} from './client-types.js';
import { Conditionals, type SetIfSpec } from './conditionals.js';
import { Keepers } from './keepers.js';
import { Outbox, type WriteRefusal, type WriteSpec } from './outbox.js';
import { Reader } from './reader.js';
import { SnapshotPort } from './snapshot-port.js';

const NOTHING: readonly Effect<KvClientPort, KvClientEvent>[] = [];
/** Frames of a conditional update, the one request among those of the snapshot port that has so many. */
const SETIF_FRAMES = 6;

/**
 * The client's side of Clone (PROTOCOLS §9): keeps a picture of a subtree that is known to be current or known not to be,
 * and sends updates. Loss is found by sequences where nothing is filtered, by counts everywhere that the server offers
 * them, and healed by a new snapshot.
 */
export class CloneClient implements Machine<KvClientPort, KvClientEvent> {
  readonly #count = clientCounters();
  readonly #options: CloneClientOptions;
  readonly #dealer: SnapshotPort;
  readonly #reader: Reader | undefined;
  readonly #outbox: Outbox | undefined;
  readonly #conditionals: Conditionals;
  readonly #keepers = new Keepers();
  #closed = false;
  #toldUp = false;

  constructor(options: CloneClientOptions) {
    this.#options = options;
    this.#conditionals = new Conditionals(options.firstRequest, this.#count);
    this.#dealer = new SnapshotPort((out) => this.#conditionals.lost(out));
    if (options.read) this.#reader = new Reader(options, this.#dealer, this.#count);
    if (options.write) {
      const { wire, maxPendingKeys, maxPendingBytes } = options;
      this.#outbox = new Outbox(wire, maxPendingKeys, maxPendingBytes, this.#count);
    }
  }

  get nextDeadline(): Millis {
    if (this.#closed) return Infinity;
    return Math.min(
      this.#reader?.deadline ?? Infinity,
      this.#outbox?.deadline ?? Infinity,
      this.#dealer.deadline,
      this.#conditionals.deadline,
      this.#keepers.deadline,
    );
  }

  /** The picture's item of this id, current or not. */
  get(id: string): KvItem | undefined {
    return this.#reader?.replica.get(id);
  }

  /** All items of the picture, in no order. */
  items(): Iterable<KvItem> {
    return this.#reader?.replica.items() ?? [];
  }

  /** Whether there is a picture. */
  get exists(): boolean {
    return this.#reader?.replica.exists ?? false;
  }

  get size(): number {
    return this.#reader?.replica.size ?? 0;
  }

  /** Sequence that the picture stands at. */
  get seq(): bigint {
    return this.#reader?.replica.seq ?? 0n;
  }

  /** Items with a sequence up to this came from the server's disk. */
  get restoredSeq(): bigint {
    return this.#reader?.replica.restoredSeq ?? 0n;
  }

  statistics(): KvClientStatistics {
    return {
      ...this.#count,
      entries: this.size,
      pending: this.#outbox?.pending ?? 0,
      conditionalsPending: this.#conditionals.size,
      keptAlive: this.#keepers.size,
      collectorLinked: this.#outbox?.up ?? false,
    };
  }

  /** Whether {@link CloneClient.write} would not take it now. */
  refuses(spec: WriteSpec): WriteRefusal | undefined {
    return this.#outbox === undefined ? 'offline' : this.#outbox.refuses(spec);
  }

  /** Whether {@link CloneClient.setIf} would not take one now. */
  get conditionalsFull(): boolean {
    return this.#conditionals.full;
  }

  /** Makes an update. @param keepAlive - repeat it until the key is written again, or the client closed */
  write(now: Millis, spec: WriteSpec, keepAlive: boolean): readonly Effect<KvClientPort, KvClientEvent>[] {
    if (this.#closed) return NOTHING;
    const out: KvClientEffects = [];
    this.#keepers.forget(frameKey(spec.key));
    this.#outbox?.write(now, spec, out);
    if (keepAlive && spec.ttlMs !== undefined) {
      // Whatever the first was to be: its repetitions are facts.
      this.#keepers.keep(now, { ...spec, ttlMs: spec.ttlMs, mayWait: true });
    }
    return out;
  }

  /** Begins a conditional update; it settles by an event. */
  setIf(now: Millis, spec: SetIfSpec): readonly Effect<KvClientPort, KvClientEvent>[] {
    const out: KvClientEffects = [];
    this.#conditionals.add(now, spec, this.#dealer.up && !this.#closed, out);
    if (this.#closed) this.#conditionals.close(out);
    else if (!this.#dealer.up) this.#dealer.need(now, out);
    return out;
  }

  /** Says goodbye: deletes what was kept alive, settles the rest. Nothing is sent from now on. */
  close(now: Millis): readonly Effect<KvClientPort, KvClientEvent>[] {
    if (this.#closed) return NOTHING;
    const out: KvClientEffects = [];
    if (this.#outbox?.up === true) {
      for (const { key } of this.#keepers.take(now, true)) {
        this.#outbox.write(now, { key, body: EMPTY_FRAME, ttlMs: undefined, mayWait: true }, out);
      }
    }
    this.#conditionals.close(out);
    this.#closed = true;
    return out;
  }

  tick(now: Millis): readonly Effect<KvClientPort, KvClientEvent>[] {
    if (this.#closed) return NOTHING;
    const out: KvClientEffects = [];
    this.#reader?.tick(now, out);
    this.#outbox?.tick(now, out);
    this.#dealer.tick(now, out);
    this.#conditionals.tick(now, out);
    // Without a connection they would only replace each other; all of them are sent when it stands.
    for (const spec of this.#keepers.take(now)) if (this.#outbox?.up) this.#outbox.write(now, spec, out);
    return out;
  }

  receive(now: Millis, port: KvClientPort, frames: Frames): readonly Effect<KvClientPort, KvClientEvent>[] {
    // A push receives nothing.
    if (this.#closed || port === 'collector') return NOTHING;
    const out: KvClientEffects = [];
    if (port === 'updates') {
      this.#reader?.published(now, frames, out);
      return out;
    }
    const reply = decodeSnapshotReply(this.#options.wire, frames);
    if (reply.type === 'malformed') this.#count.malformedReplies++;
    else if (reply.type === 'setif') this.#conditionals.answered(reply, out);
    else if (this.#reader === undefined) this.#count.unexpectedReplies++;
    else this.#reader.replied(now, reply, out);
    return out;
  }

  undelivered(
    now: Millis,
    port: KvClientPort,
    frames: Frames,
    _why: UndeliveredReason,
  ): readonly Effect<KvClientPort, KvClientEvent>[] {
    if (this.#closed) return NOTHING;
    const out: KvClientEffects = [];
    // A question that did not leave gets no answer, and is asked again when its time is up.
    if (port === 'collector') this.#outbox?.undelivered(now, frames);
    else if (frames.length === SETIF_FRAMES) this.#conditionals.undelivered(frames, out);
    return out;
  }

  delivered(
    _now: Millis,
    port: KvClientPort,
    frames: Frames,
  ): readonly Effect<KvClientPort, KvClientEvent>[] {
    if (port === 'collector') this.#outbox?.delivered(frames);
    return NOTHING;
  }

  link(now: Millis, port: KvClientPort, up: boolean): readonly Effect<KvClientPort, KvClientEvent>[] {
    if (this.#closed) return NOTHING;
    const out: KvClientEffects = [];
    if (port === 'updates') this.#reader?.updatesLink(now, up, out);
    else if (port === 'snapshot') this.#dealerLink(now, up, out);
    else if (this.#outbox !== undefined) this.#collectorLink(now, this.#outbox, up, out);
    return out;
  }

  #dealerLink(now: Millis, up: boolean, out: KvClientEffects): void {
    if (up) {
      if (!this.#dealer.linked()) return;
      this.#reader?.dealerUp(now, out);
      this.#conditionals.linked(out);
      return;
    }
    this.#dealer.lost(out);
    this.#conditionals.lost(out);
    this.#reader?.dealerLost(now, out);
    if (this.#conditionals.size > 0) this.#dealer.need(now, out);
  }

  #collectorLink(now: Millis, outbox: Outbox, up: boolean, out: KvClientEffects): void {
    if (up && !outbox.up) {
      // Whatever happened to them meanwhile: they are to be there. Behind what waits, and once each.
      for (const spec of this.#keepers.take(now, true)) {
        outbox.withdraw(frameKey(spec.key));
        outbox.write(now, spec, out);
      }
    }
    outbox.link(now, up, out);
    this.#tellCollector(outbox.up, out);
  }

  /** A client without a picture has no other status to tell than its connection's. */
  #tellCollector(up: boolean, out: KvClientEffects): void {
    if (this.#reader !== undefined || up === this.#toldUp) return;
    this.#toldUp = up;
    out.push({ type: 'event', event: { type: 'status', status: up ? 'synced' : 'stale' } });
  }
}
