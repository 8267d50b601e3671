import { DeadlineHeap, type Deadlined, type Millis } from '@raspy/clock';
import type { PendingRequest } from './service-record.js';

/** The place in a {@link TimedLine} of a request that has a lifetime of its own. */
export class TimedPlace implements Deadlined {
  heapIndex = -1;
  previous: TimedPlace | undefined;
  next: TimedPlace | undefined;

  constructor(
    readonly request: PendingRequest,
    public deadline: Millis,
  ) {}
}

/**
 * Requests that wait, first in, first out, and each with a lifetime of its own: constant time for the line, logarithmic
 * for the deadlines, and nothing is kept of those that have left.
 */
export class TimedLine {
  readonly #deadlines = new DeadlineHeap<TimedPlace>();
  #head: TimedPlace | undefined;
  #tail: TimedPlace | undefined;

  get length(): number {
    return this.#deadlines.size;
  }

  get first(): PendingRequest | undefined {
    return this.#head?.request;
  }

  /** When the next of them expires; `Infinity` when none does. */
  get nextExpiry(): Millis {
    return this.#deadlines.first?.deadline ?? Infinity;
  }

  push(place: TimedPlace): void {
    place.previous = this.#tail;
    place.next = undefined;
    if (this.#tail === undefined) this.#head = place;
    else this.#tail.next = place;
    this.#tail = place;
    this.#deadlines.add(place);
  }

  shift(): PendingRequest | undefined {
    return this.#remove(this.#head);
  }

  /** Takes out one that has expired at `now`, wherever it stands, if there is one. */
  takeExpired(now: Millis): PendingRequest | undefined {
    return this.nextExpiry <= now ? this.#remove(this.#deadlines.first) : undefined;
  }

  #remove(place: TimedPlace | undefined): PendingRequest | undefined {
    if (place === undefined) return undefined;
    if (place.previous === undefined) this.#head = place.next;
    else place.previous.next = place.next;
    if (place.next === undefined) this.#tail = place.previous;
    else place.next.previous = place.previous;
    place.previous = undefined;
    place.next = undefined;
    this.#deadlines.remove(place);
    return place.request;
  }
}
