import type { Clock, Millis } from '@raspy/clock';
import type { ProgramHost } from './host.js';

/** A terminal signals the whole group, and a parent such as npm passes its own on: both within this time are one. */
const SAME_REQUEST_MS: Millis = 300;

/** The requests to end that a process gets: the first begins an orderly end, a second one ends the patience. */
export class Interruption {
  readonly #orderly = new AbortController();
  readonly #stopListening: () => void;
  /** Resolves at the second request. */
  readonly forced: Promise<void>;

  constructor(host: Pick<ProgramHost, 'onSignal'>, clock: Clock) {
    let first: Millis | undefined;
    let force: (() => void) | undefined;
    this.forced = new Promise((resolve) => {
      force = resolve;
    });
    this.#stopListening = host.onSignal((name) => {
      if (first === undefined) {
        first = clock.now();
        this.#orderly.abort(new InterruptedError(name));
      } else if (clock.now() - first >= SAME_REQUEST_MS) force?.();
    });
  }

  /** Aborts at the first request, with an {@link InterruptedError}. */
  get signal(): AbortSignal {
    return this.#orderly.signal;
  }

  /** Resolves at the first request. */
  get requested(): Promise<void> {
    const { signal } = this;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Listens no longer. */
  dispose(): void {
    this.#stopListening();
  }
}

/** The reason with which work is aborted when the process is asked to end. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly code = 'INTERRUPTED';

  constructor(readonly signalName: string) {
    super(`asked to end by ${signalName}`);
  }
}
