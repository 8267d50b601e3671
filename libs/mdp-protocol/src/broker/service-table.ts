import type { Millis } from '@raspy/clock';
import { asBuffer, frameKey, frameText, type Frame } from '@raspy/wire';
import type { ResolvedBrokerOptions } from './options.js';
import type { Outbox } from './outbox.js';
import { ServiceRecord, type PendingRequest } from './service-record.js';
import type { ServiceInfo } from './statistics.js';
import type { WorkerRecord } from './worker-record.js';

/** So many different mistakes in policies are told; one that names its service could go on for ever. */
const MISTAKES_TOLD = 20;

/** All services that have a worker or a request that waits, and the bounds over all of them. */
export class ServiceTable {
  readonly #options: ResolvedBrokerOptions;
  readonly #outbox: Outbox;
  readonly #records = new Map<string, ServiceRecord>();
  readonly #mistakesTold = new Set<string>();
  #withWorker = 0;
  #queued = 0;
  #queuedBytes = 0;
  #inFlightBytes = 0;
  #revision = 0;
  #nextDue: Millis = Infinity;

  constructor(options: ResolvedBrokerOptions, outbox: Outbox) {
    this.#options = options;
    this.#outbox = outbox;
  }

  /** Services with a worker; only these are told to anyone. */
  get visible(): number {
    return this.#withWorker;
  }

  /** Services for which requests wait without a worker. */
  get hidden(): number {
    return this.#records.size - this.#withWorker;
  }

  get queued(): number {
    return this.#queued;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** What the requests hold that workers and handlers of built-in services have. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Another number whenever a service has become visible or hidden. */
  get revision(): number {
    return this.#revision;
  }

  /** No request or reply is due before this; a lower bound. */
  get nextDue(): Millis {
    return this.#nextDue;
  }

  /** Something is due at `at`. */
  due(at: Millis): void {
    if (at < this.#nextDue) this.#nextDue = at;
  }

  /** Before everything is looked at again. */
  forgetDue(): void {
    this.#nextDue = Infinity;
  }

  find(name: Frame): ServiceRecord | undefined {
    return this.#records.get(frameKey(name));
  }

  /** As {@link ServiceTable.find}, by the name's key. */
  get(key: string): ServiceRecord | undefined {
    return this.#records.get(key);
  }

  /** The record of a name, made if need be; whoever asks gives it a worker or a request, or calls {@link ServiceTable.release}. */
  open(name: Frame): ServiceRecord {
    const key = frameKey(name);
    let record = this.#records.get(key);
    if (record === undefined) {
      record = this.unlisted(key, name, frameText(name));
      this.#records.set(key, record);
    }
    return record;
  }

  /** A record with the policy of its name, which no table keeps. */
  unlisted(key: string, name: Frame, text: string): ServiceRecord {
    const { policy, mistakes } = this.#options.policyOf(text);
    if (mistakes.length > 0) this.#refusePolicy(text, mistakes);
    // A copy: the frame may be a slice of something large.
    return new ServiceRecord(key, Buffer.from(asBuffer(name)), text, policy);
  }

  addWorker(worker: WorkerRecord): void {
    worker.service.workers++;
    this.#tellWorkers(worker.service);
    if (worker.service.workers > 1) return;
    this.#withWorker++;
    this.#revision++;
  }

  removeWorker(worker: WorkerRecord): void {
    worker.service.idle.remove(worker);
    worker.service.workers--;
    this.#tellWorkers(worker.service);
    if (worker.service.workers > 0) return;
    this.#withWorker--;
    this.#revision++;
  }

  /** Forgets a service that has neither worker nor request. */
  release(service: ServiceRecord): void {
    if (service.workers === 0 && service.queue.length === 0) this.#records.delete(service.key);
  }

  /** Whether a new request fits beside the bytes of all that wait and all that somebody has. */
  hasRoom(request: PendingRequest): boolean {
    return this.#queuedBytes + this.#inFlightBytes + request.bytes <= this.#options.maxTotalQueuedBytes;
  }

  /** A worker, or the handler of a built-in service, has been given it: its bytes are kept until {@link ServiceTable.returned}. */
  dispatched(request: PendingRequest): void {
    this.#inFlightBytes += request.bytes;
  }

  /** Nobody has it any more. */
  returned(request: PendingRequest): void {
    this.#inFlightBytes -= request.bytes;
  }

  /** @returns `false` when one of the bounds has been reached: the request was not taken */
  enqueue(request: PendingRequest): boolean {
    const { queue, policy } = request.service;
    if (queue.length >= policy.maxQueuedRequests) return false;
    if (this.#queued >= this.#options.maxTotalQueuedRequests || !this.hasRoom(request)) return false;
    if (queue.bytes + request.bytes > policy.maxQueuedBytes) return false;
    queue.push(request);
    this.#added(request);
    return true;
  }

  /** Back to the head of its queue, whatever the bounds: it was taken before. */
  giveBack(request: PendingRequest): void {
    request.service.queue.giveBack(request);
    this.#added(request);
  }

  take(service: ServiceRecord): PendingRequest | undefined {
    return this.#taken(service.queue.take());
  }

  takeExpired(service: ServiceRecord, now: Millis): PendingRequest | undefined {
    return this.#taken(service.queue.takeExpired(now));
  }

  /** May be changed while it is walked. */
  [Symbol.iterator](): IterableIterator<ServiceRecord> {
    return this.#records.values();
  }

  clear(): void {
    this.#records.clear();
    this.#withWorker = 0;
    this.#queued = 0;
    this.#queuedBytes = 0;
    this.#inFlightBytes = 0;
    this.#nextDue = Infinity;
    this.#revision++;
  }

  /** Services with a worker, in bytewise order of their names. */
  info(only?: ServiceRecord): ServiceInfo[] {
    const records = only === undefined ? [...this.#records.values()] : [only];
    return records
      .filter((record) => record.workers > 0)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ text, idle, workers, queue }) => ({
        name: text,
        idle: idle.length,
        busy: workers - idle.length,
        queued: queue.length,
      }));
  }

  /** Names come from the network, as many as it likes; what is wrong with the option does not change with them. */
  #refusePolicy(service: string, mistakes: readonly string[]): void {
    const told = mistakes.join();
    if (this.#mistakesTold.has(told) || this.#mistakesTold.size >= MISTAKES_TOLD) return;
    this.#mistakesTold.add(told);
    this.#outbox.event({ type: 'policy-refused', service, mistakes });
  }

  #tellWorkers({ name, workers }: ServiceRecord): void {
    this.#outbox.event({ type: 'workers-changed', service: name, workers });
  }

  #added(request: PendingRequest): void {
    this.#queued++;
    this.#queuedBytes += request.bytes;
    this.due(request.expiresAt);
  }

  #taken(request: PendingRequest | undefined): PendingRequest | undefined {
    if (request !== undefined) {
      this.#queued--;
      this.#queuedBytes -= request.bytes;
    }
    return request;
  }
}
