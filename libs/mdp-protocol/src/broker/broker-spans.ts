import { beginSpan, type RequestSpan, type RequestTracer } from '../tracing/request-tracer.js';
import type { TraceSignal } from './signals.js';

/** The spans of requests that a broker has: no more than it has requests. */
export class BrokerSpans {
  readonly #tracer: RequestTracer | undefined;
  readonly #open = new Map<number, RequestSpan>();

  constructor(tracer: RequestTracer | undefined) {
    this.#tracer = tracer;
  }

  take(signal: TraceSignal): void {
    if (signal.type === 'trace-begun') {
      const { id, service, action, parent, cause } = signal;
      const span = beginSpan(this.#tracer, { role: 'broker', service, action, parent, cause });
      if (span !== undefined) this.#open.set(id, span);
      return;
    }
    const span = this.#open.get(signal.id);
    switch (signal.type) {
      case 'trace-dispatched':
        span?.mark('dispatched', {
          'raspy.attempt': signal.attempt,
          ...(signal.worker !== undefined && { 'raspy.worker': signal.worker }),
        });
        break;
      case 'trace-given-back':
        span?.mark('worker lost');
        break;
      case 'trace-ended':
        this.#open.delete(signal.id);
        span?.end({ status: signal.status, failure: signal.failure });
        break;
    }
  }

  /** The broker stops: nobody gets an answer. */
  close(): void {
    for (const span of this.#open.values()) span.end({ failure: 'CLOSED' });
    this.#open.clear();
  }
}
