import type { Millis } from '@raspy/clock';
import type { KvClientEffects } from './client-types.js';

/** A connection that breaks again and again is not made anew more often than this. */
const REOPEN_PAUSE_MS: Millis = 250;

/** The dealer that snapshots, counts and conditional updates share. */
export class SnapshotPort {
  #state: 'closed' | 'opening' | 'up' = 'closed';
  #openAt: Millis = Infinity;
  #openedAt: Millis = -Infinity;
  readonly #replaced: (out: KvClientEffects) => void;

  /** @param replaced - called when it is opened anew while it stood */
  constructor(replaced: (out: KvClientEffects) => void) {
    this.#replaced = replaced;
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  /** Whether it is open, or about to be, since after `instant`. */
  openSince(instant: Millis): boolean {
    return this.#state !== 'closed' && this.#openedAt > instant;
  }

  get deadline(): Millis {
    return this.#openAt;
  }

  /** Somebody has something to send: opens it if it is closed, at once or after a pause. */
  need(now: Millis, out: KvClientEffects): void {
    if (this.#state !== 'closed' || this.#openAt !== Infinity) return;
    this.#openAt = Math.max(now, this.#openedAt + REOPEN_PAUSE_MS);
    this.tick(now, out);
  }

  /** Opens it anew: what is still under way to or from the old one reaches nobody. */
  open(now: Millis, out: KvClientEffects): void {
    if (this.#state === 'up') this.#replaced(out);
    this.#state = 'opening';
    this.#openAt = Infinity;
    this.#openedAt = now;
    out.push({ type: 'open', port: 'snapshot' });
  }

  tick(now: Millis, out: KvClientEffects): void {
    if (now >= this.#openAt) this.open(now, out);
  }

  /** @returns whether that is news */
  linked(): boolean {
    if (this.#state !== 'opening') return false;
    this.#state = 'up';
    return true;
  }

  /** The connection was lost. Closed, so that nothing waits in a socket where it could not be withdrawn. */
  lost(out: KvClientEffects): void {
    this.#state = 'closed';
    out.push({ type: 'close', port: 'snapshot' });
  }
}
