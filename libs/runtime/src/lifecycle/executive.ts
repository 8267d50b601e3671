import type { Clock, Millis } from '@raspy/clock';
import type { Logger } from '../log/logger.js';

/** Something a program consists of, which is started and stopped. */
export interface Part {
  /** For the log. */
  readonly name: string;
  /**
   * Resolves when it serves. A part that rejects has released what it took.
   * @param signal - aborts when the program is to end before the part serves
   */
  start(signal: AbortSignal): Promise<void>;
  /**
   * Finishes what it does, within `deadlineMs` if it can, releases everything and resolves.
   * It is called once, and only after `start` has resolved.
   */
  stop(deadlineMs: Millis): Promise<void>;
  /** Resolves with the reason when it cannot go on serving and the program has to end; it is stopped then as always. */
  readonly lost?: Promise<Error>;
}

/** What an {@link Executive} is made of. */
export interface ExecutiveOptions {
  /** In the order in which they start; they stop in reverse. */
  readonly parts: readonly Part[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Left to each part that has still to stop when another one takes too long. */
const RESERVE_MS: Millis = 200;

/**
 * The parts of a program as one: it starts all or none, and stops all within a deadline, jobs queued or not
 * (the manual's Executive).
 */
export class Executive implements Part {
  readonly name = 'executive';
  readonly #options: ExecutiveOptions;
  readonly #started: Part[] = [];
  readonly #leftBehind: string[] = [];

  constructor(options: ExecutiveOptions) {
    this.#options = options;
  }

  /** Names of the parts that failed to stop, or not in time. */
  get leftBehind(): readonly string[] {
    return this.#leftBehind;
  }

  /**
   * Starts the parts one after the other. When one rejects, or `signal` aborts between two, those that serve are
   * stopped in reverse order, and this rejects with the part's error or the signal's reason.
   */
  async start(signal: AbortSignal): Promise<void> {
    try {
      for (const part of this.#options.parts) {
        signal.throwIfAborted();
        this.#options.logger.debug(`starting ${part.name}`);
        await part.start(signal);
        this.#started.push(part);
      }
      signal.throwIfAborted();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Stops the parts that serve, the last one first. One that fails or exceeds its time is logged and left behind, so
   * that the others still get theirs. Never rejects.
   * @param deadlineMs - for all together. @default 5000
   */
  async stop(deadlineMs: Millis = 5_000): Promise<void> {
    const { clock, logger } = this.#options;
    const end = clock.now() + deadlineMs;
    for (let part = this.#started.pop(); part !== undefined; part = this.#started.pop()) {
      const allowed = Math.max(0, end - clock.now() - RESERVE_MS * this.#started.length);
      try {
        const inTime = await this.#within(allowed, part.stop(allowed));
        if (!inTime) {
          this.#leftBehind.push(part.name);
          logger.warn(`${part.name} did not stop within ${Math.round(allowed)} ms and is left behind`);
        }
      } catch (error) {
        this.#leftBehind.push(part.name);
        logger.error(`${part.name} failed to stop`, { error: String(error) });
      }
    }
  }

  async #within(ms: Millis, work: Promise<void>): Promise<boolean> {
    const { clock } = this.#options;
    let cancel: (() => void) | undefined;
    const late = new Promise<false>((resolve) => {
      cancel = clock.schedule(clock.now() + ms, () => resolve(false));
    });
    try {
      return await Promise.race([work.then(() => true as const), late]);
    } finally {
      cancel?.();
    }
  }
}
