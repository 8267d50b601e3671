import type { Millis } from '@raspy/clock';
import type { Frame, Frames } from '@raspy/wire';
import type { AttemptOutcome } from '../machine/attempts.js';

/** How a Titanic reaches the services that its requests are for. */
export interface TitanicBus {
  /**
   * Tells how many workers a service has: soon, and whenever that changes, until the function that is returned is called.
   */
  watch(service: Frame, tell: (workers: number) => void): () => void;
  /**
   * Sends a request, which may wait for a worker for `ttlMs`. Never rejects: what the broker says of a request that failed
   * is a failure, never a reply.
   */
  send(service: Frame, body: Frames, options: { readonly ttlMs: Millis }): Promise<AttemptOutcome>;
  /** Gives up what is under way. */
  close(): Promise<void>;
}
