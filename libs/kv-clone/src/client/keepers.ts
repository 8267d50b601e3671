import { DeadlineHeap, type Deadlined, type Millis } from '@raspy/clock';
import { frameKey } from '@raspy/wire';
import type { WriteSpec } from './outbox.js';

const LEAST_INTERVAL_MS: Millis = 1_000;

interface Keeper extends Deadlined {
  readonly id: string;
  readonly spec: WriteSpec;
  readonly everyMs: Millis;
}

/** Keys with a time to live that are repeated before it passes, for as long as this client lives. */
export class Keepers {
  readonly #byId = new Map<string, Keeper>();
  readonly #deadlines = new DeadlineHeap<Keeper>();

  get size(): number {
    return this.#byId.size;
  }

  get deadline(): Millis {
    return this.#deadlines.first?.deadline ?? Infinity;
  }

  /** Repeats this from now on, three times as often as it expires. */
  keep(now: Millis, spec: WriteSpec & { readonly ttlMs: Millis }): void {
    const id = frameKey(spec.key);
    this.forget(id);
    const everyMs = Math.max(spec.ttlMs / 3, LEAST_INTERVAL_MS);
    const keeper: Keeper = { id, spec, everyMs, deadline: now + everyMs, heapIndex: -1 };
    this.#byId.set(id, keeper);
    this.#deadlines.add(keeper);
  }

  forget(id: string): void {
    const keeper = this.#byId.get(id);
    if (keeper === undefined) return;
    this.#byId.delete(id);
    this.#deadlines.remove(keeper);
  }

  /** What is to be repeated now. @param all - whether or not its time has come */
  take(now: Millis, all = false): WriteSpec[] {
    const specs: WriteSpec[] = [];
    if (all) {
      for (const keeper of this.#byId.values()) {
        specs.push(keeper.spec);
        this.#deadlines.move(keeper, now + keeper.everyMs);
      }
    }
    for (
      let first = this.#deadlines.first;
      first !== undefined && first.deadline <= now;
      first = this.#deadlines.first
    ) {
      specs.push(first.spec);
      this.#deadlines.move(first, now + first.everyMs);
    }
    return specs;
  }
}
