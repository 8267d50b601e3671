import type { RequestSpan, RequestTracer, SpanStart } from '../../src/tracing/request-tracer.js';

/** Notes what a tracer is told, a line each; spans are numbered from 1. */
export class SpanNotes implements RequestTracer {
  readonly lines: string[] = [];
  #spans = 0;

  begin({ role, service = '?', action = '?', parent, cause }: SpanStart): RequestSpan {
    const span = String(++this.#spans);
    const of = parent === undefined ? '-' : Number.parseInt(parent.traceparent.split('-')[2]!, 16);
    this.lines.push(
      `${span} ${role} ${service} ${action} of ${of}${cause === undefined ? '' : ` by ${cause}`}`,
    );
    return {
      context: { traceparent: `00-${'1'.repeat(32)}-${span.padStart(16, '0')}-01` },
      within: (work) => work(),
      mark: (event) => this.lines.push(`${span} ${event}`),
      end: ({ status, failure }) => this.lines.push(`${span} ends ${status ?? failure ?? 'somehow'}`),
    };
  }

  /** How those ended that did, e.g. `2 200`. */
  ends(): string[] {
    return this.lines.filter((line) => line.includes(' ends ')).map((line) => line.replace(' ends', ''));
  }

  clear(): void {
    this.lines.length = 0;
    this.#spans = 0;
  }
}
