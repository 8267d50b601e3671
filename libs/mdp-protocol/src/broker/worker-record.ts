import type { Millis } from '@raspy/clock';
import { EMPTY_FRAME, sameFrame, type Frame } from '@raspy/wire';
import type { MdpVersion } from '../codec.js';
import { HeartbeatCadence } from './heartbeat-cadence.js';
import type { PendingRequest, ServiceRecord } from './service-record.js';

/** A registered worker: idle, or busy with one request. */
export class WorkerRecord {
  /** What it has; `undefined` when it is idle. */
  inFlight: PendingRequest | undefined;
  /** The client address that it was given with {@link WorkerRecord.inFlight}: ours, fresh for each attempt. */
  token: Frame = EMPTY_FRAME;
  /** The token of the last request that it answered. */
  answeredToken: Frame | undefined;
  /** When it last sent a valid command. */
  heardAt: Millis;
  /** When it was last sent anything. */
  sentAt: Millis;
  /** When it was given its latest request. */
  dispatchedAt: Millis;
  /** Whether it can heartbeat inside its handler, so far as is known. */
  beatsWhileBusy = false;
  readonly cadence: HeartbeatCadence;

  /** @internal Links of the {@link IdleList} that it is in. */
  previous: WorkerRecord | undefined;
  /** @internal */
  next: WorkerRecord | undefined;
  /** @internal */
  listed = false;

  constructor(
    readonly key: string,
    readonly id: Frame,
    readonly version: MdpVersion,
    readonly service: ServiceRecord,
    now: Millis,
  ) {
    this.heardAt = now;
    this.sentAt = now;
    this.dispatchedAt = now;
    this.cadence = new HeartbeatCadence(now);
  }

  /** Whether this is the token of the request it answered last: our own and unguessable, so that nothing else can match. */
  hasAnswered(token: Frame | undefined): boolean {
    return token !== undefined && this.answeredToken !== undefined && sameFrame(token, this.answeredToken);
  }

  /** When its silence has lasted too long (PROTOCOLS §5). */
  expiresAt(expiryMs: Millis): Millis {
    if (this.inFlight === undefined || this.beatsWhileBusy) return this.heardAt + expiryMs;
    return Math.max(this.heardAt, this.dispatchedAt) + this.service.policy.busyExpiryMs;
  }
}

/** The idle workers of a service, least recently used first; constant time, also for one in the middle. */
export class IdleList {
  #head: WorkerRecord | undefined;
  #tail: WorkerRecord | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(worker: WorkerRecord): void {
    worker.listed = true;
    worker.previous = this.#tail;
    if (this.#tail === undefined) this.#head = worker;
    else this.#tail.next = worker;
    this.#tail = worker;
    this.#length++;
  }

  shift(): WorkerRecord | undefined {
    const worker = this.#head;
    if (worker !== undefined) this.remove(worker);
    return worker;
  }

  /** Takes one out; one that is not in does no harm. */
  remove(worker: WorkerRecord): void {
    if (!worker.listed) return;
    if (worker.previous === undefined) this.#head = worker.next;
    else worker.previous.next = worker.next;
    if (worker.next === undefined) this.#tail = worker.previous;
    else worker.next.previous = worker.previous;
    worker.previous = undefined;
    worker.next = undefined;
    worker.listed = false;
    this.#length--;
  }
}
