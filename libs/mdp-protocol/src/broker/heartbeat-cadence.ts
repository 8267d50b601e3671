import type { Millis } from '@raspy/clock';

/** Beats that come so close together were held up somewhere and say nothing about an interval. */
const JAM_MS: Millis = 10;

/**
 * Watches the rhythm of one worker's heartbeats (PROTOCOLS §13, K10): two spans in a row whose average interval is
 * less than half of the expected one, or more than twice, are a mismatch of settings. Told once.
 */
export class HeartbeatCadence {
  #since: Millis;
  #last: Millis;
  #beats = 0;
  #verdict: 'slow' | 'fast' | undefined;
  #told = false;

  constructor(now: Millis) {
    this.#since = now;
    this.#last = now;
  }

  /** A span in which the worker had work says nothing: some cannot heartbeat then, others need not. */
  restart(now: Millis): void {
    this.#since = now;
    this.#last = now;
    this.#beats = 0;
  }

  /** @returns the observed interval when a mismatch has become clear, and which */
  beat(now: Millis, expectedMs: Millis): { hint: 'slow' | 'fast'; observedMs: Millis } | undefined {
    const jammed = now - this.#last < JAM_MS;
    this.#last = now;
    if (this.#told) return undefined;
    if (jammed) {
      this.restart(now);
      return undefined;
    }
    this.#beats++;
    const elapsed = now - this.#since;
    if (this.#beats < 2 && elapsed < 3 * expectedMs) return undefined;
    const observedMs = elapsed / this.#beats;
    this.restart(now);
    const hint = observedMs < expectedMs / 2 ? 'fast' : observedMs > expectedMs * 2 ? 'slow' : undefined;
    const again = hint !== undefined && hint === this.#verdict;
    this.#verdict = hint;
    this.#told = again;
    return again ? { hint, observedMs } : undefined;
  }
}
