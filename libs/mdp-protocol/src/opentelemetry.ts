/**
 * Follows requests by the API of OpenTelemetry. The one part of this package that needs `@opentelemetry/api`.
 * @packageDocumentation
 */
import {
  context as contexts,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { RequestSpan, RequestTracer, SpanOutcome, SpanStart } from './tracing/request-tracer.js';
import type { TraceContext } from './tracing/trace-context.js';

/** What {@link openTelemetryTracer} takes. */
export interface OpenTelemetryTracerOptions {
  /** Makes the spans. @default the tracer `@raspy/mdp-protocol` of the provider that the process has registered */
  readonly tracer?: Tracer;
}

const KINDS = { client: SpanKind.CLIENT, broker: SpanKind.INTERNAL, worker: SpanKind.SERVER } as const;
/** The name of the system in OpenTelemetry's conventions for remote calls. */
const SYSTEM = 'raspy';

/**
 * A tracer that makes a span of each request at its client, its broker and its worker, which all are parts of one trace.
 * The client's is a part of whatever is under way in its process; the broker's and the worker's are parts of the client's, and
 * what a handler asks of other services is a part of the worker's.
 *
 * Names and attributes are those of OpenTelemetry's conventions for remote calls: `rpc.system.name` (`raspy`), `rpc.method`
 * (`<service>/<action>`), `rpc.response.status_code` and, where it is not 200, `error.type`; besides them `raspy.role` and
 * `raspy.cause`, which is the request's `trace`.
 *
 * Without a provider, as an SDK registers one, it does nothing.
 */
export function openTelemetryTracer(options: OpenTelemetryTracerOptions = {}): RequestTracer {
  // Asked each time, since a provider may be registered later.
  const tracer = (): Tracer => options.tracer ?? trace.getTracer('@raspy/mdp-protocol');
  return { begin: (start) => begin(tracer(), start) };
}

/** Whether somebody records spans in this process: an SDK has been loaded. */
export function isRecording(): boolean {
  try {
    const probe = trace.getTracer('@raspy/mdp-protocol').startSpan('probe', {}, ROOT_CONTEXT);
    return isSpanContextValid(probe.spanContext());
  } catch {
    // An SDK may run code of its user here, such as a sampler: one that fails records nothing.
    return false;
  }
}

interface Flushable {
  forceFlush?(): Promise<unknown>;
}

/**
 * Has what was recorded handed over now, as far as the registered provider can: those of SDKs have a `forceFlush`. For the end
 * of a process, since spans are handed over a batch at a time. Never rejects; how long it takes is the provider's affair.
 */
export async function flush(): Promise<void> {
  try {
    // By its form: what is registered may come from another copy of the API.
    const registered = trace.getTracerProvider() as Flushable & { getDelegate?(): Flushable };
    const provider = registered.getDelegate?.() ?? registered;
    await provider.forceFlush?.();
  } catch {
    // SDKs tell by their own log what they could not hand over.
  }
}

function begin(tracer: Tracer, start: SpanStart): RequestSpan | undefined {
  const { role, service, action, cause } = start;
  const method = [service, action].filter((part) => part !== undefined).join('/');
  const attributes: Attributes = {
    'rpc.system.name': SYSTEM,
    'rpc.method': method,
    'raspy.role': role,
    ...(cause !== undefined && { 'raspy.cause': cause }),
  };
  const parent = start.parent === undefined ? contexts.active() : contextOf(start.parent);
  const span = tracer.startSpan(
    role === 'broker' ? `broker ${method}` : method,
    { kind: KINDS[role], attributes },
    parent,
  );
  return isSpanContextValid(span.spanContext()) ? new OpenTelemetrySpan(span, parent) : undefined;
}

class OpenTelemetrySpan implements RequestSpan {
  readonly context: TraceContext;
  readonly #span: Span;
  readonly #parent: Context;

  constructor(span: Span, parent: Context) {
    this.#span = span;
    this.#parent = parent;
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    const tracestate = traceState?.serialize() ?? '';
    this.context = {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      ...(tracestate !== '' && { tracestate }),
    };
  }

  within<T>(work: () => T): T {
    return contexts.with(trace.setSpan(this.#parent, this.#span), work);
  }

  mark(event: string, details?: Readonly<Record<string, string | number>>): void {
    this.#span.addEvent(event, details);
  }

  end({ status, failure }: SpanOutcome): void {
    if (status !== undefined) this.#span.setAttribute('rpc.response.status_code', status);
    const error = failure ?? (status === '200' ? undefined : status);
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

/** A context whose span is the one that the request names; of `traceparent`, members of later versions are not read. */
function contextOf({ traceparent, tracestate }: TraceContext): Context {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: parseInt(flags, 16),
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  });
}
