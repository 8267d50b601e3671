import { systemClock, type Cancel, type Clock, type Millis } from '@raspy/clock';
import { MmiClient, StatusCode, type MdpClient } from '@raspy/mdp-protocol';
import { frameKey, frameText, sameFrame, textFrame, type Frame, type Frames } from '@raspy/wire';
import type { AttemptOutcome } from '../machine/attempts.js';
import type { TitanicBus } from './bus.js';
import { failureOf } from './failure.js';

/** How a {@link clientBus} behaves. */
export interface ClientBusOptions {
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Where there is no worker, the broker is asked again after so long, and twice as long each time. */
const FIRST_LOOK_MS: Millis = 250;
/** Not longer; and so often where there are workers, since those may go. */
const LAST_LOOK_MS: Millis = 5_000;
const QUESTION_TIMEOUT_MS: Millis = 2_500;
/** Questions at a time; services that are new wait for their turn. */
const MAX_ASKING = 16;
/** A reply that comes after its attempt was given up is still worth having, for so long. */
const LATE_REPLY_MS: Millis = 600_000;
/** With a broker of another make: there each request under way takes one of a few sockets. */
const FOREIGN_REPLY_MS: Millis = 60_000;
const UNREADABLE_NAME =
  'the name of the service is not UTF-8, and can only be asked for in the process of the broker';

/**
 * The bus of a Titanic in another process than the broker: it sends as any client, and asks MMI for workers, again and again
 * with growing pauses. How many there are it learns from RasPy's broker alone; from another, whether there is one. How long a
 * request may wait for a worker is the broker's affair: one that is sent shortly before it expires may be begun after.
 * @param client - stays whose it is: it is not closed with the bus
 */
export function clientBus(
  client: Pick<MdpClient, 'request' | 'call'>,
  options: ClientBusOptions = {},
): TitanicBus {
  return new ClientBus(client, options.clock ?? systemClock);
}

/** A service whose workers somebody wants to know. */
interface Watched {
  readonly key: string;
  readonly name: string;
  readonly tell: (workers: number) => void;
  workers: number;
  /** Before the next question, when there is none. */
  pauseMs: Millis;
  cancel: Cancel;
}

class ClientBus implements TitanicBus {
  readonly #client: Pick<MdpClient, 'request' | 'call'>;
  readonly #mmi: MmiClient;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();
  readonly #ending = new AbortController();
  readonly #line: Watched[] = [];
  #asking = 0;
  /** Whether the broker answers `mmi.workers`; until it has said no. */
  #counts = true;

  constructor(client: Pick<MdpClient, 'request' | 'call'>, clock: Clock) {
    this.#client = client;
    this.#mmi = new MmiClient(client);
    this.#clock = clock;
  }

  watch(service: Frame, tell: (workers: number) => void): () => void {
    const key = frameKey(service);
    const name = nameOf(service);
    // Nobody can be asked for it: it has no workers, as far as can be told.
    if (name === undefined) return () => undefined;
    const watched: Watched = {
      key,
      name,
      tell,
      workers: 0,
      pauseMs: FIRST_LOOK_MS,
      cancel: () => undefined,
    };
    this.#watched.set(key, watched);
    this.#line.push(watched);
    this.#askNext();
    return () => {
      watched.cancel();
      if (this.#watched.get(key) === watched) this.#watched.delete(key);
    };
  }

  async send(service: Frame, body: Frames, { ttlMs }: { readonly ttlMs: Millis }): Promise<AttemptOutcome> {
    const name = nameOf(service);
    if (name === undefined) return { type: 'failed', reason: UNREADABLE_NAME, mayHaveRun: false };
    const timeoutMs = this.#counts ? ttlMs + LATE_REPLY_MS : Math.max(ttlMs, FOREIGN_REPLY_MS);
    try {
      const reply = await this.#client.request(name, body, { timeoutMs, signal: this.#ending.signal });
      return { type: 'reply', reply };
    } catch (error) {
      return failureOf(error);
    }
  }

  close(): Promise<void> {
    this.#ending.abort();
    for (const { cancel } of this.#watched.values()) cancel();
    this.#watched.clear();
    return Promise.resolve();
  }

  #askNext(): void {
    while (this.#asking < MAX_ASKING) {
      const next = this.#line.shift();
      if (next === undefined) return;
      if (!this.#isWatched(next)) continue;
      this.#asking++;
      void this.#ask(next).finally(() => {
        this.#asking--;
        this.#askNext();
      });
    }
  }

  async #ask(watched: Watched): Promise<void> {
    let workers: number | undefined;
    try {
      workers = await this.#workersOf(watched.name);
    } catch {
      // Nothing is known: what was known last stands.
    }
    if (!this.#isWatched(watched)) return;
    const waitMs = workers === undefined || workers === 0 ? watched.pauseMs : LAST_LOOK_MS;
    watched.pauseMs =
      workers === undefined || workers === 0 ? Math.min(LAST_LOOK_MS, waitMs * 2) : FIRST_LOOK_MS;
    watched.cancel = this.#clock.schedule(this.#clock.now() + waitMs, () => {
      this.#line.push(watched);
      this.#askNext();
    });
    if (workers === undefined || workers === watched.workers) return;
    watched.workers = workers;
    watched.tell(workers);
  }

  async #workersOf(name: string): Promise<number> {
    const options = { timeoutMs: QUESTION_TIMEOUT_MS, signal: this.#ending.signal };
    if (this.#counts) {
      try {
        const { services } = await this.#mmi.workers(name, options);
        const workers = services.reduce((sum, { idle, busy }) => sum + idle + busy, 0);
        // What is built into the broker has no workers, and is there all the same.
        return workers > 0 ? workers : Number(await this.#mmi.hasService(name, options));
      } catch (error) {
        const { code, status } = error as { readonly code?: unknown; readonly status?: unknown };
        if (code !== 'SERVICE_STATUS' || status !== StatusCode.NOT_IMPLEMENTED) throw error;
        this.#counts = false;
      }
    }
    return Number(await this.#mmi.hasService(name, options));
  }

  #isWatched(watched: Watched): boolean {
    return this.#watched.get(watched.key) === watched && !this.#ending.signal.aborted;
  }
}

/** A client asks by names that are text. */
function nameOf(service: Frame): string | undefined {
  const name = frameText(service);
  return sameFrame(textFrame(name), service) ? name : undefined;
}
