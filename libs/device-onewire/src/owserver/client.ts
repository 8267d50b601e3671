import type { DriverContext } from '@raspy/devices';
import { BusError } from '../bus.js';
import { Connection, ConnectionError, type ConnectionOptions } from './connection.js';
import { RequestType, type Answer, type Request } from './message.js';

/** What an {@link OwserverClient} is told. */
export interface OwserverClientOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: DriverContext['clock'];
  /** Connections at a time; a server does what is for one bus one after the other anyway. @default 2 */
  readonly connections?: number;
  /** Requests that may wait; more are refused. @default 2000 */
  readonly maxWaiting?: number;
  /** Milliseconds without a sign of life after which a request has failed. @default 5000 */
  readonly silenceMs?: number;
  /** Milliseconds that an answer may take while the server says that it is at work. @default 20000 */
  readonly answerMs?: number;
}

/** A server that could not be had is not asked again before so many milliseconds; twice as many each time. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 15_000;

interface Job {
  readonly request: Request;
  readonly resolve: (answer: Exclude<Answer, 'wait'>) => void;
  readonly reject: (error: BusError) => void;
}

/** Asks an owserver, over a few connections that are kept; what waits is answered in its order. */
export class OwserverClient {
  readonly where: string;
  readonly #options: Required<OwserverClientOptions>;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  #waiting: Job[] = [];
  #lanes = 0;
  #closed = false;
  #failures = 0;
  /** Until then it is not tried, for this reason. */
  #pause: { readonly until: number; readonly reason: string } | undefined;

  constructor(options: OwserverClientOptions) {
    this.#options = { connections: 2, maxWaiting: 2_000, silenceMs: 5_000, answerMs: 20_000, ...options };
    this.where = `owserver at ${options.host}:${options.port}`;
  }

  /** @throws BusError (rejects) `UNREACHABLE`, `TIMEOUT`, `GARBLED`, `REFUSED`, `CLOSED` */
  ask(request: Request): Promise<Exclude<Answer, 'wait'>> {
    return new Promise((resolve, reject) => {
      const { maxWaiting, connections } = this.#options;
      if (this.#closed) {
        reject(closed());
        return;
      }
      if (this.#waiting.length >= maxWaiting) {
        reject(new BusError('REFUSED', `${this.where}: ${maxWaiting} requests wait already`));
        return;
      }
      this.#waiting.push({ request, resolve, reject });
      if (this.#lanes < connections) void this.#lane();
    });
  }

  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    for (const connection of [...this.#idle.splice(0), ...this.#busy]) connection.close();
  }

  async #lane(): Promise<void> {
    this.#lanes++;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      try {
        job.resolve(await this.#answer(job.request));
      } catch (error) {
        job.reject(this.#closed ? closed() : this.#told(error));
      }
    }
    this.#lanes--;
  }

  async #answer(request: Request): Promise<Exclude<Answer, 'wait'>> {
    const kept = this.#idle.filter(({ isUsable }) => isUsable).at(-1);
    if (kept !== undefined) {
      this.#idle.splice(this.#idle.indexOf(kept), 1);
      try {
        return await this.#use(kept, request);
      } catch (error) {
        // A server closes connections that rest; what only reads can be asked again.
        const isStale = error instanceof ConnectionError && error.code === 'CLOSED' && !this.#closed;
        if (!isStale || request.type === RequestType.WRITE) throw error;
      }
    }
    this.#refuseWhilePausing();
    return this.#use(new Connection(this.#connectionOptions()), request);
  }

  async #use(connection: Connection, request: Request): Promise<Exclude<Answer, 'wait'>> {
    this.#busy.add(connection);
    try {
      const answer = await connection.ask(request);
      this.#failures = 0;
      this.#pause = undefined;
      return answer;
    } finally {
      this.#busy.delete(connection);
      if (connection.isUsable) this.#idle.push(connection);
    }
  }

  #connectionOptions(): ConnectionOptions {
    return this.#options;
  }

  #refuseWhilePausing(): void {
    const pause = this.#pause;
    if (pause !== undefined && this.#options.clock.now() < pause.until)
      throw new BusError('UNREACHABLE', pause.reason);
  }

  #told(error: unknown): BusError {
    if (error instanceof BusError) return error;
    const { code, message } = error as ConnectionError;
    switch (code) {
      case 'CONNECT':
        return this.#unreachable(message);
      case 'CLOSED':
        return new BusError('TIMEOUT', `${this.where} closed the connection before it answered`);
      case 'SILENT':
        return new BusError('TIMEOUT', `${this.where}: ${message}`);
      default:
        return new BusError(
          'GARBLED',
          `${this.where} sends what is no answer: ${message}; is it an owserver?`,
        );
    }
  }

  #unreachable(message: string): BusError {
    const reason = `${this.where} cannot be reached: ${message}; is it running there?`;
    const { clock } = this.#options;
    const waitMs = Math.min(RETRY_MIN_MS * 2 ** this.#failures++, RETRY_MAX_MS);
    this.#pause = { until: clock.now() + waitMs, reason };
    return new BusError('UNREACHABLE', reason);
  }
}

function closed(): BusError {
  return new BusError('CLOSED', 'the bus was closed');
}
