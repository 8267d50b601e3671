import type { Millis } from '@raspy/clock';
import { frameKey, textFrame, type Frames } from '@raspy/wire';
import { statusFrame, StatusCode } from '../status-code.js';
import type { Exchange, ExchangeParts } from './exchange.js';
import type { PendingRequest, ServiceRecord } from './service-record.js';
import type { BuiltinAnswer } from './signals.js';

const FAILED: Frames = [statusFrame(StatusCode.ERROR)];

interface BuiltinRequestsParts extends Omit<ExchangeParts, 'entropy'> {
  readonly exchange: Exchange;
}

/** Requests for the services that this process serves itself, from their arrival to their answer. */
export class BuiltinRequests {
  readonly #parts: BuiltinRequestsParts;
  readonly #services: ReadonlyMap<string, ServiceRecord>;
  readonly #handled = new Map<number, PendingRequest>();
  #tickets = 0;

  constructor(parts: BuiltinRequestsParts) {
    this.#parts = parts;
    this.#services = new Map(
      parts.options.builtinServices.map((name) => {
        const frame = textFrame(name);
        const key = frameKey(frame);
        return [key, parts.services.unlisted(key, frame, name)];
      }),
    );
  }

  /** The built-in service of this name, if it is one. It has no workers, and no request waits for it. */
  find(key: string): ServiceRecord | undefined {
    return this.#services.get(key);
  }

  /** Has a request handled, if that is within the bounds. */
  accept(now: Millis, request: PendingRequest): void {
    const { options, services, outbox, counters, traces, exchange } = this.#parts;
    counters.builtinRequests++;
    traces.begin(request);
    if (this.#handled.size >= options.maxBuiltinRequests || !services.hasRoom(request)) {
      exchange.refuse(now, request);
      return;
    }
    const ticket = ++this.#tickets;
    this.#handled.set(ticket, request);
    counters.builtinInFlight++;
    services.dispatched(request);
    traces.dispatched(request);
    outbox.event({ type: 'builtin-request', ticket, service: request.service.text, body: request.body });
  }

  /** Sends the answer to whoever asked; one that nobody waits for does no harm. */
  answer(now: Millis, answer: BuiltinAnswer): void {
    const { services, outbox, counters, exchange } = this.#parts;
    const request = this.#handled.get(answer.ticket);
    if (request === undefined) return;
    this.#handled.delete(answer.ticket);
    counters.builtinInFlight--;
    counters.builtinReplies++;
    services.returned(request);
    const error =
      'error' in answer ? answer.error : answer.body.length === 0 ? 'it gave no frame' : undefined;
    if (error !== undefined) {
      outbox.drop(now, 'builtin-failed', request.client, request.service.text, error);
    }
    exchange.respond(request, 'final', 'error' in answer || error !== undefined ? FAILED : answer.body);
  }

  clear(): void {
    this.#handled.clear();
    this.#parts.counters.builtinInFlight = 0;
  }
}
