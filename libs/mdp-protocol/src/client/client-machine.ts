import { DeadlineHeap, type Millis } from '@raspy/clock';
import {
  EMPTY_FRAME,
  sameFrame,
  type Effect,
  type Frames,
  type Machine,
  type UndeliveredReason,
} from '@raspy/wire';
import { readBrokerFailure } from '../broker-failure.js';
import { decodeToClient, encodeClientRequest, type ToClient } from '../codec.js';
import {
  MdpAbortedError,
  MdpClosedError,
  MdpConnectionLostError,
  MdpNoWorkerError,
  MdpTimeoutError,
  MdpTooManyRequestsError,
  type MdpError,
} from '../errors.js';
import { readStatus, StatusCode } from '../status-code.js';
import { brokerFailureError } from './broker-failure-error.js';
import { Call, type CallSpec } from './call.js';
import { clientCounters, type MdpClientStatistics } from './client-counters.js';
import { Correlations } from './correlations.js';
import { Lanes, type Lane } from './lanes.js';
import type { ClientEffects, ClientEvent, ClientMachineOptions, ClientPort } from './client-types.js';
import { Throttle } from './throttle.js';
import { WaitingList } from './waiting-list.js';

const NOTHING: readonly Effect<ClientPort, ClientEvent>[] = [];
const MMI_FEATURES = Buffer.from('mmi.features');
const MMI_SERVICE = Buffer.from('mmi.service');
const ENVELOPE = Buffer.from('envelope');
/** A connection that breaks again and again is not made anew more often than this. */
const REOPEN_PAUSE_MS: Millis = 250;

/**
 * The client's side of MDP 0.1 and 0.2 (PROTOCOLS §2, §5): many requests over one connection where the broker offers
 * envelopes, a few one-at-a-time sockets where it does not. Requests wait in here, never in a socket without
 * connection, so that they can be withdrawn.
 */
export class ClientMachine implements Machine<ClientPort, ClientEvent> {
  readonly #options: ClientMachineOptions;
  readonly #calls = new Map<number, Call>();
  readonly #deadlines = new DeadlineHeap<Call>();
  readonly #waiting = new WaitingList<Call>();
  readonly #inFlight: Correlations;
  readonly #lanes: Lanes;
  readonly #throttle = new Throttle();
  readonly #count = clientCounters();
  #mode: 'down' | 'probing' | 'pipelining' | 'lanes' = 'down';
  #probeDeadline: Millis = Infinity;
  #openAt: Millis = -Infinity;
  #openedAt: Millis = -Infinity;
  #order = 0;
  #closed = false;

  constructor(options: ClientMachineOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.lanes);
    this.#inFlight = new Correlations(options.firstCorrelation);
  }

  get nextDeadline(): Millis {
    if (this.#closed) return Infinity;
    return Math.min(
      this.#deadlines.first?.deadline ?? Infinity,
      this.#probeDeadline,
      this.#openAt,
      this.#waiting.length > 0 && this.#room > 0 ? this.#throttle.until : Infinity,
    );
  }

  statistics(): MdpClientStatistics {
    return {
      ...this.#count,
      mode: this.#mode,
      queued: this.#waiting.length,
      inFlight: this.#calls.size - this.#waiting.length,
    };
  }

  /** Begins a call. It settles by events, at once when the queue is full. */
  request(now: Millis, spec: CallSpec): readonly Effect<ClientPort, ClientEvent>[] {
    const out: ClientEffects = [];
    if (this.#closed) return [{ type: 'event', event: failed(spec, new MdpClosedError(spec.service)) }];
    const call = new Call(spec, this.#order++, now);
    this.#calls.set(spec.id, call);
    this.#deadlines.add(call);
    this.#waiting.push(call);
    this.#pump(now, out);
    if (call.waiting && this.#waiting.length > this.#options.maxQueued) {
      this.#fail(call, new MdpTooManyRequestsError(spec.service, this.#options.maxQueued), out);
    }
    return out;
  }

  /** Withdraws a call; one that is settled already is none of its business. */
  abort(now: Millis, id: number, reason: unknown): readonly Effect<ClientPort, ClientEvent>[] {
    const call = this.#calls.get(id);
    if (call === undefined) return NOTHING;
    const out: ClientEffects = [];
    this.#count.aborted++;
    this.#fail(call, new MdpAbortedError(call.spec.service, reason), out);
    this.#pump(now, out);
    return out;
  }

  /** Fails what is pending; nothing is sent from now on. */
  close(): readonly Effect<ClientPort, ClientEvent>[] {
    const out: ClientEffects = [];
    this.#closed = true;
    for (const call of [...this.#calls.values()])
      this.#fail(call, new MdpClosedError(call.spec.service), out);
    return out;
  }

  tick(now: Millis): readonly Effect<ClientPort, ClientEvent>[] {
    if (this.#closed) return NOTHING;
    const out: ClientEffects = [];
    if (now >= this.#openAt) {
      this.#openAt = Infinity;
      this.#openedAt = now;
      out.push({ type: 'open', port: 'broker' });
    }
    this.#expire(now, out);
    if (now >= this.#probeDeadline) {
      this.#probeDeadline = Infinity;
      if (this.#mode === 'probing') this.#mode = 'lanes';
    }
    this.#pump(now, out);
    return out;
  }

  receive(now: Millis, port: ClientPort, frames: Frames): readonly Effect<ClientPort, ClientEvent>[] {
    if (this.#closed) return NOTHING;
    const message = decodeToClient(frames);
    if (message.kind === 'malformed') {
      this.#count.malformed++;
      return NOTHING;
    }
    const out: ClientEffects = [];
    if (port !== 'broker') this.#acceptOnLane(now, this.#lanes.at(port), message, out);
    else if (message.envelope.length === 0) this.#acceptFeatures(message);
    else this.#acceptCorrelated(now, message, out);
    this.#pump(now, out);
    return out;
  }

  undelivered(
    now: Millis,
    port: ClientPort,
    frames: Frames,
    _why: UndeliveredReason,
  ): readonly Effect<ClientPort, ClientEvent>[] {
    const call = port === 'broker' ? this.#inFlight.find(frames[0]) : this.#lanes.at(port).call;
    if (call === undefined) return NOTHING;
    // The socket is full: the call was not sent, and waits in here until there is room.
    const out: ClientEffects = [];
    if (!call.checking) {
      call.sent--;
      this.#count.sent--;
    }
    this.#release(call, false, out);
    this.#waiting.restore(call);
    if (port === 'broker') this.#throttle.refused(now);
    else this.#pump(now, out);
    return out;
  }

  link(now: Millis, port: ClientPort, up: boolean): readonly Effect<ClientPort, ClientEvent>[] {
    if (this.#closed) return NOTHING;
    const out: ClientEffects = [];
    if (port === 'broker') this.#brokerLink(now, up, out);
    else this.#laneLink(now, this.#lanes.at(port), up, out);
    this.#pump(now, out);
    return out;
  }

  #brokerLink(now: Millis, up: boolean, out: ClientEffects): void {
    if (up) {
      this.#mode = 'probing';
      this.#probeDeadline = now + this.#options.featureTimeoutMs;
      out.push({ type: 'event', event: { type: 'status', status: 'connected' } });
      // In plain form: what a broker without envelopes would do with one is not known.
      const probe = encodeClientRequest(1, [], MMI_FEATURES, [EMPTY_FRAME]);
      out.push({ type: 'send', port: 'broker', frames: probe });
      return;
    }
    this.#mode = 'down';
    this.#probeDeadline = Infinity;
    // A new socket: what the old one still holds must not be executed after its callers were told that it is lost.
    out.push({ type: 'close', port: 'broker' });
    this.#openAt = Math.max(now, this.#openedAt + REOPEN_PAUSE_MS);
    if (this.#openAt <= now) {
      this.#openAt = Infinity;
      this.#openedAt = now;
      out.push({ type: 'open', port: 'broker' });
    }
    out.push({ type: 'event', event: { type: 'status', status: 'disconnected' } });
    for (const call of this.#inFlight.all()) this.#lose(now, call, out);
  }

  #laneLink(now: Millis, lane: Lane, up: boolean, out: ClientEffects): void {
    if (up) {
      if (lane.state === 'connecting') lane.state = 'idle';
      return;
    }
    const call = lane.call;
    if (call !== undefined) this.#lose(now, call, out);
    else this.#lanes.close(lane, out);
  }

  /** The broker did or did not say that it knows envelopes. An answer that comes late serves later requests. */
  #acceptFeatures(message: Exclude<ToClient, { kind: 'malformed' }>): void {
    if (message.version !== 1 || !sameFrame(message.service, MMI_FEATURES)) {
      this.#count.mismatched++;
      return;
    }
    const body = message.body;
    const offered =
      readStatus(body.at(-1)) === StatusCode.OK &&
      body.slice(0, -1).some((name) => sameFrame(name, ENVELOPE));
    this.#probeDeadline = Infinity;
    if (offered) this.#mode = 'pipelining';
    else if (this.#mode === 'probing') this.#mode = 'lanes';
  }

  #acceptCorrelated(
    now: Millis,
    message: Exclude<ToClient, { kind: 'malformed' }>,
    out: ClientEffects,
  ): void {
    const call = message.envelope.length === 1 ? this.#inFlight.find(message.envelope[0]) : undefined;
    if (call === undefined) this.#count.late++;
    else this.#accept(now, call, message, out);
  }

  #acceptOnLane(
    now: Millis,
    lane: Lane,
    message: Exclude<ToClient, { kind: 'malformed' }>,
    out: ClientEffects,
  ): void {
    if (lane.call === undefined) this.#count.late++;
    else if (message.envelope.length > 0) this.#count.mismatched++;
    else this.#accept(now, lane.call, message, out);
  }

  #accept(
    now: Millis,
    call: Call,
    message: Exclude<ToClient, { kind: 'malformed' }>,
    out: ClientEffects,
  ): void {
    const asked = call.checking ? MMI_SERVICE : call.spec.serviceFrame;
    if (message.version !== call.version || !sameFrame(message.service, asked)) {
      this.#count.mismatched++;
      return;
    }
    const id = call.spec.id;
    if (message.kind === 'partial') {
      // Progress: the timeout starts again. A retry would deliver the same once more, so there is none from here on.
      this.#count.partials++;
      call.retriesLeft = 0;
      this.#deadlines.move(call, now + call.spec.timeoutMs);
      out.push({ type: 'event', event: { type: 'partial', id, body: message.body } });
      return;
    }
    if (call.checking) {
      this.#workerChecked(call, readStatus(message.body.at(-1)), out);
      return;
    }
    this.#count.replies++;
    const failure = readBrokerFailure(message.body);
    this.#settle(call, true, out);
    out.push({
      type: 'event',
      event:
        failure === undefined
          ? { type: 'final', id, body: message.body }
          : failed(call.spec, brokerFailureError(failure, call.spec.service)),
    });
  }

  #workerChecked(call: Call, status: string | undefined, out: ClientEffects): void {
    if (status === StatusCode.NOT_FOUND) {
      this.#settle(call, true, out);
      out.push({ type: 'event', event: failed(call.spec, new MdpNoWorkerError(call.spec.service)) });
      return;
    }
    call.checking = false;
    const lane = call.lane;
    if (lane !== undefined) {
      this.#sendOnLane(call, lane, out);
      return;
    }
    this.#inFlight.release(call);
    this.#sendPipelined(call, out);
  }

  #expire(now: Millis, out: ClientEffects): void {
    for (
      let call = this.#deadlines.first;
      call !== undefined && call.deadline <= now;
      call = this.#deadlines.first
    ) {
      if (call.retriesLeft > 0) this.#retry(now, call, out);
      else {
        this.#count.timeouts++;
        this.#fail(call, new MdpTimeoutError(call.spec.service, call.spec.timeoutMs, call.sent), out);
      }
    }
  }

  /** The connection a call was sent on is gone, and with it every reply to it. */
  #lose(now: Millis, call: Call, out: ClientEffects): void {
    if (call.checking) {
      // Only the question was sent: the request itself still may wait for the next connection.
      this.#release(call, false, out);
      this.#waiting.restore(call);
    } else if (call.retriesLeft > 0) this.#retry(now, call, out);
    else {
      this.#count.lost++;
      this.#fail(call, new MdpConnectionLostError(call.spec.service), out);
    }
  }

  #retry(now: Millis, call: Call, out: ClientEffects): void {
    this.#count.retries++;
    call.retriesLeft--;
    this.#deadlines.move(call, now + call.spec.timeoutMs);
    if (call.waiting) return;
    this.#release(call, false, out);
    this.#waiting.push(call);
  }

  #fail(call: Call, error: MdpError, out: ClientEffects): void {
    this.#settle(call, false, out);
    out.push({ type: 'event', event: failed(call.spec, error) });
  }

  /** Ends a call. @param clean - its reply came, so that a lane may be used again */
  #settle(call: Call, clean: boolean, out: ClientEffects): void {
    this.#calls.delete(call.spec.id);
    this.#deadlines.remove(call);
    this.#release(call, clean, out);
  }

  /** Takes a call out of wherever it stands. */
  #release(call: Call, clean: boolean, out: ClientEffects): void {
    this.#waiting.remove(call);
    this.#inFlight.release(call);
    this.#lanes.release(call, clean, out);
  }

  /** How many requests more may be under way on the shared connection. */
  get #room(): number {
    return this.#mode === 'pipelining' ? this.#options.maxInFlight - this.#inFlight.size : 0;
  }

  /** Sends what waits, as far as the mode allows. */
  #pump(now: Millis, out: ClientEffects): void {
    if (this.#mode === 'pipelining') {
      this.#lanes.closeUnused(out);
      if (this.#waiting.length === 0 || this.#room === 0) return;
      let burst = Math.min(this.#room, this.#throttle.allowance(now));
      for (let call = this.#waiting.first; call !== undefined && burst > 0; call = this.#waiting.first) {
        this.#waiting.remove(call);
        this.#sendPipelined(call, out);
        burst--;
      }
    } else if (this.#mode === 'lanes') {
      this.#lanes.serve(this.#waiting, (call, lane) => this.#sendOnLane(call, lane, out), out);
    }
  }

  #sendPipelined(call: Call, out: ClientEffects): void {
    const envelope = this.#inFlight.assign(call);
    out.push({ type: 'send', port: 'broker', frames: this.#encode(call, envelope) });
  }

  #sendOnLane(call: Call, lane: Lane, out: ClientEffects): void {
    this.#lanes.occupy(lane, call);
    out.push({ type: 'send', port: lane.port, frames: this.#encode(call, []) });
  }

  #encode(call: Call, envelope: Frames): Frames {
    const { serviceFrame, body } = call.spec;
    if (call.checking) return encodeClientRequest(1, envelope, MMI_SERVICE, [serviceFrame]);
    call.sent++;
    this.#count.sent++;
    return encodeClientRequest(call.version, envelope, serviceFrame, body);
  }
}

function failed(spec: CallSpec, error: MdpError): ClientEvent {
  return { type: 'failed', id: spec.id, error };
}
