/** Spreads over time what is switched on when a host starts, so that it does not all draw power at once. */
export class BootOrder {
  readonly #staggerMs: number;
  #last = -Infinity;

  constructor(staggerMs: number) {
    this.#staggerMs = staggerMs;
  }

  /** When the next one may be switched on; not before now. */
  nextAt(now: number): number {
    return Math.max(now, this.#last + this.#staggerMs);
  }

  /** One is switched on. */
  take(now: number): void {
    this.#last = now;
  }
}
