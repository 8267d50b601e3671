import type { Clock } from '@raspy/clock';
import { drive, type Driven, type Frames, type FrameSocket } from '@raspy/wire';
import { bodyFrames, type Body } from '../body.js';
import { statusFrame, StatusCode } from '../status-code.js';
import type { MdpHandler } from './options.js';
import type {
  SessionCounters,
  SessionStatus,
  WorkerEvent,
  WorkerMachineOptions,
  WorkerPort,
} from './session-types.js';
import { WorkerMachine } from './worker-machine.js';

/** What a {@link WorkerSession} is made with. */
export interface WorkerSessionOptions {
  readonly machine: WorkerMachineOptions;
  readonly clock: Clock;
  readonly open: () => FrameSocket;
  /** The service as text, for the handler. */
  readonly service: string;
  readonly handle: MdpHandler;
  readonly onStatus: () => void;
  readonly onError: (error: unknown) => void;
}

/** One worker machine at work, and the handler's run for its request. */
export class WorkerSession {
  readonly #options: WorkerSessionOptions;
  readonly #machine: WorkerMachine;
  readonly #driven: Driven<WorkerPort, WorkerEvent>;
  readonly #running = new Map<number, AbortController>();
  #status: SessionStatus = 'connecting';
  readonly #stopped: Promise<void>;
  #onStopped: () => void = () => undefined;

  constructor(options: WorkerSessionOptions) {
    this.#options = options;
    this.#stopped = new Promise((resolve) => (this.#onStopped = resolve));
    this.#machine = new WorkerMachine(options.machine);
    this.#driven = drive({
      machine: this.#machine,
      clock: options.clock,
      open: options.open,
      onEvent: (event) => this.#onEvent(event),
    });
  }

  get status(): SessionStatus {
    return this.#status;
  }

  get busy(): boolean {
    return this.#machine.busy;
  }

  get counters(): Readonly<SessionCounters> {
    return this.#machine.counters;
  }

  /** Takes no further request. @returns when the one at work is answered and DISCONNECT sent */
  stop(): Promise<void> {
    this.#driven.perform((now) => this.#machine.stop(now));
    return this.#stopped;
  }

  /** Ends at once: the handler's signal fires, DISCONNECT is sent. */
  abandon(): void {
    this.#driven.perform((now) => this.#machine.abandon(now));
  }

  /** Frees the socket; after {@link WorkerSession.stop} or {@link WorkerSession.abandon}. */
  close(): Promise<void> {
    return this.#driven.close();
  }

  #onEvent(event: WorkerEvent): void {
    switch (event.type) {
      case 'status':
        this.#status = event.status;
        this.#options.onStatus();
        break;
      case 'job':
        void this.#serve(event.job, event.body);
        break;
      case 'job-lost':
        this.#running
          .get(event.job)
          ?.abort(new Error(`the reply can reach nobody any more: ${event.reason}`));
        break;
      case 'partials-overflow':
        this.#options.onError(
          new Error(
            `partial replies of "${this.#options.service}" exceed 1,000 frames or 1 MiB; the request is answered 500`,
          ),
        );
        break;
      case 'stopped':
        this.#onStopped();
        break;
    }
  }

  async #serve(job: number, body: Frames): Promise<void> {
    const controller = new AbortController();
    this.#running.set(job, controller);
    const reply = await this.#run(job, body, controller.signal);
    this.#running.delete(job);
    this.#driven.perform((now) => this.#machine.reply(now, job, reply));
  }

  /** The handler's reply, or `500` in place of one: whatever it does, the worker lives. */
  async #run(job: number, body: Frames, signal: AbortSignal): Promise<Frames> {
    const { service } = this.#options;
    try {
      const partial = (part: Body): void => {
        const frames = requireFrames(part, `a partial reply of "${service}"`);
        this.#driven.perform((now) => this.#machine.partial(now, job, frames));
      };
      const reply = await this.#options.handle(body, { signal, service, partial });
      return requireFrames(reply, `the reply of "${service}"`);
    } catch (error) {
      // A handler that gives up because its signal fired did as it should.
      if (!signal.aborted || (error !== signal.reason && !isAbortError(error))) this.#options.onError(error);
      return [statusFrame(StatusCode.ERROR)];
    }
  }
}

/** A body as frames; handlers in plain JavaScript return anything. */
function requireFrames(body: Body, what: string): Frames {
  if (!Array.isArray(body) || body.length === 0) {
    throw new TypeError(`${what} must be an array of at least one frame`);
  }
  const wrong = body.findIndex((part) => typeof part !== 'string' && !(part instanceof Uint8Array));
  if (wrong >= 0) throw new TypeError(`${what}: frame ${wrong} is neither a string nor a Uint8Array`);
  return bodyFrames(body);
}

function isAbortError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
}
