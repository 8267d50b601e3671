import type { Millis } from '@raspy/clock';
import type { PendingRequest } from './service-record.js';
import { TimedLine } from './timed-line.js';

/**
 * The requests of one service that wait: first in, first out, behind those that a worker could not finish.
 *
 * Requests live as long as their service says, so that the oldest of the line is the next to expire. The few with a
 * lifetime of their own stand in a line beside it, and go in turn.
 */
export class RequestQueue {
  #line: (PendingRequest | undefined)[] = [];
  #head = 0;
  /** Given back; the last is the first to go. Few, and in any order of age. */
  readonly #returned: PendingRequest[] = [];
  readonly #timed = new TimedLine();
  #pushed = 0;
  #bytes = 0;

  get length(): number {
    return this.#line.length - this.#head + this.#returned.length + this.#timed.length;
  }

  /** What the requests cost to keep. */
  get bytes(): number {
    return this.#bytes;
  }

  push(request: PendingRequest): void {
    request.order = ++this.#pushed;
    if (request.timed === undefined) this.#line.push(request);
    else this.#timed.push(request.timed);
    this.#bytes += request.bytes;
  }

  /** To the head: it has waited before. */
  giveBack(request: PendingRequest): void {
    this.#returned.push(request);
    this.#bytes += request.bytes;
  }

  take(): PendingRequest | undefined {
    const request = this.#returned.pop() ?? this.#next();
    if (request !== undefined) this.#bytes -= request.bytes;
    return request;
  }

  /** Takes out one that has expired at `now`, if there is one. */
  takeExpired(now: Millis): PendingRequest | undefined {
    const index = this.#returned.findIndex((request) => request.expiresAt <= now);
    const head = this.#line[this.#head];
    let request: PendingRequest | undefined;
    if (index >= 0) [request] = this.#returned.splice(index, 1);
    else if (head !== undefined && head.expiresAt <= now) request = this.#shift();
    else request = this.#timed.takeExpired(now);
    if (request !== undefined) this.#bytes -= request.bytes;
    return request;
  }

  /** When the next request expires; `Infinity` when none waits. */
  get nextExpiry(): Millis {
    let next = Math.min(this.#line[this.#head]?.expiresAt ?? Infinity, this.#timed.nextExpiry);
    for (const request of this.#returned) next = Math.min(next, request.expiresAt);
    return next;
  }

  /** The one that has waited longest, of both lines. */
  #next(): PendingRequest | undefined {
    const timed = this.#timed.first;
    if (timed === undefined) return this.#shift();
    const head = this.#line[this.#head];
    return head === undefined || timed.order < head.order ? this.#timed.shift() : this.#shift();
  }

  #shift(): PendingRequest | undefined {
    const request = this.#line[this.#head];
    if (request === undefined) return undefined;
    this.#line[this.#head++] = undefined;
    if (this.#head === this.#line.length) {
      this.#line = [];
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#line.length) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
    return request;
  }
}
