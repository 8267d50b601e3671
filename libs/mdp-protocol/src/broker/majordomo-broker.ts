import type { Millis } from '@raspy/clock';
import {
  frameKey,
  framesBytes,
  sameFrame,
  type Frame,
  type Frames,
  type Machine,
  type UndeliveredReason,
} from '@raspy/wire';
import {
  decodeToBroker,
  encodeSignal,
  encodeToClient,
  MAX_SERVICE_BYTES,
  readWorkerCommand,
  type MdpVersion,
  type ToBroker,
} from '../codec.js';
import { BuiltinRequests } from './builtin-requests.js';
import type { BrokerEvent, DropCause } from './events.js';
import { Exchange, localRequest, type ClientRequest } from './exchange.js';
import { isMmi } from './mmi-name.js';
import { Mmi } from './mmi.js';
import { resolveBrokerOptions, type BrokerOptions, type ResolvedBrokerOptions } from './options.js';
import { Outbox, type BrokerEffect } from './outbox.js';
import { RequestTraces } from './request-traces.js';
import { PendingRequest } from './service-record.js';
import { ServiceTable } from './service-table.js';
import type { BrokerSignal, BuiltinAnswer, LocalRequest } from './signals.js';
import { newCounters, type BrokerStatistics, type ServiceInfo } from './statistics.js';
import { WaitTimes } from './wait-times.js';
import type { WorkerRecord } from './worker-record.js';
import { WorkerTable } from './worker-table.js';

/** Deadlines are gathered: a sweep looks at every worker, and need not come more often than this. */
const SWEEP_EVERY_MS: Millis = 20;
/** What one sweep may send, so that it neither holds up the loop nor overruns the send queue; the rest comes with the next. */
const SENDS_PER_SWEEP = 500;

/** What {@link MajordomoBroker} takes. */
export interface MajordomoBrokerOptions extends BrokerOptions {
  /**
   * Names of the services that this process serves itself: told by `mmi.service` and `mmi.discovery`, and refused to
   * workers. Each request for one comes as a `builtin-request`, to be answered with {@link MajordomoBroker.answer}.
   * @default none
   */
  readonly builtinServices?: readonly string[];
  /** Tell by `trace-` events what becomes of requests with a `traceparent` in their options frame. @default false */
  readonly traced?: boolean;
  /**
   * Makes so many unguessable bytes, a frame of their own: what a worker is shown in place of its client's address.
   */
  readonly entropy: (bytes: number) => Frame;
}

type WorkerReply = Extract<ToBroker, { kind: 'final' | 'partial' }>;

/**
 * A Majordomo broker as a pure machine: RFC 7 and RFC 18 with the bridge between them, MMI (RFC 8), and every rule of
 * PROTOCOLS §1.1 to §6. Its one port, `frontend`, is a ROUTER. `startBroker` puts it on a socket.
 */
export class MajordomoBroker implements Machine<'frontend', BrokerEvent | BrokerSignal> {
  readonly #options: ResolvedBrokerOptions;
  readonly #outbox = new Outbox();
  readonly #counters = newCounters();
  readonly #waits = new WaitTimes();
  readonly #services: ServiceTable;
  readonly #exchange: Exchange;
  readonly #workers: WorkerTable;
  readonly #mmi: Mmi;
  readonly #builtin: BuiltinRequests;
  #state: 'new' | 'open' | 'stopped' = 'new';
  #deadline: Millis = Infinity;
  #sweptAt: Millis = -Infinity;
  #graceUntil: Millis = -Infinity;

  /** @throws MdpOptionError for options without meaning */
  constructor(options: MajordomoBrokerOptions) {
    this.#options = resolveBrokerOptions(options);
    this.#services = new ServiceTable(this.#options, this.#outbox);
    this.#mmi = new Mmi(this.#options, this.#services);
    const parts = {
      options: this.#options,
      services: this.#services,
      outbox: this.#outbox,
      counters: this.#counters,
      traces: new RequestTraces(this.#outbox, options.traced ?? false),
      waits: this.#waits,
    };
    this.#exchange = new Exchange({ ...parts, entropy: options.entropy });
    this.#workers = new WorkerTable({ ...parts, exchange: this.#exchange });
    this.#builtin = new BuiltinRequests({ ...parts, exchange: this.#exchange });
  }

  /** A lower bound: nothing is due before. */
  get nextDeadline(): Millis {
    return this.#deadline;
  }

  /** Opens the port at first; then expires, heartbeats, and ends requests that waited too long. */
  tick(now: Millis): readonly BrokerEffect[] {
    if (this.#state === 'new') {
      this.#state = 'open';
      this.#outbox.open();
    } else if (this.#state === 'open') {
      this.#noticeStall(now);
      this.#sweep(now);
    }
    return this.#done();
  }

  receive(now: Millis, _port: 'frontend', frames: Frames): readonly BrokerEffect[] {
    const id = frames[0];
    if (this.#state === 'stopped' || id === undefined) return [];
    if (this.isOversized(frames)) {
      this.#unreadable(now, id, 'oversized');
      return this.#done();
    }
    const message = decodeToBroker(frames);
    switch (message.kind) {
      case 'client-request':
        this.#onRequest(now, id, message);
        break;
      case 'final':
      case 'partial':
        this.#onReply(now, id, message);
        break;
      case 'heartbeat':
        this.#onHeartbeat(now, id, message.version);
        break;
      case 'ready':
        this.#onReady(now, id, message.version, message.service);
        break;
      case 'disconnect':
        this.#onDisconnect(now, id, message.version, message.lastAddress);
        break;
      case 'unexpected-request':
        this.#outOfTurn(now, id, message.version, this.#workers.find(id));
        break;
      case 'malformed':
        this.#unreadable(now, id, message.reason);
        break;
    }
    return this.#done();
  }

  undelivered(
    now: Millis,
    _port: 'frontend',
    frames: Frames,
    why: UndeliveredReason,
  ): readonly BrokerEffect[] {
    const id = frames[0];
    if (this.#state !== 'open' || id === undefined || why === 'closed') return [];
    const command = readWorkerCommand(frames);
    if (command === undefined) this.#replyUndelivered(now, id, why);
    else if (command.kind === 'request') this.#requestUndelivered(now, id, why, command.address);
    else if (command.kind === 'heartbeat') this.#heartbeatUndelivered(now, id, why);
    return this.#done();
  }

  /** A request of this process; ends in one `local-reply` or `local-failure`, unless the broker stops before. */
  request(now: Millis, local: LocalRequest): readonly BrokerEffect[] {
    if (this.#state !== 'open') return [];
    const { ticket, service, body } = local;
    this.#counters.requests++;
    this.#counters.localRequests++;
    if (isMmi(service)) {
      this.#counters.mmiRequests++;
      this.#outbox.event({ type: 'local-reply', ticket, body: this.#mmi.answer(service, body) });
    } else {
      const key = frameKey(service);
      const builtin = this.#builtin.find(key);
      if (builtin === undefined) this.#exchange.acceptLocal(now, local, this.#services.get(key));
      else this.#builtin.accept(now, localRequest(local, builtin, Infinity));
    }
    return this.#done();
  }

  /** What became of requests for built-in services; one that the broker does not wait for does no harm. */
  answer(now: Millis, answers: readonly BuiltinAnswer[]): readonly BrokerEffect[] {
    if (this.#state !== 'open') return [];
    for (const answer of answers) this.#builtin.answer(now, answer);
    return this.#done();
  }

  /** Whether these are more frames or bytes than one message may have. */
  isOversized(frames: Frames): boolean {
    const { maxMessageFrames, maxMessageBytes } = this.#options;
    // The count first: it bounds what the sum costs.
    return frames.length > maxMessageFrames || framesBytes(frames) > maxMessageBytes;
  }

  /** A bound port has no link of its own. */
  link(): readonly BrokerEffect[] {
    return [];
  }

  /**
   * Says DISCONNECT to every worker and forgets everything; what comes in afterwards is ignored. Requests under way get
   * no answer: their clients see the connection end.
   */
  stop(_now: Millis): readonly BrokerEffect[] {
    this.#state = 'stopped';
    this.#deadline = Infinity;
    this.#workers.disconnectAll();
    this.#services.clear();
    this.#builtin.clear();
    this.#counters.inFlight = 0;
    return this.#outbox.take();
  }

  statistics(): BrokerStatistics {
    const { visible, hidden, queued, queuedBytes, inFlightBytes } = this.#services;
    return {
      ...this.#counters,
      dropped: this.#outbox.droppedByCause(),
      waits: this.#waits.snapshot,
      workers: this.#workers.size,
      services: visible,
      servicesWithoutWorker: hidden,
      queued,
      queuedBytes,
      inFlightBytes,
    };
  }

  /** How many workers of this service are registered, idle and busy. */
  workersOf(service: Frame): number {
    return this.#services.find(service)?.workers ?? 0;
  }

  /** The services that have a worker, by name; what `mmi.workers` tells. */
  services(): ServiceInfo[] {
    return this.#services.info();
  }

  /** Nobody is answered for what is no message; a worker that sends it is invalid. */
  #unreadable(now: Millis, id: Frame, cause: DropCause): void {
    this.#outbox.drop(now, cause, id);
    const worker = this.#workers.find(id);
    if (worker !== undefined) this.#workers.expel(now, worker, 'invalid');
  }

  #onRequest(now: Millis, client: Frame, message: ClientRequest): void {
    this.#counters.requests++;
    const { version, envelope, service, body } = message;
    if (!isMmi(service)) {
      const key = frameKey(service);
      const known = this.#services.get(key);
      // A name that has a record is not built in: workers may not register it, and no request waits for it.
      const builtin = known === undefined ? this.#builtin.find(key) : undefined;
      if (builtin === undefined) this.#exchange.accept(now, client, message, known);
      else this.#builtin.accept(now, new PendingRequest(client, version, envelope, builtin, body, Infinity));
      return;
    }
    this.#counters.mmiRequests++;
    const answer = this.#mmi.answer(service, body);
    this.#outbox.send(encodeToClient('final', version, client, envelope, service, answer));
  }

  #onReply(now: Millis, id: Frame, message: WorkerReply): void {
    const worker = this.#workers.find(id);
    if (
      worker?.inFlight === undefined ||
      worker.version !== message.version ||
      !sameFrame(worker.token, message.address)
    ) {
      this.#outOfTurn(now, id, message.version, worker);
      return;
    }
    // Nothing for so long: the heartbeat that came while it was busy had only crossed its request on the way.
    if (now - worker.heardAt > 2 * this.#options.heartbeatIntervalMs) worker.beatsWhileBusy = false;
    worker.heardAt = now;
    if (message.kind === 'final') this.#exchange.complete(now, worker, message.body);
    else this.#exchange.partial(worker, message.body);
  }

  #onHeartbeat(now: Millis, id: Frame, version: MdpVersion): void {
    const worker = this.#workers.find(id);
    if (worker?.version === version) {
      this.#workers.heartbeat(now, worker);
      return;
    }
    if (worker === undefined) this.#workers.noticeReturn(now, id);
    this.#outOfTurn(now, id, version, worker);
  }

  #onReady(now: Millis, id: Frame, version: MdpVersion, name: Frame): void {
    const registered = this.#workers.find(id);
    if (registered !== undefined) {
      this.#outbox.drop(now, 'out-of-turn', id, registered.service.text);
      this.#workers.expel(now, registered, registered.version === version ? 'registered-twice' : 'invalid');
    } else if (name.length === 0 || name.length > MAX_SERVICE_BYTES || this.#mmi.reserves(name)) {
      this.#outbox.drop(now, 'refused-name', id);
      this.#outbox.send(encodeSignal('disconnect', version, id));
    } else {
      const { service } = this.#workers.register(now, id, version, name);
      this.#lowerDeadline(now + this.#options.heartbeatIntervalMs);
      this.#exchange.dispatch(now, service);
    }
  }

  #onDisconnect(now: Millis, id: Frame, version: MdpVersion, lastAddress: Frame | undefined): void {
    const worker = this.#workers.find(id);
    if (worker === undefined) return;
    if (worker.version !== version) this.#outOfTurn(now, id, version, worker);
    else if (worker.hasAnswered(lastAddress)) this.#crossed(now, worker);
    else this.#workers.remove(now, worker, 'disconnected');
  }

  /** It left in good order, before it had seen what was sent to it since: that goes elsewhere, as the same attempt (K04). */
  #crossed(now: Millis, worker: WorkerRecord): void {
    const request = this.#exchange.takeFrom(worker);
    if (request !== undefined) this.#services.giveBack(request);
    this.#workers.remove(now, worker, 'disconnected');
    this.#exchange.dispatch(now, worker.service);
  }

  /** A command that its sender may not send now: it is told to start again, and what it had is lost. */
  #outOfTurn(now: Millis, id: Frame, version: MdpVersion, worker: WorkerRecord | undefined): void {
    if (worker === undefined) {
      this.#outbox.drop(now, 'unknown-worker', id);
      this.#outbox.send(encodeSignal('disconnect', version, id));
    } else {
      this.#outbox.drop(now, 'out-of-turn', id, worker.service.text);
      this.#workers.expel(now, worker, 'invalid');
    }
  }

  #replyUndelivered(now: Millis, client: Frame, why: 'unreachable' | 'full'): void {
    if (why === 'unreachable') this.#counters.unroutableReplies++;
    this.#outbox.drop(now, why === 'unreachable' ? 'reply-unroutable' : 'reply-queue-full', client);
  }

  #requestUndelivered(now: Millis, id: Frame, why: 'unreachable' | 'full', address: Frame): void {
    const worker = this.#workers.find(id);
    if (worker === undefined || !sameFrame(worker.token, address)) return;
    const request = this.#exchange.takeFrom(worker);
    if (request === undefined) return;
    // No worker has seen it: this is not a second attempt.
    this.#services.giveBack(request);
    this.#workers.remove(now, worker, why);
    if (why === 'unreachable') this.#exchange.dispatch(now, worker.service);
    // A full queue may be that of all: trying one worker after the other at once would lose them all.
    else this.#lowerDeadline(now);
  }

  #heartbeatUndelivered(now: Millis, id: Frame, why: 'unreachable' | 'full'): void {
    const worker = this.#workers.find(id);
    // A heartbeat that finds a full queue is nothing to a worker that has so much to read.
    if (worker !== undefined && why === 'unreachable') this.#workers.remove(now, worker, why);
  }

  /** After a suspension everyone seems silent (K30): what came in meanwhile has been read, but nobody could answer us. */
  #noticeStall(now: Millis): void {
    const lateMs = now - this.#deadline;
    if (lateMs <= this.#options.heartbeatIntervalMs) return;
    this.#graceUntil = now + this.#options.heartbeatIntervalMs;
    this.#outbox.event({ type: 'stalled', lateMs });
  }

  #sweep(now: Millis): void {
    this.#services.forgetDue();
    const swept = this.#workers.sweep(now, this.#graceUntil, SENDS_PER_SWEEP);
    let { sends } = swept;
    for (const service of this.#services) {
      while (sends > 0 && this.#exchange.expireOne(now, service)) sends--;
      // Where a worker's queue was full, requests may wait beside idle workers.
      this.#exchange.dispatch(now, service);
      this.#services.release(service);
      this.#services.due(service.queue.nextExpiry);
    }
    this.#outbox.reportDrops(now);
    this.#sweptAt = now;
    this.#deadline = Infinity;
    this.#lowerDeadline(swept.next);
  }

  #done(): readonly BrokerEffect[] {
    this.#lowerDeadline(Math.min(this.#services.nextDue, this.#outbox.nextReport));
    return this.#outbox.take();
  }

  #lowerDeadline(at: Millis): void {
    const gathered = Math.max(at, this.#sweptAt + SWEEP_EVERY_MS);
    if (gathered < this.#deadline) this.#deadline = gathered;
  }
}
