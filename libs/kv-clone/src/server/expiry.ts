import { DeadlineHeap, type Deadlined, type Millis } from '@raspy/clock';

interface Expiring extends Deadlined {
  readonly id: number;
  seconds: number;
}

/** When which entry ends, apart from the properties that asked for it: on the monotonic clock (PROTOCOLS §9.2). */
export class Expiry {
  readonly #heap = new DeadlineHeap<Expiring>();
  readonly #byId = new Map<number, Expiring>();

  /** The entry lives so many seconds from now on; 0: for ever. */
  set(now: Millis, id: number, seconds: number): void {
    const known = this.#byId.get(id);
    if (seconds === 0) {
      if (known !== undefined) this.clear(id);
      return;
    }
    const deadline = now + seconds * 1_000;
    if (known !== undefined) {
      known.seconds = seconds;
      this.#heap.move(known, deadline);
      return;
    }
    const item: Expiring = { id, seconds, deadline, heapIndex: -1 };
    this.#byId.set(id, item);
    this.#heap.add(item);
  }

  clear(id: number): void {
    const known = this.#byId.get(id);
    if (known === undefined) return;
    this.#heap.remove(known);
    this.#byId.delete(id);
  }

  /** The time to live that the entry was given, in seconds; 0 for none. */
  secondsOf(id: number): number {
    return this.#byId.get(id)?.seconds ?? 0;
  }

  get next(): Millis {
    return this.#heap.first?.deadline ?? Infinity;
  }

  /** The entry whose time came first, if it has come. */
  dueBy(now: Millis): number | undefined {
    const first = this.#heap.first;
    return first !== undefined && first.deadline <= now ? first.id : undefined;
  }
}
