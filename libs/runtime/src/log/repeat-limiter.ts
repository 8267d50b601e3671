import type { Clock, Millis } from '@raspy/clock';
import type { LineLevel, LogFields, Logger } from './logger.js';

/** How much of the same is told. */
export interface RepeatLimits {
  /** Lines of one key within a window. @default 5 */
  readonly burst?: number;
  /** Length of a window, which begins with its first line. @default 10000 */
  readonly windowMs?: Millis;
  /** Keys that are told apart at a time; what is beyond shares one key. @default 1000 */
  readonly maxKeys?: number;
}

interface Window {
  told: number;
  suppressed: number;
  level: LineLevel;
}

/** The key of what is beyond `maxKeys`. */
const OTHERS = 'others';

/**
 * Lets the first lines of a key through, counts the rest, and tells the count when the window ends: a flood of bad
 * messages must fill neither disk nor memory.
 */
export class RepeatLimiter {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #windowMs: Millis;
  readonly #maxKeys: number;
  readonly #windows = new Map<string, Window>();

  constructor(logger: Logger, clock: Clock, limits: RepeatLimits = {}) {
    this.#logger = logger;
    this.#clock = clock;
    this.#burst = limits.burst ?? 5;
    this.#windowMs = limits.windowMs ?? 10_000;
    this.#maxKeys = limits.maxKeys ?? 1_000;
  }

  /** Writes the line, or counts it when its key has had enough lines. */
  log(level: LineLevel, key: string, message: string, fields?: LogFields): void {
    const window = this.#windowOf(key, level);
    if (window.told < this.#burst) {
      window.told++;
      this.#logger[level](message, fields);
    } else window.suppressed++;
  }

  #windowOf(wanted: string, level: LineLevel): Window {
    const key = this.#windows.has(wanted) || this.#windows.size < this.#maxKeys ? wanted : OTHERS;
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const window: Window = { told: 0, suppressed: 0, level };
    this.#windows.set(key, window);
    this.#clock.schedule(this.#clock.now() + this.#windowMs, () => {
      this.#windows.delete(key);
      if (window.suppressed > 0) {
        const { suppressed } = window;
        this.#logger[window.level](`suppressed ${suppressed} more of "${key}"`, { key, suppressed });
      }
    });
    return window;
  }
}
