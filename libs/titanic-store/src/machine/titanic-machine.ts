import type { Millis } from '@raspy/clock';
import { asBuffer, framesBytes, frameText, type Frame, type Frames } from '@raspy/wire';
import { newRequestId, type Entropy, type RequestId } from '../request-id.js';
import type { OnExpire, RequestRecord, StoredRequest } from '../storage.js';
import { Attempts, type AttemptOutcome } from './attempts.js';
import { Book } from './book.js';
import type { Moment, RefusalReason, Ticket, TitanicEffect } from './effects.js';
import type { Entry } from './entry.js';
import type { Lane } from './lane.js';
import { Lives, WAITED } from './lives.js';
import { resolveTitanicOptions, type ResolvedTitanicOptions, type TitanicOptions } from './options.js';
import { Outbox } from './outbox.js';
import type { TitanicStatistics } from './statistics.js';
import { isDevices, isReservedTarget } from './targets.js';

/** A request as it comes in. */
export interface NewRequest {
  readonly target: Frame;
  readonly body: Frames;
  /** By `titanic.submit`. */
  readonly submitted: boolean;
  readonly notBefore?: number;
  readonly expiresAt?: number;
  readonly key?: string;
  readonly onExpire?: OnExpire;
}

/** At most so many entries are looked at in one tick; the rest comes with the next, so that others get their turn. */
const LOOKS_A_TICK = 1_000;
/** The wall clock may step at any time, and nobody tells: so often its instants are looked at again. */
const WALL_LOOK_MS: Millis = 1_000;

/**
 * The life of durable requests (RFC 9, PROTOCOLS §8) as a pure machine: it is told what happened and when, and returns what
 * to do. Nothing is answered before what it stands on is stored.
 *
 * Requests for one service are begun in the order of their acceptance; one that failed goes before all that came after it,
 * which wait for it. Services do not wait for one another.
 */
export class TitanicMachine {
  readonly #options: ResolvedTitanicOptions;
  readonly #entropy: Entropy;
  readonly #outbox = new Outbox();
  readonly #book: Book;
  readonly #lives: Lives;
  readonly #attempts: Attempts;
  #lastOrder = 0;
  #moment: Moment | undefined;

  /** @throws TitanicOptionError for options without meaning */
  constructor(options: TitanicOptions & { readonly entropy: Entropy }) {
    this.#options = resolveTitanicOptions(options);
    this.#entropy = options.entropy;
    this.#book = new Book(this.#options, this.#outbox);
    this.#lives = new Lives(this.#options, this.#book, this.#outbox);
    this.#attempts = new Attempts(this.#options, this.#book, this.#outbox, this.#lives);
    this.#lives.attempts = this.#attempts;
  }

  /** When {@link TitanicMachine.tick} wants to be called at the latest; `Infinity` for never. */
  get nextDeadline(): Millis {
    const { due, lanesDue, wallDue } = this.#book;
    const next = Math.min(due.first?.deadline ?? Infinity, lanesDue.first?.deadline ?? Infinity);
    if (this.#moment === undefined || wallDue.first === undefined) return next;
    const { now, wall, trusted } = this.#moment;
    const waitMs = trusted ? Math.max(0, wallDue.first.deadline - wall) : WALL_LOOK_MS;
    return Math.min(next, now + Math.min(WALL_LOOK_MS, waitMs));
  }

  /** What was found on the disk; once, before anything else. What was running is waiting again. */
  restore(moment: Moment, stored: readonly StoredRequest[]): readonly TitanicEffect[] {
    this.#begin(moment);
    for (const found of [...stored].sort((a, b) => a.record.order - b.record.order)) {
      this.#lastOrder = Math.max(this.#lastOrder, found.record.order);
      this.#lives.restore(moment, found);
    }
    if (!moment.trusted) this.#tellClock(moment);
    return this.#outbox.take();
  }

  /** A request comes in; the answer is `accepted` when it is durable, or `refused`. */
  submit(moment: Moment, ticket: Ticket, request: NewRequest): readonly TitanicEffect[] {
    this.#begin(moment);
    const { target, key } = request;
    const known = key === undefined ? undefined : this.#book.byKey(target, key);
    const bodyBytes = framesBytes(request.body);
    if (known !== undefined) {
      this.#book.counters.repeatedKeys++;
      if (known.tickets !== undefined) known.tickets.push(ticket);
      else this.#outbox.answer(ticket, { type: 'accepted', id: known.record.id });
    } else {
      const refusal = this.#refusal(moment, request, bodyBytes);
      if (refusal === undefined) this.#accept(moment, ticket, request, bodyBytes);
      else this.#refuse([ticket], target, refusal);
    }
    return this.#outbox.take();
  }

  /** Its submitter wants nothing of it any more: `ok`, also when there is none; `refused` when that cannot be stored. */
  close(moment: Moment, ticket: Ticket, id: RequestId): readonly TitanicEffect[] {
    this.#begin(moment);
    const entry = this.#book.entries.get(id);
    if (entry === undefined) this.#outbox.answer(ticket, { type: 'ok' });
    else this.#lives.close(moment, ticket, entry);
    return this.#outbox.take();
  }

  /** A dead letter gets its attempts anew, at the end of the line: `ok`; `absent` when it is none; `refused` as expired. */
  retry(moment: Moment, ticket: Ticket, id: RequestId): readonly TitanicEffect[] {
    this.#begin(moment);
    const entry = this.#book.entries.get(id);
    const expiresAt = entry?.record.expiresAt ?? Infinity;
    if (entry?.state !== 'dead') this.#outbox.answer(ticket, { type: 'absent' });
    else if (moment.trusted && moment.wall >= expiresAt)
      this.#outbox.answer(ticket, { type: 'refused', reason: 'expired' });
    else this.#lives.retry(moment, ticket, entry, ++this.#lastOrder);
    return this.#outbox.take();
  }

  /** A service that is watched has so many workers now. */
  workers(moment: Moment, target: Frame, workers: number): readonly TitanicEffect[] {
    this.#begin(moment);
    const lane = this.#book.lane(target);
    if (lane?.watched === true) {
      lane.workers = workers;
      this.#attempts.dispatch(moment, lane);
    }
    return this.#outbox.take();
  }

  /** A commit has ended; `error` when it failed. */
  stored(moment: Moment, write: number, error?: string): readonly TitanicEffect[] {
    this.#begin(moment);
    if (error !== undefined) this.#book.counters.storageFailures++;
    this.#outbox.stored(moment, write, error);
    return this.#outbox.take();
  }

  /** A claim has ended: whether it was granted, or why it failed. */
  claimed(moment: Moment, id: RequestId, granted: boolean, error?: string): readonly TitanicEffect[] {
    this.#begin(moment);
    const entry = this.#book.entries.get(id);
    if (entry !== undefined) this.#attempts.claimed(moment, entry, granted, error);
    return this.#outbox.take();
  }

  /** An attempt has ended. A reply counts even when its attempt was given up before. */
  ended(moment: Moment, id: RequestId, attempt: number, outcome: AttemptOutcome): readonly TitanicEffect[] {
    this.#begin(moment);
    const entry = this.#book.entries.get(id);
    if (entry !== undefined) this.#attempts.ended(moment, entry, attempt, outcome);
    return this.#outbox.take();
  }

  /** Time has passed. */
  tick(moment: Moment): readonly TitanicEffect[] {
    this.#begin(moment);
    const { due, wallDue, lanesDue } = this.#book;
    let looks = LOOKS_A_TICK;
    // Those whose time has come together begin in their order, which is not that in which they are looked at.
    const lanes = new Set<Lane>();
    for (let next = wallDue.first; next !== undefined && looks > 0 && moment.trusted; next = wallDue.first) {
      if (next.deadline > moment.wall) break;
      looks--;
      const { lane } = next.entry;
      lanes.add(lane);
      lane.dispatching = true;
      this.#lives.review(moment, next.entry);
      this.#book.wake(lane, moment.now);
    }
    for (const lane of lanes) {
      lane.dispatching = false;
      this.#attempts.dispatch(moment, lane);
    }
    for (let next = due.first; next !== undefined && looks > 0; next = due.first) {
      if (next.deadline > moment.now) break;
      looks--;
      due.remove(next);
      this.#dueNow(moment, next);
    }
    for (let next = lanesDue.first; next !== undefined && looks > 0; next = lanesDue.first) {
      if (next.deadline > moment.now) break;
      looks--;
      this.#attempts.dispatch(moment, next);
    }
    return this.#outbox.take();
  }

  /** A request that is known. */
  find(id: RequestId): Entry | undefined {
    return this.#book.entries.get(id);
  }

  /** All requests that are known, closed ones with a key included; in the order in which they came. */
  all(): IterableIterator<Entry> {
    return this.#book.entries.values();
  }

  statistics(): TitanicStatistics {
    const { counters, kept, bytes, dead, held, closed } = this.#book;
    let waiting = 0;
    let running = 0;
    for (const lane of this.#book.lanes()) {
      waiting += lane.waiting;
      running += lane.running;
    }
    return {
      ...counters,
      ...{ kept, bytes, waiting, running },
      held: held.size,
      dead: dead.size,
      closedKeys: closed.size,
    };
  }

  /** Every step begins here: whoever tells the time may tell that it is trusted now; what that frees, the next tick looks at. */
  #begin(moment: Moment): void {
    const before = this.#moment;
    this.#moment = moment;
    if (before !== undefined && before.trusted !== moment.trusted) this.#tellClock(moment);
  }

  #tellClock({ trusted }: Moment): void {
    let held = 0;
    for (const { wall } of this.#book.held) if (wall !== undefined) held++;
    this.#outbox.event({ type: 'clock', trusted, held });
  }

  #refusal(moment: Moment, request: NewRequest, bodyBytes: number): RefusalReason | undefined {
    const { target, expiresAt = Infinity } = request;
    if (isReservedTarget(target)) return 'target';
    if (bodyBytes > this.#options.maxRequestBytes) return 'too-large';
    if (moment.trusted && expiresAt <= moment.wall) return 'expired';
    return this.#book.isFull(target, bodyBytes) ? 'full' : undefined;
  }

  #refuse(tickets: readonly Ticket[], target: Frame, reason: RefusalReason): void {
    this.#book.counters.refused += tickets.length;
    this.#outbox.answerAll(tickets, { type: 'refused', reason });
    this.#outbox.event({ type: 'refused', service: frameText(target), reason });
  }

  #accept(moment: Moment, ticket: Ticket, request: NewRequest, bodyBytes: number): void {
    const { notBefore, expiresAt, key, onExpire = 'drop', submitted } = request;
    const record: RequestRecord = {
      id: newRequestId(this.#entropy),
      order: ++this.#lastOrder,
      // A copy: the frame may be a slice of something large.
      target: Buffer.from(asBuffer(request.target)),
      acceptedAt: moment.wall,
      bodyBytes,
      ...(notBefore !== undefined && { notBefore }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(key !== undefined && { key }),
      onExpire,
      submitted,
      transient: expiresAt === undefined && isDevices(request.target),
    };
    const entry = this.#book.keep(record);
    entry.tickets = [ticket];
    this.#outbox.commit({ type: 'accept', request: record, body: request.body }, (then, error) => {
      const tickets = entry.tickets ?? [];
      entry.tickets = undefined;
      if (error === undefined) {
        this.#book.counters.accepted++;
        this.#outbox.answerAll(tickets, { type: 'accepted', id: record.id });
        this.#lives.enter(then, entry, 0);
        this.#lives.closeDeferred(then, entry);
      } else {
        this.#outbox.event({ type: 'storage-failed', reason: error, retrying: false });
        this.#refuse(tickets, record.target, 'storage');
        this.#lives.refuseDeferred(entry);
        this.#book.forget(entry);
      }
    });
  }

  #dueNow(moment: Moment, entry: Entry): void {
    switch (entry.state) {
      case 'running': {
        const { attemptTimeoutMs } = entry.lane.policy;
        this.#attempts.failed(moment, entry, `no reply within ${attemptTimeoutMs} ms`, true);
        break;
      }
      case 'waiting':
      case 'held':
        this.#lives.expire(moment, entry, WAITED);
        this.#book.wake(entry.lane, moment.now);
        break;
      case 'finishing':
        this.#attempts.save(entry);
        break;
      default:
        if (entry.inFlight) this.#attempts.landed(moment, entry);
        else this.#lives.remove(entry);
    }
  }
}
