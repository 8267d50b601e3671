import type { Millis } from '@raspy/clock';
import { SequenceLog } from './sequence-log.js';

/** How long an answer may take. */
const ANSWER_MS: Millis = 5_000;
/** After so many questions without an answer the picture is no longer believed. */
const MOST_UNANSWERED = 3;
const LEAST_INTERVAL_MS: Millis = 100;
/** The server looks back 65,536 updates. Twice this is where it is asked at once, and a quarter of what it can tell. */
const SPAN_WANTED = 8_192;
/** Keep-alives after which everything that was published before the first of them must have arrived. */
const PATIENCE = 2;

/** What a step of the audit found. */
export type Finding =
  /** The count must be asked for. */
  | 'ask'
  /** No answer: ask over a fresh connection. */
  | 'ask-afresh'
  /** The server did not answer again and again. */
  | 'unanswered'
  /** Updates were lost, */
  | 'loss'
  /** or may have been; the server no longer knows. */
  | 'too-far-back'
  /** The count is right. */
  | 'right';

/**
 * Compares how many updates came with how many the server says there were: with a subtree filter gaps in the sequence are
 * normal, and a publisher drops without telling (K28). Silent until {@link Audit.begin}, but it remembers what came before.
 */
export class Audit {
  readonly #countIntervalMs: Millis;
  readonly #log = new SequenceLog();
  #state: 'off' | 'resting' | 'asking' | 'judging' = 'off';
  #deadline: Millis = Infinity;
  #from = 0n;
  /** When the server's sequence was `#from`, or a little before. */
  #fromAt: Millis = 0;
  #to = 0n;
  #count = 0;
  #patience = 0;
  #unanswered = 0;
  #askedAt: Millis = -Infinity;
  /** After a span that was too long, intervals grow again from the shortest. */
  #cap: Millis;

  constructor(countIntervalMs: Millis) {
    this.#countIntervalMs = countIntervalMs;
    this.#cap = countIntervalMs;
  }

  get deadline(): Millis {
    return this.#deadline;
  }

  /** What is to be asked for, while an answer is waited for. */
  get question(): bigint | undefined {
    return this.#state === 'asking' ? this.#from : undefined;
  }

  /** An update under the subtree came. */
  note(now: Millis, seq: bigint): Finding | undefined {
    this.#log.add(seq);
    if (this.#state === 'judging') {
      // As long as such come, the subscriber is behind and more may be on the way.
      if (seq <= this.#to) this.#patience = PATIENCE;
      return this.#judge(now, seq >= this.#to);
    }
    return undefined;
  }

  /** The publisher's sequence was seen to be `seq`, by an update or a keep-alive. A long span is asked for early. */
  reached(now: Millis, seq: bigint): Finding | undefined {
    if (this.#state === 'resting' && seq - this.#from > SPAN_WANTED * 2) {
      this.#deadline = Math.min(this.#deadline, Math.max(now, this.#askedAt + LEAST_INTERVAL_MS));
    }
    return this.#state === 'judging' && seq >= this.#to ? this.#judge(now, true) : undefined;
  }

  /** A keep-alive came. */
  keptAlive(now: Millis): Finding | undefined {
    if (this.#state !== 'judging') return undefined;
    this.#patience--;
    return this.#judge(now, this.#patience === 0);
  }

  /** The picture is the state at `from`, which the server had at `fromAt` or later. */
  begin(now: Millis, from: bigint, fromAt: Millis): Finding | undefined {
    // More updates came since than are remembered, here or there.
    if (this.#log.floor > from) {
      this.#cap = LEAST_INTERVAL_MS;
      return 'too-far-back';
    }
    this.#log.forgetUpTo(from);
    this.#from = from;
    this.#fromAt = fromAt;
    this.#unanswered = 0;
    this.#state = 'resting';
    this.#deadline = now;
    return undefined;
  }

  /** What came is not to be judged, but remembered. */
  pause(): void {
    this.#state = 'off';
    this.#deadline = Infinity;
  }

  /** Nothing that came before has a meaning now: another run of the server, or another connection. */
  reset(): void {
    this.pause();
    this.#log.clear();
  }

  tick(now: Millis): Finding | undefined {
    if (now < this.#deadline) return undefined;
    if (this.#state === 'asking' && ++this.#unanswered >= MOST_UNANSWERED) return 'unanswered';
    const again = this.#state === 'asking';
    this.#state = 'asking';
    this.#askedAt = now;
    this.#deadline = now + ANSWER_MS;
    return again ? 'ask-afresh' : 'ask';
  }

  /** The server's answer. @returns `undefined` also for one to another question */
  answer(
    now: Millis,
    from: bigint,
    to: bigint,
    count: number | undefined,
    seen: bigint,
  ): Finding | undefined {
    if (this.#state !== 'asking' || from !== this.#from) return undefined;
    this.#unanswered = 0;
    if (count === undefined) {
      this.#cap = LEAST_INTERVAL_MS;
      return 'too-far-back';
    }
    // The server's sequence is lower than what it published before: it is another one.
    if (to < from) return 'loss';
    this.#cap = Math.min(this.#cap * 2, this.#countIntervalMs);
    this.#to = to;
    this.#count = count;
    this.#patience = PATIENCE;
    this.#state = 'judging';
    this.#deadline = Infinity;
    return this.#judge(now, seen >= to);
  }

  /** @param complete - everything up to `#to` has arrived, or never will */
  #judge(now: Millis, complete: boolean): Finding | undefined {
    const received = this.#log.count(this.#from, this.#to);
    if (received !== this.#count) return complete || received > this.#count ? 'loss' : undefined;
    this.#rest(now);
    return 'right';
  }

  #rest(now: Millis): void {
    const span = Number(this.#to - this.#from);
    const perMs = span / Math.max(1, this.#askedAt - this.#fromAt);
    const interval = Math.max(LEAST_INTERVAL_MS, Math.min(this.#cap, SPAN_WANTED / perMs));
    this.#log.forgetUpTo(this.#to);
    this.#from = this.#to;
    this.#fromAt = this.#askedAt;
    this.#state = 'resting';
    this.#deadline = Math.max(now, this.#askedAt + interval);
  }
}
