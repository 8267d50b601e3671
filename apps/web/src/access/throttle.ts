import type { Millis } from '@raspy/clock';

/** How attempts are slowed down. */
export interface ThrottleOptions {
  /** Failures that cost no time. @default 3 */
  readonly free?: number;
  /** The first delay; each further failure doubles it. @default 1,000 */
  readonly firstMs?: Millis;
  /** The longest delay. @default 900,000, 15 minutes */
  readonly longestMs?: Millis;
  /** So long after the last failure it is forgotten. @default 3,600,000, an hour */
  readonly forgetMs?: Millis;
  /** Names that are remembered; the one that is quiet for longest goes first. @default 10,000 */
  readonly maxNames?: number;
}

interface Record {
  failures: number;
  at: Millis;
  until: Millis;
}

/** Slows down who fails again and again: by the name that is tried, or by the address that it comes from. Pure. */
export class Throttle {
  readonly #free: number;
  readonly #firstMs: Millis;
  readonly #longestMs: Millis;
  readonly #forgetMs: Millis;
  readonly #maxNames: number;
  readonly #records = new Map<string, Record>();

  constructor(options: ThrottleOptions = {}) {
    this.#free = options.free ?? 3;
    this.#firstMs = options.firstMs ?? 1_000;
    this.#longestMs = options.longestMs ?? 900_000;
    this.#forgetMs = options.forgetMs ?? 3_600_000;
    this.#maxNames = options.maxNames ?? 10_000;
  }

  /** How long `name` has to wait; 0 when it need not. */
  waitMs(now: Millis, name: string): Millis {
    return Math.max(0, (this.#current(now, name)?.until ?? 0) - now);
  }

  /** Counts an attempt as failed before it is made, so that many at once do not count as one. */
  begin(now: Millis, name: string): void {
    const failures = (this.#current(now, name)?.failures ?? 0) + 1;
    const doublings = failures - this.#free - 1;
    const delayMs =
      doublings < 0 ? 0 : Math.min(this.#longestMs, this.#firstMs * 2 ** Math.min(doublings, 40));
    this.#records.delete(name);
    this.#records.set(name, { failures, at: now, until: now + delayMs });
    if (this.#records.size > this.#maxNames) {
      const [oldest] = this.#records.keys();
      this.#records.delete(oldest!);
    }
  }

  /** The attempt was right: all is forgotten. */
  succeed(name: string): void {
    this.#records.delete(name);
  }

  /** The attempt was not made after all: it counts as none. */
  withdraw(name: string): void {
    const record = this.#records.get(name);
    if (record === undefined) return;
    record.failures -= 1;
    record.until = record.at;
  }

  #current(now: Millis, name: string): Record | undefined {
    const record = this.#records.get(name);
    if (record === undefined || now - record.at < Math.max(this.#forgetMs, record.until - record.at))
      return record;
    this.#records.delete(name);
    return undefined;
  }
}
