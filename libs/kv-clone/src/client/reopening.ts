import type { Millis } from '@raspy/clock';

const FIRST_PAUSE_MS: Millis = 100;
const LAST_PAUSE_MS: Millis = 2_000;

/** When a port is opened again: at once, unless that was tried a moment ago; the pause doubles as long as it does not help. */
export class Reopening {
  #at: Millis = -Infinity;
  #openedAt: Millis = -Infinity;
  #pauseMs: Millis = FIRST_PAUSE_MS;

  /** When it is to be opened; `Infinity` while it is open. */
  get at(): Millis {
    return this.#at;
  }

  /** @returns whether it is to be opened now; then it counts as open */
  due(now: Millis): boolean {
    if (now < this.#at) return false;
    this.#at = Infinity;
    this.#openedAt = now;
    return true;
  }

  closed(now: Millis): void {
    this.#at = Math.max(now, this.#openedAt + this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
  }

  /** It has done what it was opened for. */
  worked(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
  }
}
