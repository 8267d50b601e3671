import type { Millis } from '@raspy/clock';

const PAUSE_MS: Millis = 5;
const FIRST_BURST = 16;
const LAST_BURST = 1_024;

/**
 * Paces sending after a socket has refused a message, since no socket tells when it has room again: a pause, then
 * bursts that double as long as nothing is refused, then no limit.
 */
export class Throttle {
  #burst = Infinity;
  #until: Millis = -Infinity;

  /** Nothing should be sent before; already past when there is no limit. */
  get until(): Millis {
    return this.#burst === Infinity ? Infinity : this.#until;
  }

  /** A message was refused. */
  refused(now: Millis): void {
    this.#burst = FIRST_BURST;
    this.#until = now + PAUSE_MS;
  }

  /** How many messages may be sent now; asking uses the burst up. */
  allowance(now: Millis): number {
    const burst = this.#burst;
    if (burst === Infinity) return Infinity;
    if (now < this.#until) return 0;
    this.#until = now + PAUSE_MS;
    this.#burst = burst >= LAST_BURST ? Infinity : burst * 2;
    return burst;
  }
}
