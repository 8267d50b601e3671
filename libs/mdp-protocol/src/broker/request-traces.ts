import { asBuffer, peerText, type Frame } from '@raspy/wire';
import type { BrokerFailure } from '../broker-failure.js';
import { isOptionsFrame, splitOptions } from '../service/options-frame.js';
import { readStatus } from '../status-code.js';
import { traceContextOf } from '../tracing/trace-context.js';
import type { Outbox } from './outbox.js';
import type { PendingRequest } from './service-record.js';

/** No options frame that is worth following is larger; what is read keeps everybody else waiting. */
const MAX_OPTIONS_BYTES = 4_096;
/** An action's name is told up to here; a longer frame is no name. */
const MAX_ACTION_BYTES = 64;

/**
 * Tells what becomes of requests that say in their options frame whose part they are (`traceparent`). Every one that was
 * told of as begun is told of as ended, unless the broker stops before.
 */
export class RequestTraces {
  readonly #outbox: Outbox;
  readonly #isOn: boolean;
  #last = 0;

  constructor(outbox: Outbox, isOn: boolean) {
    this.#outbox = outbox;
    this.#isOn = isOn;
  }

  begin(request: PendingRequest): void {
    if (!this.#isOn) return;
    const { body, service } = request;
    const last = body.at(-1);
    if (last === undefined || last.length > MAX_OPTIONS_BYTES || !isOptionsFrame(last)) return;
    const split = splitOptions(body);
    const parent = split.ok ? traceContextOf(split.value.options) : undefined;
    if (!split.ok || parent === undefined) return;
    request.traceId = ++this.#last;
    this.#outbox.event({
      type: 'trace-begun',
      id: request.traceId,
      service: service.text,
      action: actionOf(body),
      parent,
      cause: split.value.options.trace,
    });
  }

  /** A worker has it now; `undefined` for one that this process serves itself. */
  dispatched(request: PendingRequest, worker?: Frame): void {
    if (request.traceId === 0) return;
    this.#outbox.event({
      type: 'trace-dispatched',
      id: request.traceId,
      attempt: request.attempt,
      ...(worker !== undefined && { worker: peerText(worker) }),
    });
  }

  /** The worker is gone that had it, and it waits for another. */
  givenBack(request: PendingRequest): void {
    if (request.traceId === 0) return;
    this.#outbox.event({ type: 'trace-given-back', id: request.traceId });
  }

  replied(request: PendingRequest, status: Frame | undefined): void {
    if (request.traceId === 0) return;
    this.#outbox.event({ type: 'trace-ended', id: request.traceId, status: readStatus(status) });
    request.traceId = 0;
  }

  failed(request: PendingRequest, failure: BrokerFailure): void {
    if (request.traceId === 0) return;
    this.#outbox.event({ type: 'trace-ended', id: request.traceId, failure });
    request.traceId = 0;
  }
}

function actionOf(body: readonly Frame[]): string | undefined {
  const [name] = body;
  // Beside the options frame there is a first frame of its own.
  if (body.length < 2 || name === undefined || name.length > MAX_ACTION_BYTES) return undefined;
  return asBuffer(name).toString();
}
