import type { Millis } from '@raspy/clock';
import type { RequestProgress, StoredRequest, TitanicChange } from '../storage.js';
import type { Attempts } from './attempts.js';
import type { Book } from './book.js';
import type { Moment, Ticket } from './effects.js';
import type { Entry, EntryState } from './entry.js';
import type { ResolvedTitanicOptions } from './options.js';
import type { Outbox } from './outbox.js';

/** Why a request expires that nobody served within its life. */
export const WAITED = 'it waited for too long';

/** From when a request is stored until it is forgotten: waiting for its time, its end, and what is kept of it. */
export class Lives {
  /** Set by whoever makes both, since each calls the other. */
  attempts!: Attempts;
  readonly #options: ResolvedTitanicOptions;
  readonly #book: Book;
  readonly #outbox: Outbox;

  constructor(options: ResolvedTitanicOptions, book: Book, outbox: Outbox) {
    this.#options = options;
    this.#book = book;
    this.#outbox = outbox;
  }

  /** One that was found on the disk; what was running waits again. */
  restore(moment: Moment, { record, progress, doubtful }: StoredRequest): void {
    const entry = this.#book.keep(record);
    const state = progress?.state ?? 'waiting';
    entry.recovered = true;
    entry.attempts = progress?.attempts ?? 0;
    entry.at = progress?.at ?? record.acceptedAt;
    entry.reason = progress?.reason;
    this.#book.resize(entry, () => {
      entry.replyBytes = progress?.replyBytes ?? 0;
      entry.bodyKept = state !== 'expired' && state !== 'closed';
    });
    if (state !== 'waiting' && state !== 'running') this.end(moment, entry, state, moment.wall - entry.at);
    else if (doubtful) this.die(moment, entry, 'the store was damaged: whether it has run is not known');
    else if (record.transient) this.expire(moment, entry, 'an order to a device does not outlive a restart');
    else if (state === 'running' && entry.attempts >= entry.lane.policy.maxAttempts) {
      this.die(moment, entry, `attempt ${entry.attempts} did not outlive Titanic`);
    } else {
      // Since its last attempt, its retry or its own time, none of which it has waited for.
      const { acceptedAt, notBefore = 0 } = record;
      this.enter(moment, entry, moment.wall - Math.max(acceptedAt, entry.at, notBefore));
    }
  }

  /** A stored request, so old already, begins to wait. */
  enter(moment: Moment, entry: Entry, ageMs: Millis): void {
    const { retentionMs, deviceLifeMs } = this.#options;
    const lifeMs = entry.record.transient ? Math.min(deviceLifeMs, retentionMs) : retentionMs;
    entry.lifeEnds = moment.now + remaining(moment, lifeMs, ageMs);
    this.#book.schedule(entry, entry.lifeEnds);
    entry.state = 'held';
    this.#book.held.add(entry);
    this.review(moment, entry);
  }

  /**
   * Whether an entry has expired by the wall clock, whether its time has come, and when to look again. The caller begins what
   * the lane may begin when it has lost one.
   */
  review(moment: Moment, entry: Entry): void {
    const { wall, lane } = entry;
    if (entry.state !== 'held' && entry.state !== 'waiting') return;
    if (wall !== undefined) {
      const { notBefore = -Infinity, expiresAt = Infinity } = entry.record;
      if (moment.trusted && moment.wall >= expiresAt) {
        this.expire(moment, entry, 'its time to be done has passed');
        return;
      }
      const isEarly = moment.wall < notBefore;
      const mustWait = isEarly || !moment.trusted;
      this.#book.wallDue.remove(wall);
      // Without trust the next look is due as soon as there is some, whatever the clock says then.
      if (!moment.trusted) wall.deadline = -Infinity;
      else wall.deadline = isEarly ? Math.min(notBefore, expiresAt) : expiresAt;
      if (wall.deadline < Infinity) this.#book.wallDue.add(wall);
      if (isEarly && moment.trusted) this.#liveAfter(moment, entry, notBefore);
      if (mustWait) {
        if (entry.state === 'held') return;
        lane.leave(entry);
        entry.state = 'held';
        this.#book.held.add(entry);
        return;
      }
    }
    if (entry.state === 'waiting') return;
    this.#book.held.delete(entry);
    entry.state = 'waiting';
    lane.enter(entry);
    this.attempts.dispatch(moment, lane);
  }

  /** It leaves whatever it waited in, for another state. */
  leave(entry: Entry, state: EntryState): void {
    const wasWaiting = entry.state === 'waiting';
    entry.state = state;
    if (wasWaiting) entry.lane.leave(entry);
    this.#book.held.delete(entry);
    this.#book.dead.delete(entry);
    this.#book.due.remove(entry);
    if (entry.wall !== undefined) this.#book.wallDue.remove(entry.wall);
  }

  /** The caller begins what the lane may begin now. */
  expire(moment: Moment, entry: Entry, reason: string): void {
    if (entry.record.onExpire === 'dead') {
      this.die(moment, entry, reason);
      return;
    }
    this.leave(entry, 'expired');
    entry.at = moment.wall;
    entry.reason = reason;
    this.#book.resize(entry, () => (entry.bodyKept = false));
    this.#book.counters.expired++;
    const { record: request, lane } = entry;
    this.#outbox.event({ type: 'expired', id: request.id, service: lane.text, reason });
    // Should it be lost, a restart finds the same again.
    this.#outbox.note({ type: 'progress', request, progress: entry.progress('expired') });
    this.end(moment, entry, 'expired', 0);
  }

  /** The caller begins what the lane may begin now. */
  die(moment: Moment, entry: Entry, reason: string): void {
    this.leave(entry, 'dead');
    entry.at = moment.wall;
    entry.reason = reason;
    this.#book.counters.died++;
    const { record: request, lane } = entry;
    this.#outbox.event({ type: 'dead', id: request.id, service: lane.text, reason });
    this.#outbox.commit(
      { type: 'progress', request, progress: entry.progress('dead') },
      this.#reportFailure(false),
    );
    this.end(moment, entry, 'dead', 0);
  }

  /** It has ended, so long ago, and is kept for those who ask until its retention is over. */
  end(
    moment: Moment,
    entry: Entry,
    state: Exclude<RequestProgress['state'], 'waiting' | 'running'>,
    ageMs: Millis,
  ): void {
    const { retentionMs, maxDead, maxClosedKeys } = this.#options;
    entry.state = state;
    this.#book.schedule(entry, moment.now + remaining(moment, retentionMs, ageMs));
    if (state === 'dead') {
      this.#book.dead.add(entry);
      for (const oldest of this.#book.dead) {
        if (this.#book.dead.size <= maxDead) break;
        const { record, lane } = oldest;
        this.#outbox.event({ type: 'dead-letter-lost', id: record.id, service: lane.text });
        this.remove(oldest);
      }
    } else if (state === 'closed') {
      this.#book.keepKey(entry);
      for (const oldest of this.#book.closed) {
        if (this.#book.closed.size <= maxClosedKeys) break;
        this.remove(oldest);
      }
    }
  }

  /** Nobody wants anything of it any more. */
  close(moment: Moment, ticket: Ticket, entry: Entry): void {
    if (entry.state === 'storing' || entry.state === 'finishing' || entry.closeTickets !== undefined) {
      (entry.closeTickets ??= []).push(ticket);
      return;
    }
    const { state: before, record: request, at } = entry;
    if (before === 'closed') {
      this.#outbox.answer(ticket, { type: 'ok' });
      return;
    }
    const dueAt = entry.heapIndex < 0 ? undefined : entry.deadline;
    this.leave(entry, 'closed');
    entry.at = moment.wall;
    entry.closeTickets = [ticket];
    const change: TitanicChange =
      request.key === undefined
        ? { type: 'remove', id: request.id }
        : { type: 'progress', request, progress: entry.progress('closed') };
    this.#outbox.commit(change, (then, error) => {
      const { closeTickets, meanwhile = [] } = entry;
      entry.closeTickets = undefined;
      entry.meanwhile = undefined;
      if (error === undefined) {
        this.#book.counters.closed++;
        this.#outbox.answerAll(closeTickets, { type: 'ok' });
        if (!entry.inFlight) this.closedAndLanded(then, entry);
        // Its attempt holds its place for as long as attempts may.
        else this.#book.schedule(entry, dueAt ?? then.now + entry.lane.policy.attemptTimeoutMs);
      } else {
        this.#outbox.event({ type: 'storage-failed', reason: error, retrying: false });
        this.#outbox.answerAll(closeTickets, { type: 'refused', reason: 'storage' });
        entry.at = at;
        this.#reopen(then, entry, before, dueAt);
      }
      for (const goOn of meanwhile) goOn(then);
      this.attempts.dispatch(then, entry.lane);
    });
  }

  /** Who wanted to close it while it could not be. */
  closeDeferred(moment: Moment, entry: Entry): void {
    const tickets = entry.closeTickets;
    entry.closeTickets = undefined;
    for (const ticket of tickets ?? []) this.close(moment, ticket, entry);
  }

  /** Likewise, when it still cannot be. */
  refuseDeferred(entry: Entry): void {
    this.#outbox.answerAll(entry.closeTickets, { type: 'refused', reason: 'storage' });
    entry.closeTickets = undefined;
  }

  /** One that is closed has no attempt under way any more. */
  closedAndLanded(moment: Moment, entry: Entry): void {
    if (entry.record.key === undefined) this.#book.forget(entry);
    else this.end(moment, entry, 'closed', 0);
  }

  /** A dead letter begins anew, at the end of the line: `order` is above all others. */
  retry(moment: Moment, ticket: Ticket, entry: Entry, order: number): void {
    const { attempts, at, deadline, record: request } = entry;
    this.leave(entry, 'storing');
    entry.attempts = 0;
    entry.at = moment.wall;
    entry.tickets = [];
    entry.place.deadline = order;
    this.#outbox.commit({ type: 'progress', request, progress: entry.progress('waiting') }, (then, error) => {
      this.#outbox.answerAll(entry.tickets, { type: 'accepted', id: request.id });
      entry.tickets = undefined;
      // A reply of its last attempt may have come after all.
      const isHere = entry.state === 'storing';
      if (error === undefined) {
        this.#outbox.answer(ticket, { type: 'ok' });
        entry.failures = 0;
        entry.retryAt = -Infinity;
        if (isHere) this.enter(then, entry, 0);
      } else {
        this.#outbox.event({ type: 'storage-failed', reason: error, retrying: false });
        this.#outbox.answer(ticket, { type: 'refused', reason: 'storage' });
        if (isHere) {
          entry.attempts = attempts;
          entry.at = at;
          this.#reopen(then, entry, 'dead', deadline);
        }
      }
      if (entry.state !== 'finishing') this.closeDeferred(then, entry);
    });
  }

  /** Nothing of it is kept, here or on the disk. */
  remove(entry: Entry): void {
    this.#outbox.note({ type: 'remove', id: entry.record.id });
    this.#book.forget(entry);
  }

  /** A change of it could not be stored: it is as it was before. */
  #reopen(moment: Moment, entry: Entry, before: EntryState, dueAt: Millis | undefined): void {
    entry.state = before;
    if (dueAt !== undefined) this.#book.schedule(entry, dueAt);
    if (before === 'dead') this.#book.dead.add(entry);
    if (before !== 'waiting' && before !== 'held') return;
    entry.state = 'held';
    this.#book.held.add(entry);
    this.review(moment, entry);
  }

  /** What waits for its own time does not grow old before that; an order to a device does. */
  #liveAfter(moment: Moment, entry: Entry, notBefore: number): void {
    if (entry.record.transient) return;
    const lifeEnds = moment.now + (notBefore - moment.wall) + this.#options.retentionMs;
    if (lifeEnds <= entry.lifeEnds) return;
    entry.lifeEnds = lifeEnds;
    this.#book.schedule(entry, lifeEnds);
  }

  #reportFailure(retrying: boolean): (moment: Moment, error: string | undefined) => void {
    return (_moment, error) => {
      if (error !== undefined) this.#outbox.event({ type: 'storage-failed', reason: error, retrying });
    };
  }
}

/** What is left of a span. A wall clock that is not trusted says nothing of ages. */
function remaining(moment: Moment, spanMs: Millis, ageMs: Millis): Millis {
  return moment.trusted ? Math.min(spanMs, Math.max(0, spanMs - ageMs)) : spanMs;
}
