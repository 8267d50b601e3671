import type { Millis } from '@raspy/clock';
import { frameText, OptionCheck, textFrame, type Frame, type Frames } from '@raspy/wire';
import { brokerFailureError } from '../client/broker-failure-error.js';
import { MAX_SERVICE_BYTES } from '../codec.js';
import { MdpClosedError, MdpInvalidRequestError } from '../errors.js';
import { MdpOptionError } from '../option-error.js';
import type { LocalOutcomeSignal, LocalRequest } from './signals.js';

/** What `RunningBroker.request` takes beside service and body. */
export interface LocalRequestOptions {
  /** How long the request may wait for a worker, in ms; `Infinity` for ever. @default the service's `requestTtlMs` */
  readonly ttlMs?: Millis;
}

interface Waiting {
  readonly service: string;
  readonly resolve: (body: Frames) => void;
  readonly reject: (error: Error) => void;
}

interface LocalClientParts {
  readonly send: (request: LocalRequest) => void;
  readonly isOversized: (body: Frames) => boolean;
}

/** The requests of the process that the broker runs in, as promises. */
export class LocalClient {
  readonly #parts: LocalClientParts;
  readonly #waiting = new Map<number, Waiting>();
  #tickets = 0;
  #closed = false;

  constructor(parts: LocalClientParts) {
    this.#parts = parts;
  }

  async request(service: Frame | string, body: Frames, options: LocalRequestOptions = {}): Promise<Frames> {
    const name = typeof service === 'string' ? textFrame(service) : service;
    const text = typeof service === 'string' ? service : frameText(service);
    const { ttlMs } = options;
    if (ttlMs !== undefined) {
      const check = new OptionCheck(MdpOptionError);
      check.millis('ttlMs', ttlMs, true);
      check.done();
    }
    const mistake = this.#mistake(name, body);
    if (mistake !== undefined) throw new MdpInvalidRequestError(text, mistake);
    if (this.#closed) throw new MdpClosedError(text, 'broker');
    return new Promise((resolve, reject) => {
      const ticket = ++this.#tickets;
      this.#waiting.set(ticket, { service: text, resolve, reject });
      this.#parts.send({ ticket, service: name, body, ttlMs });
    });
  }

  settle(outcome: LocalOutcomeSignal): void {
    const waiting = this.#waiting.get(outcome.ticket);
    if (waiting === undefined) return;
    this.#waiting.delete(outcome.ticket);
    if (outcome.type === 'local-reply') waiting.resolve(outcome.body);
    else waiting.reject(brokerFailureError(outcome.reason, waiting.service));
  }

  /** Nothing can be answered any more: rejects all that waits, and all that comes. */
  close(): void {
    this.#closed = true;
    for (const { service, reject } of this.#waiting.values()) reject(new MdpClosedError(service, 'broker'));
    this.#waiting.clear();
  }

  #mistake(service: Frame, body: Frames): string | undefined {
    if (service.length === 0 || service.length > MAX_SERVICE_BYTES) {
      return `a service name has 1 to ${MAX_SERVICE_BYTES} bytes`;
    }
    if (body.length === 0) return 'a request needs one body frame at least';
    return this.#parts.isOversized(body)
      ? 'the request is above maxMessageBytes or maxMessageFrames; send it in parts'
      : undefined;
  }
}
