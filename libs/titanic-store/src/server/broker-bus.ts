import type { Millis } from '@raspy/clock';
import type { RunningBroker } from '@raspy/mdp-protocol';
import { frameKey, type Frame, type Frames } from '@raspy/wire';
import type { Subscription } from 'rxjs';
import type { AttemptOutcome } from '../machine/attempts.js';
import type { TitanicBus } from './bus.js';
import { failureOf } from './failure.js';

/** What is needed of a broker. */
export type BusBroker = Pick<RunningBroker, 'request' | 'workersOf' | 'workerChanges$'>;

/** Attempts at a time of what the broker's own process serves; it has no workers to count. */
const BUILTIN_WORKERS = 16;

/**
 * The bus of a Titanic in the broker's own process: no socket, and it knows of workers as soon as the broker does.
 * @param builtin - names that the process serves itself, and that requests may be for
 */
export function brokerBus(broker: BusBroker, builtin: readonly string[] = ['titanic.store']): TitanicBus {
  return new BrokerBus(broker, new Set(builtin));
}

class BrokerBus implements TitanicBus {
  readonly #broker: BusBroker;
  readonly #builtin: ReadonlySet<string>;
  readonly #watching = new Map<string, (workers: number) => void>();
  readonly #changes: Subscription;

  constructor(broker: BusBroker, builtin: ReadonlySet<string>) {
    this.#broker = broker;
    this.#builtin = builtin;
    this.#changes = broker.workerChanges$.subscribe(({ service, workers }) => {
      const key = frameKey(service);
      this.#watching.get(key)?.(workers);
    });
  }

  watch(service: Frame, tell: (workers: number) => void): () => void {
    const key = frameKey(service);
    if (this.#builtin.has(key)) {
      queueMicrotask(() => tell(BUILTIN_WORKERS));
      return () => undefined;
    }
    this.#watching.set(key, tell);
    const workers = this.#broker.workersOf(service);
    // Not in the same breath: who asks is in the middle of a step.
    if (workers > 0)
      queueMicrotask(() => this.#watching.get(key) === tell && tell(this.#broker.workersOf(service)));
    return () => this.#watching.delete(key);
  }

  async send(service: Frame, body: Frames, { ttlMs }: { readonly ttlMs: Millis }): Promise<AttemptOutcome> {
    try {
      return { type: 'reply', reply: await this.#broker.request(service, body, { ttlMs }) };
    } catch (error) {
      return failureOf(error);
    }
  }

  close(): Promise<void> {
    this.#changes.unsubscribe();
    this.#watching.clear();
    return Promise.resolve();
  }
}
