import { DeadlineHeap, type Deadlined, type Millis } from '@raspy/clock';
import type { Frame } from '@raspy/wire';
import type { Entry, Place } from './entry.js';
import type { TargetPolicy } from './options.js';

/** The requests for one service that wait, in their order, and how many are under way. */
export class Lane implements Deadlined {
  /** When the first that waits may be tried again. */
  deadline: Millis = Infinity;
  heapIndex = -1;
  workers = 0;
  /** Attempts under way. */
  running = 0;
  /** Entries of whatever state that are kept. */
  kept = 0;
  /** Whether the number of workers is told. */
  watched = false;
  /** Its requests are being begun just now: who wants that again need not. */
  dispatching = false;
  readonly #line = new DeadlineHeap<Place>();

  constructor(
    readonly key: string,
    readonly name: Frame,
    /** The name for people: read as UTF-8. */
    readonly text: string,
    readonly policy: TargetPolicy,
  ) {}

  /** Entries in `waiting`. */
  get waiting(): number {
    return this.#line.size;
  }

  /** The next, which stays where it is. */
  get first(): Entry | undefined {
    return this.#line.first?.entry;
  }

  /** One begins to wait, or waits again, at its place: before all that were accepted later. */
  enter(entry: Entry): void {
    this.#line.add(entry.place);
  }

  /** One of them waits no longer. */
  leave(entry: Entry): void {
    this.#line.remove(entry.place);
  }
}
