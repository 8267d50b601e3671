import type { Millis } from '@raspy/clock';
import { EMPTY_FRAME, type Frame, type Frames } from '@raspy/wire';
import { brokerFailureBody, type BrokerFailure } from '../broker-failure.js';
import { encodeToClient, encodeWorkerRequest, TOKEN_BYTES, type ToBroker } from '../codec.js';
import { statusFrame, StatusCode } from '../status-code.js';
import type { ResolvedBrokerOptions } from './options.js';
import type { Outbox } from './outbox.js';
import type { RequestTraces } from './request-traces.js';
import { PendingRequest, type ServiceRecord } from './service-record.js';
import type { ServiceTable } from './service-table.js';
import type { LocalRequest } from './signals.js';
import type { Counters } from './statistics.js';
import { TimedPlace } from './timed-line.js';
import type { WaitTimes } from './wait-times.js';
import type { WorkerRecord } from './worker-record.js';

/** Partial replies kept for a client of 0.1, which can only be sent one reply (PROTOCOLS §3). */
const MAX_HELD_BYTES = 1024 * 1024;
const MAX_HELD_FRAMES = 1_000;
const OVER_LIMIT: Frames = [statusFrame(StatusCode.ERROR)];

export type ClientRequest = Extract<ToBroker, { kind: 'client-request' }>;

const NO_ENVELOPE: Frames = [];

/** A request of this process as one of a client of 0.1, which gets one reply. */
export function localRequest(local: LocalRequest, service: ServiceRecord, expiresAt: Millis): PendingRequest {
  const request = new PendingRequest(EMPTY_FRAME, 1, NO_ENVELOPE, service, local.body, expiresAt);
  request.ticket = local.ticket;
  return request;
}

/** What {@link Exchange} works with. */
export interface ExchangeParts {
  readonly options: ResolvedBrokerOptions;
  readonly services: ServiceTable;
  readonly outbox: Outbox;
  readonly counters: Counters;
  readonly traces: RequestTraces;
  readonly waits: WaitTimes;
  readonly entropy: (bytes: number) => Frame;
}

/** Requests on their way to workers, and replies on their way back (PROTOCOLS §4). */
export class Exchange {
  readonly #options: ResolvedBrokerOptions;
  readonly #services: ServiceTable;
  readonly #outbox: Outbox;
  readonly #counters: Counters;
  readonly #traces: RequestTraces;
  readonly #waits: WaitTimes;
  readonly #entropy: (bytes: number) => Frame;

  constructor(parts: ExchangeParts) {
    this.#options = parts.options;
    this.#services = parts.services;
    this.#outbox = parts.outbox;
    this.#counters = parts.counters;
    this.#traces = parts.traces;
    this.#waits = parts.waits;
    this.#entropy = parts.entropy;
  }

  /**
   * A client's request: to the least recently used idle worker, or into the queue.
   * @param known - the record of its service, if there is one
   */
  accept(now: Millis, client: Frame, message: ClientRequest, known: ServiceRecord | undefined): void {
    const { version, envelope, body } = message;
    const full = known === undefined && this.#noRecordLeft();
    const service = known ?? this.#services.open(message.service);
    const expiresAt = now + service.policy.requestTtlMs;
    this.#admit(now, new PendingRequest(client, version, envelope, service, body, expiresAt), full);
  }

  /** A request of this process: as {@link Exchange.accept}. */
  acceptLocal(now: Millis, local: LocalRequest, known: ServiceRecord | undefined): void {
    const full = known === undefined && this.#noRecordLeft();
    const service = known ?? this.#services.open(local.service);
    const expiresAt = now + (local.ttlMs ?? service.policy.requestTtlMs);
    const request = localRequest(local, service, expiresAt);
    if (local.ttlMs !== undefined) request.timed = new TimedPlace(request, expiresAt);
    this.#admit(now, request, full);
  }

  #noRecordLeft(): boolean {
    return this.#services.hidden >= this.#options.maxServicesWithoutWorker;
  }

  #admit(now: Millis, request: PendingRequest, full: boolean): void {
    const { service } = request;
    request.arrivedAt = now;
    this.#traces.begin(request);
    const atOnce = service.queue.length === 0 && this.#services.hasRoom(request);
    const worker = atOnce ? service.idle.shift() : undefined;
    if (worker !== undefined) {
      this.#assign(now, worker, request);
      return;
    }
    if (!full && this.#services.enqueue(request)) return;
    this.refuse(now, request);
    this.#services.release(service);
  }

  /** Ends a request that one of the bounds has no room for. */
  refuse(now: Millis, request: PendingRequest): void {
    this.#counters.refused++;
    this.#outbox.drop(now, 'queue-full', request.client, request.service.text);
    this.#failUnlessSilent(request, 'raspy:queue-full');
  }

  /** Gives requests that wait to workers that are idle, as far as there are both. */
  dispatch(now: Millis, service: ServiceRecord): void {
    while (service.idle.length > 0) {
      const request = this.#services.take(service);
      if (request === undefined) return;
      if (request.expiresAt <= now) {
        this.#expire(now, request);
        continue;
      }
      this.#assign(now, service.idle.shift()!, request);
    }
  }

  /** REPLY or FINAL of the worker that has the request: on to the client; the worker is idle, and last in line. */
  complete(now: Millis, worker: WorkerRecord, body: Frames): void {
    const request = this.takeFrom(worker);
    if (request === undefined) return;
    worker.cadence.restart(now);
    worker.answeredToken = worker.token;
    if (!request.answered) {
      this.#counters.replies++;
      this.respond(request, 'final', request.held === undefined ? body : [...request.held, ...body]);
    }
    worker.service.idle.append(worker);
    if (worker.service.queue.length > 0) this.dispatch(now, worker.service);
  }

  /** PARTIAL of the worker that has the request: on to a client of 0.2, or kept for one of 0.1. */
  partial(worker: WorkerRecord, body: Frames): void {
    const request = worker.inFlight;
    if (request === undefined || request.answered) return;
    this.#counters.partials++;
    if (request.version === 2) {
      request.partialSent = true;
      this.respond(request, 'partial', body);
      return;
    }
    request.held ??= [];
    for (const frame of body) {
      request.held.push(frame);
      request.heldBytes += frame.length;
    }
    if (request.held.length > MAX_HELD_FRAMES || request.heldBytes > MAX_HELD_BYTES) {
      request.held = undefined;
      this.respond(request, 'final', OVER_LIMIT);
    }
  }

  /** The request that a worker has, which it then no longer has. */
  takeFrom(worker: WorkerRecord): PendingRequest | undefined {
    const request = worker.inFlight;
    worker.inFlight = undefined;
    if (request !== undefined) {
      this.#counters.inFlight--;
      this.#services.returned(request);
    }
    return request;
  }

  /** The worker that had this request is gone: the LOST rule. */
  lose(now: Millis, worker: string, request: PendingRequest): void {
    const { service } = request;
    const { maxAttempts, onWorkerLost } = service.policy;
    this.#counters.lost++;
    let outcome: 'redispatched' | 'failed' | 'silent' | 'answered';
    if (request.answered) {
      outcome = 'answered';
    } else if (!request.partialSent && now < request.expiresAt && request.attempt < maxAttempts) {
      outcome = 'redispatched';
      this.#counters.redispatched++;
      request.attempt++;
      request.held = undefined;
      request.heldBytes = 0;
      this.#traces.givenBack(request);
      this.#services.giveBack(request);
    } else {
      outcome = onWorkerLost === 'fail' || request.ticket > 0 ? 'failed' : 'silent';
      this.#failUnlessSilent(request, 'raspy:worker-lost');
    }
    this.#outbox.event({ type: 'request-lost', worker, service: service.text, outcome });
    if (outcome === 'redispatched') this.dispatch(now, service);
  }

  /** Ends one request of the service that has waited too long. @returns whether there was one */
  expireOne(now: Millis, service: ServiceRecord): boolean {
    const request = this.#services.takeExpired(service, now);
    if (request === undefined) return false;
    this.#expire(now, request);
    return true;
  }

  #assign(now: Millis, worker: WorkerRecord, request: PendingRequest): void {
    worker.inFlight = request;
    worker.token = this.#entropy(TOKEN_BYTES);
    worker.sentAt = now;
    worker.dispatchedAt = now;
    if (request.attempt === 1) this.#waits.record(now - request.arrivedAt);
    this.#counters.inFlight++;
    this.#services.dispatched(request);
    this.#traces.dispatched(request, worker.id);
    this.#services.due(now + request.service.policy.busyExpiryMs);
    this.#outbox.send(encodeWorkerRequest(worker.version, worker.id, worker.token, request.body));
  }

  #expire(now: Millis, request: PendingRequest): void {
    this.#counters.expired++;
    this.#outbox.drop(now, 'expired', request.client, request.service.text);
    this.#failUnlessSilent(request, 'raspy:expired');
  }

  #failUnlessSilent(request: PendingRequest, reason: BrokerFailure): void {
    this.#traces.failed(request, reason);
    if (request.ticket > 0) {
      // This process has no time-out of its own: it is always told, and by a word that no reply can be taken for.
      this.#counters.failures++;
      request.answered = true;
      this.#outbox.event({ type: 'local-failure', ticket: request.ticket, reason });
      return;
    }
    if (request.service.policy.onWorkerLost === 'silent') return;
    this.#counters.failures++;
    this.respond(request, 'final', brokerFailureBody(reason));
  }

  /** A reply, or a part of one for a client of 0.2, to whoever asked. */
  respond(request: PendingRequest, kind: 'final' | 'partial', body: Frames): void {
    if (kind === 'final') {
      request.answered = true;
      this.#traces.replied(request, body.at(-1));
    }
    if (request.ticket > 0) {
      this.#outbox.event({ type: 'local-reply', ticket: request.ticket, body });
      return;
    }
    const { version, client, envelope, service } = request;
    this.#outbox.send(encodeToClient(kind, version, client, envelope, service.name, body));
  }
}
