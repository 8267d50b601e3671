import type { Millis } from '@raspy/clock';
import { EMPTY_FRAME, frameKey, type Frame, type Frames } from '@raspy/wire';
import { encodeCollected, type KvWire } from '../codec.js';
import { ttlProperties } from '../properties.js';
import type { ClientCounters } from './client-counters.js';
import type { KvClientEffects } from './client-types.js';
import { Reopening } from './reopening.js';

/** After a refusal: how long to wait, since no socket tells when it has room again, and how many to send at once then. */
const FULL_PAUSE_MS: Millis = 5;
const BURST = 200;

/** An update that is to be made. */
export interface WriteSpec {
  readonly key: Frame;
  /** Empty to delete. */
  readonly body: Frame;
  readonly ttlMs: Millis | undefined;
  /** Whether it may be sent later than now: a fact may, an event may not. */
  readonly mayWait: boolean;
}

interface Write extends WriteSpec {
  readonly id: string;
  readonly expiresAt: Millis;
  readonly order: number;
}

/** Why a write is not taken. */
export type WriteRefusal = 'offline' | 'too-many';

/**
 * Updates on their way to the collector, which never answers. While it cannot be reached the latest of each key waits, in
 * here, where a later one replaces it: facts supersede each other. What the socket has not handed on when the
 * connection ends comes back here, and a new socket is opened, so that nothing that may not wait is sent late.
 */
export class Outbox {
  readonly #wire: KvWire;
  readonly #maxKeys: number;
  readonly #maxBytes: number;
  readonly #count: ClientCounters;
  readonly #pending = new Map<string, Write>();
  #pendingBytes = 0;
  /** What was given to the socket and not handed on yet: the latest of each key, and how many of it. */
  readonly #underWay = new Map<string, { write: Write; count: number }>();
  readonly #reopening = new Reopening();
  #up = false;
  #order = 0;
  /** When to send again after the socket refused; `-Infinity` when it takes everything. */
  #resumeAt: Millis = -Infinity;
  /** Something came back into `#pending`, behind what is younger. */
  #unordered = false;

  constructor(wire: KvWire, maxKeys: number, maxBytes: number, count: ClientCounters) {
    this.#wire = wire;
    this.#maxKeys = maxKeys;
    this.#maxBytes = maxBytes;
    this.#count = count;
  }

  get up(): boolean {
    return this.#up;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get deadline(): Millis {
    return Math.min(this.#reopening.at, this.#up && this.#pending.size > 0 ? this.#resumeAt : Infinity);
  }

  /** Whether a write would be taken now. */
  refuses({ key, body, mayWait }: WriteSpec): WriteRefusal | undefined {
    const direct = this.#up && this.#pending.size === 0;
    if (direct) return undefined;
    if (!mayWait) return 'offline';
    const before = this.#pending.get(frameKey(key));
    const bytes = this.#pendingBytes + key.length + body.length - (before === undefined ? 0 : size(before));
    const keys = this.#pending.size + (before === undefined ? 1 : 0);
    return keys > this.#maxKeys || bytes > this.#maxBytes ? 'too-many' : undefined;
  }

  /** Sends it, or lets it wait; one that would be refused is dropped and counted. */
  write(now: Millis, spec: WriteSpec, out: KvClientEffects): void {
    if (this.refuses(spec) !== undefined) {
      this.#count.abandoned++;
      return;
    }
    const expiresAt = spec.ttlMs === undefined ? Infinity : now + spec.ttlMs;
    const write: Write = { ...spec, id: frameKey(spec.key), expiresAt, order: this.#order++ };
    if (this.#up && this.#pending.size === 0) this.#send(now, write, out);
    else this.#wait(write);
  }

  /** Forgets an update of this key that waits. */
  withdraw(id: string): void {
    const write = this.#pending.get(id);
    if (write === undefined) return;
    this.#pending.delete(id);
    this.#pendingBytes -= size(write);
  }

  /** The collector's connection was made or lost. */
  link(now: Millis, up: boolean, out: KvClientEffects): void {
    if (this.#reopening.at !== Infinity) return;
    if (up) {
      this.#up = true;
      this.#resumeAt = -Infinity;
      this.flush(now, out);
      return;
    }
    if (this.#up) this.#recall();
    this.#up = false;
    out.push({ type: 'close', port: 'collector' });
    this.#reopening.closed(now);
    this.tick(now, out);
  }

  /** The oldest of this key that is under way was handed on. */
  delivered(frames: Frames): void {
    this.#settle(frames);
    this.#reopening.worked();
  }

  /** One that is under way was not taken by the socket. */
  undelivered(now: Millis, frames: Frames): void {
    const latest = this.#underWay.get(frameKey(frames[0] ?? EMPTY_FRAME))?.write;
    const settled = this.#settle(frames);
    // The latest of its key comes back though older ones are still in the socket: they say something else.
    const write = latest !== undefined && frames.at(-1) === latest.body ? latest : settled;
    this.#count.refused++;
    this.#count.sent--;
    this.#resumeAt = now + FULL_PAUSE_MS;
    if (write !== undefined) this.#putBack(write);
  }

  tick(now: Millis, out: KvClientEffects): void {
    if (this.#reopening.due(now)) out.push({ type: 'open', port: 'collector' });
    this.flush(now, out);
  }

  /** Sends what waits, in the order in which it was last set. */
  flush(now: Millis, out: KvClientEffects): void {
    if (!this.#up || this.#pending.size === 0 || now < this.#resumeAt) return;
    // Until the socket has refused something it is believed to take all of it.
    let burst = this.#resumeAt === -Infinity ? Infinity : BURST;
    for (const write of this.#inOrder()) {
      if (burst-- <= 0) break;
      this.withdraw(write.id);
      if (write.expiresAt <= now) this.#count.expiredPending++;
      else this.#send(now, write, out);
    }
    this.#resumeAt = this.#pending.size === 0 ? -Infinity : now + FULL_PAUSE_MS;
  }

  #send(now: Millis, write: Write, out: KvClientEffects): void {
    const underWay = this.#underWay.get(write.id);
    this.#underWay.set(write.id, { write, count: (underWay?.count ?? 0) + 1 });
    this.#count.sent++;
    // What has waited lives no longer for it.
    const left = write.expiresAt === Infinity ? undefined : write.expiresAt - now;
    const frames = encodeCollected(this.#wire, write.key, write.body, undefined, ttlProperties(left));
    out.push({ type: 'send', port: 'collector', frames, confirm: true });
  }

  #wait(write: Write): void {
    if (this.#pending.has(write.id)) this.#count.superseded++;
    this.withdraw(write.id);
    this.#pending.set(write.id, write);
    this.#pendingBytes += size(write);
  }

  /** One more of this key is no longer under way. @returns the latest write of it, if that was the last one */
  #settle(frames: Frames): Write | undefined {
    const [key] = frames;
    const id = key === undefined ? '' : frameKey(key);
    const underWay = this.#underWay.get(id);
    if (underWay === undefined) return undefined;
    if (--underWay.count > 0) return undefined;
    this.#underWay.delete(id);
    return underWay.write;
  }

  /** The connection is gone: what the socket still has comes back, and what may not wait is given up. */
  #recall(): void {
    for (const { write } of this.#underWay.values()) this.#putBack(write);
    this.#underWay.clear();
    for (const write of [...this.#pending.values()]) {
      if (write.mayWait) continue;
      this.withdraw(write.id);
      this.#count.abandoned++;
    }
  }

  #putBack(write: Write): void {
    // A later one of the same key waits already.
    if (this.#pending.has(write.id)) {
      this.#count.superseded++;
      return;
    }
    this.#pending.set(write.id, write);
    this.#pendingBytes += size(write);
    this.#unordered = true;
  }

  #inOrder(): Write[] {
    const writes = [...this.#pending.values()];
    if (!this.#unordered) return writes;
    writes.sort((a, b) => a.order - b.order);
    this.#unordered = writes.length > BURST;
    return writes;
  }
}

function size({ key, body }: WriteSpec): number {
  return key.length + body.length;
}
