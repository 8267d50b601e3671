import { VirtualClock, type Cancel, type Millis } from '@raspy/clock';

/** A virtual clock that knows how many tasks wait. */
export class PendingClock extends VirtualClock {
  readonly #pending = new Set<object>();

  get pending(): number {
    return this.#pending.size;
  }

  override schedule(at: Millis, task: () => void): Cancel {
    if (at === Infinity) return super.schedule(at, task);
    const entry = {};
    this.#pending.add(entry);
    const cancel = super.schedule(at, () => {
      this.#pending.delete(entry);
      task();
    });
    return () => {
      this.#pending.delete(entry);
      cancel();
    };
  }
}
