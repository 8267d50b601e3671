import type { Millis } from '@raspy/clock';
import type { PendingRequest } from './service-record.js';

/**
 * The requests of one service that wait: first in, first out, behind those that a worker could not finish.
 *
 * All requests of a service live equally long, so that the oldest of the line is the next to expire.
 */
export class RequestQueue {
  #line: (PendingRequest | undefined)[] = [];
  #head = 0;
  /** Given back; the last is the first to go. Few, and in any order of age. */
  readonly #returned: PendingRequest[] = [];
  #bytes = 0;

  get length(): number {
    return this.#line.length - this.#head + this.#returned.length;
  }

  /** What the requests cost to keep. */
  get bytes(): number {
    return this.#bytes;
  }

  push(request: PendingRequest): void {
    this.#line.push(request);
    this.#bytes += request.bytes;
  }

  /** To the head: it has waited before. */
  giveBack(request: PendingRequest): void {
    this.#returned.push(request);
    this.#bytes += request.bytes;
  }

  take(): PendingRequest | undefined {
    const request = this.#returned.pop() ?? this.#shift();
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
    if (request !== undefined) this.#bytes -= request.bytes;
    return request;
  }

  /** When the next request expires; `Infinity` when none waits. */
  get nextExpiry(): Millis {
    let next = this.#line[this.#head]?.expiresAt ?? Infinity;
    for (const request of this.#returned) next = Math.min(next, request.expiresAt);
    return next;
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
