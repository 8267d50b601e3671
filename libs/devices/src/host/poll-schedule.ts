import type { Cancel, Clock } from '@raspy/clock';

/** Polls each so many seconds, the first time at once. */
export class PollSchedule {
  readonly #clock: Clock;
  readonly #poll: () => void;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, poll: () => void) {
    this.#clock = clock;
    this.#poll = poll;
  }

  /** In place of what was before. @param seconds - 0 or less for none */
  start(seconds: number): void {
    this.stop();
    if (seconds <= 0) return;
    const periodMs = seconds * 1_000;
    const pollAt = (due: number): void => {
      this.#cancel = this.#clock.schedule(due, () => {
        // What a slow device or a sleeping machine missed is not made up for.
        pollAt(Math.max(due + periodMs, this.#clock.now()));
        this.#poll();
      });
    };
    pollAt(this.#clock.now());
  }

  stop(): void {
    this.#cancel?.();
  }
}
