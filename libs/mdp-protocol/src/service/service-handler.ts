import { type Clock, systemClock } from '@raspy/clock';
import { frameKey, type Frames, textFrame } from '@raspy/wire';
import { readStatus, statusFrame, StatusCode } from '../status-code.js';
import { ServiceDefinitionError } from './definition-error.js';
import type { Action, Actions, ServiceDefinition } from './definition.js';
import { decodeFrames, encodeFrames, nameValues } from './frame-list.js';
import { type IdempotencyStore, memoryIdempotency } from './idempotency.js';
import type { HandlerArgs, HandlerResult } from './infer.js';
import { type RequestOptions, splitOptions } from './options-frame.js';
import { isRefusal } from './refusal.js';
import { beginSpan, type RequestTracer, tracerOr } from '../tracing/request-tracer.js';
import { traceContextOf } from '../tracing/trace-context.js';

/** What a worker hands over with a request; the context of `MdpWorker`'s `handle` is one. */
export interface ServiceJob {
  /** The worker's service. @default not known */
  readonly service?: string;
  /** Aborts when nobody can receive the reply any more, or the worker's time to finish is over. */
  readonly signal: AbortSignal;
  /** Sends frames ahead of the reply (MDP 0.2 PARTIAL). */
  partial(frames: Frames): void;
}

/** What a handler is told beside its arguments: the request's options, and the job's means. */
export interface ActionContext extends RequestOptions, ServiceJob {}

/** One function an action: arguments by name; returns, or promises, what the action's results declare. */
export type ServiceHandlers<A extends Actions> = {
  readonly [M in keyof A]: (
    args: HandlerArgs<A[M]>,
    context: ActionContext,
  ) => HandlerResult<A[M]> | Promise<HandlerResult<A[M]>>;
};

/** Serves one request: never rejects, and the last frame of its reply is a status. Fits `MdpWorker`'s `handle`. */
export type ServiceHandler = (body: Frames, job: ServiceJob) => Promise<Frames>;

/** How a {@link serviceHandler} behaves. */
export interface ServiceHandlerOptions {
  /**
   * The reply to an action that the service does not have: `[action]["501"]`, as the `.devices` services give it, or
   * `["501"]` (PROTOCOLS §7). @default 'bare'
   */
  readonly unknownAction?: 'echo' | 'bare';
  /** Remembers the keys of commands that were acted on. @default a {@link memoryIdempotency} of its own */
  readonly idempotency?: IdempotencyStore;
  /** Tells when deadlines have passed. @default systemClock */
  readonly clock?: Clock;
  /** Follows each request that is acted on or refused. @default that of {@link followRequests}, or none */
  readonly tracer?: RequestTracer;
  /**
   * Told of every exception behind a `500`, which the caller never sees: a handler's, a store's, and results that do
   * not fit the definition. Refusals are no exceptions. Its own exceptions are dropped.
   */
  readonly onError?: (error: unknown, action: string) => void;
}

/** A reason that quotes a request is cut here. */
const MAX_REASON_CHARACTERS = 1_000;

const FAILED: Frames = [statusFrame(StatusCode.ERROR)];
const UNKNOWN_ACTION: Frames = [statusFrame(StatusCode.NOT_IMPLEMENTED)];
const EXPIRED: Frames = [textFrame('expired'), statusFrame(StatusCode.ERROR)];
const UNKNOWN_OUTCOME: Frames = [textFrame('unknown outcome'), statusFrame(StatusCode.ERROR)];

/**
 * The server's half of a service.
 *
 * | Request | Reply |
 * |---|---|
 * | handled | results, `200` |
 * | unknown action | `501`, see {@link ServiceHandlerOptions.unknownAction} |
 * | arguments or options frame that do not fit | reason, `400` |
 * | after its deadline | `expired`, `500`; not acted on |
 * | `key` seen before | the reply of then; not acted on again. While the first is at work: its reply, once there |
 * | `key` seen before, outcome not known | `unknown outcome`, `500`; not acted on |
 * | handler throws {@link ServiceRefusal} | its frames and status |
 * | handler throws anything else | `500` |
 *
 * Arguments are checked before a key is recorded, and the deadline after: a repeat that comes too late still learns how
 * the command ended.
 *
 * @throws {@link ServiceDefinitionError} when an action has no handler
 */
export function serviceHandler<A extends Actions>(
  definition: ServiceDefinition<A>,
  handlers: ServiceHandlers<A>,
  options: ServiceHandlerOptions = {},
): ServiceHandler {
  const server = new ActionServer(definition, handlers, options);
  return (body, job) => server.serve(body, job);
}

/** A handler as it is called: its arguments were decoded by the very kinds that its type came from. */
type Handle = (args: never, context: ActionContext) => unknown;

interface Served {
  readonly action: Action;
  readonly handle: Handle;
}

class ActionServer {
  /** By the bytes of the action's name: what is no UTF-8 is merely unknown. */
  readonly #served = new Map<string, Served>();
  readonly #echo: boolean;
  readonly #store: IdempotencyStore;
  readonly #clock: Clock;
  readonly #onError: ServiceHandlerOptions['onError'];
  readonly #tracer: RequestTracer | undefined;
  readonly #running = new Map<string, Promise<Frames>>();

  constructor(
    definition: ServiceDefinition,
    handlers: Readonly<Record<string, Handle>>,
    options: ServiceHandlerOptions,
  ) {
    for (const [method, action] of Object.entries(definition.actions)) {
      const handle = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
      if (typeof handle !== 'function') throw new ServiceDefinitionError([`"${method}" has no handler`]);
      this.#served.set(frameKey(textFrame(action.name)), { action, handle });
    }
    this.#echo = options.unknownAction === 'echo';
    this.#store = options.idempotency ?? memoryIdempotency();
    this.#clock = options.clock ?? systemClock;
    this.#onError = options.onError;
    this.#tracer = options.tracer;
  }

  async serve(body: Frames, job: ServiceJob): Promise<Frames> {
    const name = body[0];
    if (name === undefined) return refused('no action');
    const served = this.#served.get(frameKey(name));
    if (served === undefined) return this.#echo ? [name, ...UNKNOWN_ACTION] : UNKNOWN_ACTION;
    try {
      return await this.#serveAction(served, body.slice(1), job);
    } catch (error) {
      return this.#failed(served.action, error);
    }
  }

  async #serveAction(served: Served, frames: Frames, job: ServiceJob): Promise<Frames> {
    const split = splitOptions(frames);
    if (!split.ok) return refused(split.reason);
    const { args, options } = split.value;
    const span = beginSpan(tracerOr(this.#tracer), {
      role: 'worker',
      service: job.service,
      action: served.action.name,
      parent: traceContextOf(options),
      cause: options.trace,
    });
    if (span === undefined) return this.#serveCall(served, args, options, job);
    const reply = span.within(() => this.#serveCall(served, args, options, job));
    reply.then(
      (frames) => span.end({ status: readStatus(frames.at(-1)) }),
      () => span.end({ status: StatusCode.ERROR }),
    );
    return reply;
  }

  async #serveCall(
    served: Served,
    frames: Frames,
    options: RequestOptions,
    job: ServiceJob,
  ): Promise<Frames> {
    const { params } = served.action;
    const values = decodeFrames('argument', params, frames);
    if (!values.ok) return refused(values.reason);
    const args = nameValues(params, values.value);
    const context: ActionContext = {
      ...options,
      signal: job.signal,
      partial: (partial) => {
        job.partial(partial);
      },
    };
    if (options.key === undefined) return this.#act(served, args, context);
    return this.#actOnce(options.key, served, args, context);
  }

  /** The reply to a command with a key: acted on the first time only. */
  #actOnce(key: string, served: Served, args: object, context: ActionContext): Promise<Frames> {
    const first = this.#running.get(key);
    if (first !== undefined) return first;
    const reply = this.#beginAndAct(key, served, args, context).finally(() => this.#running.delete(key));
    this.#running.set(key, reply);
    return reply;
  }

  async #beginAndAct(key: string, served: Served, args: object, context: ActionContext): Promise<Frames> {
    const known = await this.#store.begin(key);
    if (known.state === 'done') return known.reply;
    if (known.state === 'unknown') return UNKNOWN_OUTCOME;
    const reply = await this.#act(served, args, context);
    try {
      await this.#store.finish(key, reply);
    } catch (error) {
      // What was done is done: its caller learns how it ended, whether or not a repeat will.
      this.#report(served.action, error);
    }
    return reply;
  }

  async #act({ action, handle }: Served, args: object, context: ActionContext): Promise<Frames> {
    if (context.deadline !== undefined && this.#clock.wallNow() > context.deadline) return EXPIRED;
    try {
      const result: unknown = await handle(args as never, context);
      const frames = encodeFrames('result', action.result, valuesOf(action, result));
      if (frames.ok) return [...frames.value, statusFrame(StatusCode.OK)];
      return this.#failed(action, new TypeError(`the handler of "${action.name}": ${frames.reason}`));
    } catch (error) {
      return isRefusal(error) ? [...error.frames, Buffer.from(error.status)] : this.#failed(action, error);
    }
  }

  #failed(action: Action, error: unknown): Frames {
    this.#report(action, error);
    return FAILED;
  }

  #report(action: Action, error: unknown): void {
    try {
      this.#onError?.(error, action.name);
    } catch {
      // The reply must go out, and there is nobody left to tell.
    }
  }
}

/** A handler's result as values in order. */
function valuesOf(action: Action, result: unknown): readonly unknown[] {
  if (action.result.length < 2) return [result];
  const members = typeof result === 'object' && result !== null ? new Map(Object.entries(result)) : undefined;
  return action.result.map((kind) => members?.get(kind.name) as unknown);
}

function refused(reason: string): Frames {
  return [textFrame(shorten(reason)), statusFrame(StatusCode.BAD_REQUEST)];
}

function shorten(reason: string): string {
  return reason.length <= MAX_REASON_CHARACTERS ? reason : `${reason.slice(0, MAX_REASON_CHARACTERS)}…`;
}
