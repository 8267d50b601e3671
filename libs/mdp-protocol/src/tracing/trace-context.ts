/**
 * Where a request stands among all that one cause brought about: W3C Trace Context, as it travels in the options frame of
 * a request (docs/protocols/services.md).
 */
export interface TraceContext {
  /** `00-<trace: 32 hex>-<span: 16 hex>-<flags: 2 hex>`; whoever began the request is its span. */
  readonly traceparent: string;
  /** What tracing systems add for themselves: `vendor=value,…`, at most 512 characters. */
  readonly tracestate?: string;
}

const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]{0,200})?$/;
const TRACESTATE = /^[ -~]{1,512}$/;

export function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && TRACEPARENT.test(value);
}

export function isTracestate(value: unknown): value is string {
  return typeof value === 'string' && TRACESTATE.test(value);
}

/**
 * The context among members that came by the wire; what does not have its form is left out. A command is not refused for
 * it: nobody acts by it.
 */
export function readTraceContext(members: {
  readonly traceparent?: unknown;
  readonly tracestate?: unknown;
}): Partial<TraceContext> {
  const { traceparent, tracestate } = members;
  if (!isTraceparent(traceparent)) return {};
  return isTracestate(tracestate) ? { traceparent, tracestate } : { traceparent };
}

/** The context of a request's options, if they have one. */
export function traceContextOf({
  traceparent,
  tracestate,
}: {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}): TraceContext | undefined {
  if (traceparent === undefined) return undefined;
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}
