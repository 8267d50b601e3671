import { readTraceContext, traceContextOf, type TraceContext } from './trace-context.js';

/** What begins: a request as its client, its broker or its worker sees it. */
export interface SpanStart {
  readonly role: 'client' | 'broker' | 'worker';
  /** E.g. `localhost.fake.devices`; a worker that does not know it leaves it out. */
  readonly service?: string;
  /** E.g. `exec`. */
  readonly action?: string;
  /** What it is a part of, as the request says. A client without one asks what is under way in its process. */
  readonly parent?: TraceContext;
  /** `trace` of the request: what brought it about, in words. */
  readonly cause?: string;
}

/** How a request ended. */
export interface SpanOutcome {
  /** The status of the reply, e.g. `200`. */
  readonly status?: string;
  /** Why there is no reply, or none that is right: an error's `code`, e.g. `TIMEOUT`. */
  readonly failure?: string;
}

/** One request at one of those who have to do with it, from its beginning to its end. */
export interface RequestSpan {
  /** What those are told who get the request next, so that theirs join this one. */
  readonly context: TraceContext | undefined;
  /** Calls `work`, once; requests that it begins, later ones too, are parts of this one. */
  within<T>(work: () => T): T;
  /** Notes that something has happened. */
  mark(event: string, details?: Readonly<Record<string, string | number>>): void;
  /** Called once. */
  end(outcome: SpanOutcome): void;
}

/** Follows requests; `@raspy/mdp-protocol/opentelemetry` has one. What its methods throw is dropped. */
export interface RequestTracer {
  /** @returns `undefined` for a request that is not to be followed */
  begin(start: SpanStart): RequestSpan | undefined;
}

let ofProcess: RequestTracer | undefined;

/**
 * Has all requests of this process followed that are not given a tracer of their own: those of typed clients and handlers,
 * and those of brokers that are started afterwards.
 *
 * @returns what ends that, unless another one was set since
 */
export function followRequests(tracer: RequestTracer): () => void {
  ofProcess = tracer;
  return () => {
    if (ofProcess === tracer) ofProcess = undefined;
  };
}

/** The tracer of whoever has `own` or none: that of the process. */
export function tracerOr(own: RequestTracer | undefined): RequestTracer | undefined {
  return own ?? ofProcess;
}

/** Begins a span that never throws: a request must not fail since somebody watches it. */
export function beginSpan(tracer: RequestTracer | undefined, start: SpanStart): RequestSpan | undefined {
  const span = quietly(() => tracer?.begin(start));
  return span === undefined ? undefined : new QuietSpan(span);
}

class QuietSpan implements RequestSpan {
  readonly context: TraceContext | undefined;
  readonly #span: RequestSpan;

  constructor(span: RequestSpan) {
    this.#span = span;
    // What could not be sent is left out: the request goes without it.
    this.context = quietly(() => traceContextOf(readTraceContext(span.context ?? {})));
  }

  within<T>(work: () => T): T {
    let done: { readonly value: T } | { readonly error: unknown } | undefined;
    const once = (): void => {
      done ??= attempt(work);
    };
    quietly(() => this.#span.within(once));
    once();
    const outcome = done!;
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  mark(event: string, details?: Readonly<Record<string, string | number>>): void {
    quietly(() => this.#span.mark(event, details));
  }

  end(outcome: SpanOutcome): void {
    quietly(() => this.#span.end(outcome));
  }
}

function attempt<T>(work: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function quietly<T>(work: () => T): T | undefined {
  const outcome = attempt(work);
  return 'value' in outcome ? outcome.value : undefined;
}
