import type { Millis } from '@raspy/clock';

/** How a server that dies is started again. */
export interface RestartPolicyOptions {
  /** Before the second restart in a row; the first one comes at once. Doubled at each further one. @default 1000 */
  readonly minDelayMs?: Millis;
  /** The longest time between a death and the restart. @default 30000 */
  readonly maxDelayMs?: Millis;
  /** After serving for so long, the next death counts as the first. @default 60000 */
  readonly stableMs?: Millis;
  /** So many deaths within `windowMs` put it into quarantine. @default 5 */
  readonly maxDeaths?: number;
  /** @default 60000 */
  readonly windowMs?: Millis;
  /** From the death that brought it into quarantine, or from the last one there, to the next try. @default 600000 */
  readonly quarantineMs?: Millis;
}

/** What becomes of a server that has died. */
export interface Verdict {
  readonly kind: 'restart' | 'quarantine';
  /** When it is started again. */
  readonly at: Millis;
}

/**
 * Decides when a server that died is started again: at once, then after 1, 2, 4 … 30 s; one that keeps dying goes into
 * quarantine, where it is tried again at long intervals (docs/decisions/0021). Pure: it is told the time.
 */
export class RestartPolicy {
  readonly #options: Required<RestartPolicyOptions>;
  #deaths: Millis[] = [];
  #inARow = 0;
  #servingSince: Millis | undefined;
  #quarantined = false;

  constructor(options: RestartPolicyOptions = {}) {
    this.#options = {
      minDelayMs: options.minDelayMs ?? 1_000,
      maxDelayMs: options.maxDelayMs ?? 30_000,
      stableMs: options.stableMs ?? 60_000,
      maxDeaths: options.maxDeaths ?? 5,
      windowMs: options.windowMs ?? 60_000,
      quarantineMs: options.quarantineMs ?? 600_000,
    };
  }

  /** The server serves. */
  served(now: Millis): void {
    this.#servingSince = now;
  }

  /** The server could not be started, or serves no more. */
  died(now: Millis): Verdict {
    const { stableMs, windowMs, maxDeaths, quarantineMs } = this.#options;
    if (this.#servingSince !== undefined && now - this.#servingSince >= stableMs) this.pardon();
    this.#servingSince = undefined;
    this.#deaths = [...this.#deaths.filter((at) => now - at < windowMs), now];
    if (this.#quarantined || this.#deaths.length >= maxDeaths) {
      this.#quarantined = true;
      return { kind: 'quarantine', at: now + quarantineMs };
    }
    return { kind: 'restart', at: now + this.#nextDelay() };
  }

  /** Forgets all deaths: a person has changed something. */
  pardon(): void {
    this.#deaths = [];
    this.#inARow = 0;
    this.#quarantined = false;
  }

  #nextDelay(): Millis {
    const { minDelayMs, maxDelayMs } = this.#options;
    const row = this.#inARow++;
    return row === 0 ? 0 : Math.min(maxDelayMs, minDelayMs * 2 ** (row - 1));
  }
}
