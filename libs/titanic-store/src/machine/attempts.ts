import type { Millis } from '@raspy/clock';
import { framesBytes, type Frames } from '@raspy/wire';
import type { Book } from './book.js';
import type { Moment } from './effects.js';
import type { Entry } from './entry.js';
import type { Lane } from './lane.js';
import { WAITED, type Lives } from './lives.js';
import type { ResolvedTitanicOptions } from './options.js';
import type { Outbox } from './outbox.js';
import { isDevices } from './targets.js';

/** How an attempt ended. */
export type AttemptOutcome =
  /** The service has answered, whatever it said. */
  | { readonly type: 'reply'; readonly reply: Frames }
  /** `mayHaveRun`: it may have been executed, or partly. */
  | { readonly type: 'failed'; readonly reason: string; readonly mayHaveRun: boolean };

/** A reply that could not be stored is tried again after so long; until then it is only here. */
const STORE_AGAIN_MS: Millis = 1_000;
/** At most so many of a service are begun, or found to be too old, in one step; the rest comes soon. */
const LOOKS = 1_000;

/** Requests on their way to their services, and replies on their way to the disk. */
export class Attempts {
  readonly #options: ResolvedTitanicOptions;
  readonly #book: Book;
  readonly #outbox: Outbox;
  readonly #lives: Lives;
  /** Replies that are not stored yet. */
  readonly #unsaved = new Map<Entry, Frames>();

  constructor(options: ResolvedTitanicOptions, book: Book, outbox: Outbox, lives: Lives) {
    this.#options = options;
    this.#book = book;
    this.#outbox = outbox;
    this.#lives = lives;
  }

  /** Begins what may begin of one service, and has its workers watched while something of it waits. */
  dispatch(moment: Moment, lane: Lane): void {
    if (lane.dispatching) return;
    lane.dispatching = true;
    this.#beginWaiting(moment, lane);
    lane.dispatching = false;
    const wanted = lane.waiting > 0 || lane.running > 0;
    if (wanted !== lane.watched) {
      lane.watched = wanted;
      if (!wanted) lane.workers = 0;
      this.#outbox.push({ type: wanted ? 'watch' : 'unwatch', target: lane.name });
    }
    this.#book.release(lane);
  }

  /** A claim has ended. */
  claimed(moment: Moment, entry: Entry, granted: boolean, error: string | undefined): void {
    if (entry.closing) {
      (entry.meanwhile ??= []).push((then) => this.claimed(then, entry, granted, error));
    } else if (!entry.inFlight) {
      return;
    } else if (entry.state !== 'claiming') {
      this.landed(moment, entry);
    } else if (error !== undefined) {
      this.#outbox.event({ type: 'storage-failed', reason: error, retrying: true });
      this.failed(moment, entry, `it could not be claimed: ${error}`, false);
    } else if (!granted) {
      // Somebody else's now, and stored as such.
      entry.inFlight = false;
      entry.lane.running--;
      this.#book.forget(entry);
      this.dispatch(moment, entry.lane);
    } else if (mayBeSent(moment, entry)) {
      this.#send(moment, entry);
    } else {
      entry.inFlight = false;
      entry.lane.running--;
      entry.attempts--;
      this.#waitAgain(moment, entry);
      this.dispatch(moment, entry.lane);
    }
  }

  /** An attempt has ended. */
  ended(moment: Moment, entry: Entry, attempt: number, outcome: AttemptOutcome): void {
    if (entry.closing) {
      (entry.meanwhile ??= []).push((then) => this.ended(then, entry, attempt, outcome));
      return;
    }
    const { state } = entry;
    const wantsReply = state !== 'finishing' && state !== 'done' && state !== 'expired' && state !== 'closed';
    // Of an attempt that was given up as well: the request need not run again.
    if (outcome.type === 'reply' && wantsReply) this.#finish(moment, entry, outcome.reply);
    else if (attempt !== entry.attempt || !entry.inFlight) return;
    else if (outcome.type === 'reply' || state !== 'running') this.landed(moment, entry);
    else this.failed(moment, entry, outcome.reason, outcome.mayHaveRun);
  }

  /** An attempt no longer holds its place; its entry has gone on, or is closed. */
  landed(moment: Moment, entry: Entry): void {
    if (!entry.inFlight) return;
    entry.inFlight = false;
    entry.lane.running--;
    if (entry.state === 'closed') this.#lives.closedAndLanded(moment, entry);
    this.dispatch(moment, entry.lane);
  }

  /** An attempt has failed: again after a pause, before all that came later, unless it was the last or its time is over. */
  failed(moment: Moment, entry: Entry, reason: string, mayHaveRun: boolean): void {
    const { lane, record } = entry;
    const { backoffMs, maxBackoffMs } = this.#options;
    entry.inFlight = false;
    lane.running--;
    entry.failures++;
    entry.reason = reason;
    if (!mayHaveRun) entry.attempts--;
    this.#book.counters.failedAttempts++;
    const retryInMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(30, entry.failures - 1));
    const { id } = record;
    const { attempts } = entry;
    this.#outbox.event({
      type: 'attempt-failed',
      ...{ id, service: lane.text, reason, attempts, mayHaveRun, retryInMs },
    });
    if (mayHaveRun && attempts >= lane.policy.maxAttempts) {
      this.#lives.die(moment, entry, reason);
    } else if (moment.now >= entry.lifeEnds) {
      this.#lives.expire(moment, entry, `${reason}; and ${WAITED}`);
    } else {
      entry.retryAt = moment.now + retryInMs;
      this.#waitAgain(moment, entry);
    }
    this.dispatch(moment, lane);
  }

  /** Stores a reply, again if need be. */
  save(entry: Entry): void {
    const { record: request } = entry;
    const reply = this.#unsaved.get(entry);
    this.#book.due.remove(entry);
    this.#outbox.commit(
      { type: 'progress', request, progress: entry.progress('done'), reply: reply! },
      (moment, error) => {
        if (error === undefined) {
          this.#unsaved.delete(entry);
          this.#book.counters.done++;
          this.#lives.end(moment, entry, 'done', 0);
          this.#lives.closeDeferred(moment, entry);
        } else {
          this.#outbox.event({ type: 'storage-failed', reason: error, retrying: true });
          this.#lives.refuseDeferred(entry);
          this.#book.schedule(entry, moment.now + STORE_AGAIN_MS);
        }
      },
    );
  }

  #beginWaiting(moment: Moment, lane: Lane): void {
    this.#book.lanesDue.remove(lane);
    const allowed = Math.min(lane.workers, lane.policy.concurrency);
    let looks = LOOKS;
    for (let entry = lane.first; entry !== undefined && lane.running < allowed; entry = lane.first) {
      if (looks-- === 0) {
        this.#book.wake(lane, moment.now);
        return;
      }
      // Nobody has ticked yet, perhaps, since its time was over, or the wall clock was set.
      if (moment.now >= entry.lifeEnds) this.#lives.expire(moment, entry, WAITED);
      else this.#lives.review(moment, entry);
      if (entry.state !== 'waiting') continue;
      if (entry.retryAt > moment.now) {
        this.#book.wake(lane, entry.retryAt);
        return;
      }
      this.#claim(moment, entry);
    }
  }

  #waitAgain(moment: Moment, entry: Entry): void {
    const { lane, record: request } = entry;
    entry.state = 'waiting';
    lane.enter(entry);
    this.#book.schedule(entry, entry.lifeEnds);
    this.#outbox.note({ type: 'progress', request, progress: entry.progress('waiting') });
    this.#lives.review(moment, entry);
  }

  #claim(moment: Moment, entry: Entry): void {
    const { lane, record: request } = entry;
    lane.leave(entry);
    if (entry.wall !== undefined) this.#book.wallDue.remove(entry.wall);
    this.#book.due.remove(entry);
    entry.state = 'claiming';
    entry.attempts++;
    entry.attempt++;
    entry.at = moment.wall;
    entry.inFlight = true;
    lane.running++;
    this.#outbox.push({
      type: 'claim',
      request,
      progress: entry.progress('running'),
      leaseMs: lane.policy.attemptTimeoutMs,
      // What ended the process before may be this very request: then it must be known how often it was tried.
      durable: entry.recovered,
    });
  }

  #send(moment: Moment, entry: Entry): void {
    const { record, lane } = entry;
    const { id, target, key = id, expiresAt } = record;
    const { attemptTimeoutMs } = lane.policy;
    const untilExpiry = expiresAt === undefined ? Infinity : expiresAt - moment.wall;
    entry.state = 'running';
    this.#book.schedule(entry, moment.now + attemptTimeoutMs);
    this.#book.counters.attempts++;
    const takesOptions = record.submitted || isDevices(target);
    this.#outbox.push({
      type: 'dispatch',
      id,
      attempt: entry.attempt,
      target,
      ttlMs: Math.max(1, Math.min(attemptTimeoutMs, entry.lifeEnds - moment.now, untilExpiry)),
      options: takesOptions ? { key, ...(expiresAt !== undefined && { deadline: expiresAt }) } : undefined,
    });
  }

  #finish(moment: Moment, entry: Entry, reply: Frames): void {
    this.#lives.leave(entry, 'finishing');
    entry.at = moment.wall;
    entry.reason = undefined;
    this.#book.resize(entry, () => (entry.replyBytes = framesBytes(reply)));
    this.#unsaved.set(entry, reply);
    this.save(entry);
    if (entry.inFlight) this.landed(moment, entry);
    // Others may have waited for it.
    else this.dispatch(moment, entry.lane);
  }
}

/** Whether its time is not over, as far as that can be judged. */
function mayBeSent({ now, wall, trusted }: Moment, { record, lifeEnds }: Entry): boolean {
  const { notBefore = -Infinity, expiresAt = Infinity } = record;
  const isTimed = record.notBefore !== undefined || record.expiresAt !== undefined;
  return now < lifeEnds && (!isTimed || (trusted && wall >= notBefore && wall < expiresAt));
}
