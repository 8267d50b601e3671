import { DeadlineHeap, type Millis } from '@raspy/clock';
import { asBuffer, frameKey, frameText, type Frame } from '@raspy/wire';
import type { RequestId } from '../request-id.js';
import type { RequestRecord } from '../storage.js';
import { Entry, type WallDeadline } from './entry.js';
import { Lane } from './lane.js';
import type { ResolvedTitanicOptions } from './options.js';
import type { Outbox } from './outbox.js';
import { newCounters } from './statistics.js';

/** All requests that are kept, by everything they are looked for by. */
export class Book {
  readonly counters = newCounters();
  readonly entries = new Map<RequestId, Entry>();
  /** The oldest first. */
  readonly dead = new Set<Entry>();
  /** Of which only the key is kept; the oldest first. */
  readonly closed = new Set<Entry>();
  /** Whose time has not come, or cannot be judged. */
  readonly held = new Set<Entry>();
  readonly due = new DeadlineHeap<Entry>();
  readonly wallDue = new DeadlineHeap<WallDeadline>();
  readonly lanesDue = new DeadlineHeap<Lane>();
  readonly #options: ResolvedTitanicOptions;
  readonly #outbox: Outbox;
  readonly #lanes = new Map<string, Lane>();
  readonly #keys = new Map<string, Entry>();
  #kept = 0;
  #bytes = 0;

  constructor(options: ResolvedTitanicOptions, outbox: Outbox) {
    this.#options = options;
    this.#outbox = outbox;
  }

  /** Requests that count, which those do not of which only the key is kept. */
  get kept(): number {
    return this.#kept;
  }

  /** Of their bodies and replies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether one more, with so many bytes, would be too much. */
  isFull(target: Frame, bodyBytes: number): boolean {
    const { maxRequests, maxRequestsPerService, maxBytes } = this.#options;
    if (this.#kept >= maxRequests || this.#bytes + bodyBytes > maxBytes) return true;
    return (this.lane(target)?.kept ?? 0) >= maxRequestsPerService;
  }

  byKey(target: Frame, key: string): Entry | undefined {
    return this.#keys.get(keyOf(target, key));
  }

  lane(target: Frame): Lane | undefined {
    return this.#lanes.get(frameKey(target));
  }

  lanes(): IterableIterator<Lane> {
    return this.#lanes.values();
  }

  keep(record: RequestRecord): Entry {
    const lane = this.lane(record.target) ?? this.#newLane(record.target);
    const entry = new Entry(record, lane);
    this.entries.set(record.id, entry);
    if (record.key !== undefined) this.#keys.set(keyOf(record.target, record.key), entry);
    lane.kept++;
    this.#kept++;
    this.#bytes += entry.bytes;
    return entry;
  }

  /** An entry has another size: `change` is what does it. */
  resize(entry: Entry, change: () => void): void {
    const before = entry.bytes;
    change();
    this.#bytes += entry.bytes - before;
  }

  /** Only its key is kept from now on. */
  keepKey(entry: Entry): void {
    if (this.closed.has(entry)) return;
    this.#uncount(entry);
    this.closed.add(entry);
  }

  /** Nothing of an entry is kept; no attempt of it is under way. */
  forget(entry: Entry): void {
    const { record } = entry;
    if (!this.entries.delete(record.id)) return;
    if (!this.closed.delete(entry)) this.#uncount(entry);
    this.dead.delete(entry);
    this.held.delete(entry);
    this.due.remove(entry);
    if (entry.wall !== undefined) this.wallDue.remove(entry.wall);
    if (record.key !== undefined && this.byKey(record.target, record.key) === entry) {
      this.#keys.delete(keyOf(record.target, record.key));
    }
    this.release(entry.lane);
  }

  /** Forgets a lane that nothing is in; not while its workers are watched, which whoever ends that does itself. */
  release(lane: Lane): void {
    if (lane.kept > 0 || lane.running > 0 || lane.watched || this.#lanes.get(lane.key) !== lane) return;
    this.lanesDue.remove(lane);
    this.#lanes.delete(lane.key);
  }

  /** When an entry is looked at next, on the monotonic clock. */
  schedule(entry: Entry, at: Millis): void {
    if (entry.heapIndex >= 0) {
      this.due.move(entry, at);
      return;
    }
    entry.deadline = at;
    this.due.add(entry);
  }

  /** When a lane is looked at next. */
  wake(lane: Lane, at: Millis): void {
    this.lanesDue.remove(lane);
    lane.deadline = at;
    this.lanesDue.add(lane);
  }

  #newLane(target: Frame): Lane {
    const text = frameText(target);
    const { policy, mistake } = this.#options.policyOf(text);
    if (mistake !== undefined) this.#outbox.event({ type: 'policy-refused', service: text, mistake });
    // A copy: the frame may be a slice of something large.
    const lane = new Lane(frameKey(target), Buffer.from(asBuffer(target)), text, policy);
    this.#lanes.set(lane.key, lane);
    return lane;
  }

  #uncount(entry: Entry): void {
    this.#kept--;
    entry.lane.kept--;
    this.#bytes -= entry.bytes;
  }
}

function keyOf(target: Frame, key: string): string {
  // Any byte may be in either, so that only the length tells where one ends.
  return `${target.length}:${frameKey(target)}${key}`;
}
