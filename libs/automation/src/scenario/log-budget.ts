import type { Clock, Millis } from '@raspy/clock';

const WINDOW_MS: Millis = 60_000;
/** Lines that one run may write into the log within a minute. */
export const LINES_A_MINUTE = 100;

/** Keeps what one run writes within bounds: a log that is full of one scenario tells nothing of the others. */
export class LogBudget {
  readonly #clock: Clock;
  #since: Millis;
  #count = 0;
  #leftOut = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /**
   * @param left - lines that were left out before they came here
   * @returns the lines that may be written, and how many were left out in a minute that is over
   */
  take<T>(lines: readonly T[], left: number): { readonly said: readonly T[]; readonly leftOut: number } {
    const now = this.#clock.now();
    let leftOut = 0;
    if (now - this.#since >= WINDOW_MS) {
      leftOut = this.#leftOut;
      this.#since = now;
      this.#count = 0;
      this.#leftOut = 0;
    }
    const said = lines.slice(0, Math.max(0, LINES_A_MINUTE - this.#count));
    this.#count += said.length;
    const more = left + lines.length - said.length;
    // The first is told at once, so that somebody hears of it; the others when the minute is over.
    if (more > 0 && this.#leftOut === 0 && leftOut === 0) leftOut = more;
    this.#leftOut += more;
    return { said, leftOut };
  }
}
