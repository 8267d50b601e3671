import { systemClock, type Clock, type Millis } from '@raspy/clock';
import { defaultTransport, textFrame, type FrameSocket } from '@raspy/wire';
import { BehaviorSubject, distinctUntilChanged, ReplaySubject, Subject, type Observable } from 'rxjs';
import { DEFAULT_ENDPOINT } from '../default-endpoint.js';
import { workerSettings, type MdpWorkerOptions } from './options.js';
import { WorkerSession } from './worker-session.js';
import type { SessionCounters } from './session-types.js';

/**
 * How a worker stands with its broker: `ready` when at least one session can get requests; `refused` when none is and
 * the broker answered READY with DISCONNECT more than once (a reserved name, say).
 */
export type MdpWorkerStatus = 'connecting' | 'ready' | 'disconnected' | 'refused' | 'closed';

/** What a worker has done since it was made, over all its sessions, and how it stands. */
export interface MdpWorkerStatistics extends Readonly<SessionCounters> {
  /** Sessions that the broker can give a request to, or has. */
  readonly ready: number;
  /** Sessions whose handler runs. */
  readonly busy: number;
  /** Requests answered 500 because the handler failed, and replies that exceeded the bounds of partial replies. */
  readonly handlerErrors: number;
}

/** So long a closing socket may take to send what it has; PROTOCOLS §5. */
const LINGER_MS: Millis = 100;

/**
 * A Majordomo worker: serves requests for one service, `concurrency` at a time (PROTOCOLS §3 and §5).
 *
 * It starts at once, keeps signs of life going while the handler runs, and registers again by itself whenever the
 * connection or the broker comes back. A reply goes to the broker session that delivered its request, or nowhere.
 * Until it is closed its connections keep the process alive.
 */
export class MdpWorker {
  /** How it stands: the current status at once, then each change; completes after `closed`. */
  readonly status$: Observable<MdpWorkerStatus>;
  /** {@link MdpWorker.healthy}: the current value at once, then each change; completes when the worker closes. */
  readonly health$: Observable<boolean>;
  /** What handlers threw, and replies that could not be sent as they were. Hot; completes when the worker closes. */
  readonly errors$: Observable<unknown>;
  readonly #clock: Clock;
  readonly #sessions: readonly WorkerSession[];
  readonly #status = new ReplaySubject<MdpWorkerStatus>(1);
  readonly #health = new BehaviorSubject(true);
  readonly #errors = new Subject<unknown>();
  #handlerErrors = 0;
  #closing: Promise<void> | undefined;

  /** @throws {@link MdpOptionError} when options have no meaning */
  constructor(options: MdpWorkerOptions) {
    const settings = workerSettings(options);
    this.#clock = options.clock ?? systemClock;
    this.status$ = this.#status.pipe(distinctUntilChanged());
    this.health$ = this.#health.pipe(distinctUntilChanged());
    this.errors$ = this.#errors.asObservable();
    if (options.onError !== undefined) this.#errors.subscribe(options.onError);
    this.#status.next('connecting');
    const open = opener(options);
    this.#sessions = Array.from(
      { length: settings.concurrency },
      (_, index) =>
        new WorkerSession({
          machine: {
            ...settings,
            service: textFrame(options.service),
            version: settings.protocol === '0.2' ? 2 : 1,
            random: Math.random,
          },
          clock: this.#clock,
          open: () => open(index),
          service: options.service,
          handle: options.handle,
          onStatus: () => this.#updateStatus(),
          onError: (error) => {
            this.#handlerErrors++;
            this.#errors.next(error);
          },
        }),
    );
  }

  /** What the owner says of the worker's health, for whoever answers for it; the worker serves on. @default true */
  get healthy(): boolean {
    return this.#health.value;
  }

  set healthy(value: boolean) {
    this.#health.next(value);
  }

  /** Counters over all sessions, and how they stand. */
  statistics(): MdpWorkerStatistics {
    const sum = {
      requests: 0,
      replies: 0,
      discardedReplies: 0,
      malformed: 0,
      protocolErrors: 0,
      sessionsLost: 0,
      ready: 0,
      busy: 0,
    };
    for (const { counters, status, busy } of this.#sessions) {
      sum.requests += counters.requests;
      sum.replies += counters.replies;
      sum.discardedReplies += counters.discardedReplies;
      sum.malformed += counters.malformed;
      sum.protocolErrors += counters.protocolErrors;
      sum.sessionsLost += counters.sessionsLost;
      if (status === 'ready') sum.ready++;
      if (busy) sum.busy++;
    }
    return { ...sum, handlerErrors: this.#handlerErrors };
  }

  /**
   * Ends gracefully: no new request is taken, what is being served is answered, then the broker is told. Idempotent
   * (the first deadline counts), never rejects.
   *
   * @param options.deadlineMs - after this long the handlers' signals fire and the broker is told at once. Default 5000
   */
  close(options: { readonly deadlineMs?: Millis } = {}): Promise<void> {
    this.#closing ??= this.#close(options.deadlineMs ?? 5_000);
    return this.#closing;
  }

  /** @see {@link MdpWorker.close} */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(deadlineMs: Millis): Promise<void> {
    const cancel = this.#clock.schedule(this.#clock.now() + deadlineMs, () => {
      for (const session of this.#sessions) session.abandon();
    });
    await Promise.all(
      this.#sessions.map(async (session) => {
        await session.stop();
        await session.close();
      }),
    );
    cancel();
    this.#status.next('closed');
    this.#status.complete();
    this.#health.complete();
    this.#errors.complete();
  }

  #updateStatus(): void {
    const has = (status: MdpWorkerStatus): boolean =>
      this.#sessions.some((session) => session.status === status);
    const status = (['ready', 'refused', 'disconnected'] as const).find(has);
    this.#status.next(status ?? 'connecting');
  }
}

/** Makes the sockets of a worker's sessions. */
function opener(options: MdpWorkerOptions): (session: number) => FrameSocket {
  const transport = options.transport ?? defaultTransport();
  const endpoint = options.endpoint ?? DEFAULT_ENDPOINT;
  const lingerMs = Math.min(options.socket?.lingerMs ?? LINGER_MS, LINGER_MS);
  return (session) => {
    const id = options.socket?.routingId;
    return transport.connect('dealer', endpoint, {
      ...options.socket,
      lingerMs,
      // Two peers with one routing id would push each other out of the broker's table.
      ...(id !== undefined && session > 0 && { routingId: `${id}.${session + 1}` }),
    });
  };
}
