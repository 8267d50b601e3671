import type { Millis } from '@raspy/clock';
import {
  framesBytes,
  type Effect,
  type Frame,
  type Frames,
  type Machine,
  type UndeliveredReason,
} from '@raspy/wire';
import { decodeToWorker, encodeParting, encodeReady, encodeSignal, encodeWorkerReply } from '../codec.js';
import { statusFrame, StatusCode } from '../status-code.js';
import type {
  JobLostReason,
  SessionCounters,
  SessionStatus,
  WorkerEvent,
  WorkerMachineOptions,
  WorkerPort,
} from './session-types.js';

type Effects = Effect<WorkerPort, WorkerEvent>[];

interface Job {
  readonly id: number;
  readonly address: Frame;
  /** PARTIAL bodies for a 0.1 broker, which go before the reply's. */
  buffered: Frame[];
  bufferedBytes: number;
  overflow: boolean;
}

/** Partial replies towards a 0.1 broker are held to these bounds, as the broker's own bridge does (PROTOCOLS §3). */
const MAX_BUFFERED_FRAMES = 1_000;
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Delays are longer or shorter by up to this share, so that a home's workers do not all come at once. */
const JITTER = 0.2;
/** The delay after sessions that failed in a row grows up to this many times the first. */
const MAX_DELAY_FACTOR = 8;
const PORT: WorkerPort = 'broker';
const NOTHING: readonly Effect<WorkerPort, WorkerEvent>[] = [];

/**
 * One session of a worker: a DEALER, one request at a time (PROTOCOLS §3 and §5).
 *
 * A session ends with its connection, with DISCONNECT, with silence and with a protocol error; its request is lost
 * then. The next session begins when the owner has answered the lost request, so that there are never two at work.
 */
export class WorkerMachine implements Machine<WorkerPort, WorkerEvent> {
  readonly counters: SessionCounters = {
    requests: 0,
    replies: 0,
    discardedReplies: 0,
    malformed: 0,
    protocolErrors: 0,
    sessionsLost: 0,
  };
  readonly #options: WorkerMachineOptions;
  #state: 'closed' | 'connecting' | 'ready' | 'stopping' | 'stopped' = 'closed';
  #linkUp = false;
  #openAt: Millis = -Infinity;
  #readyAt: Millis = 0;
  #heardAt: Millis = 0;
  /** Whether the broker said anything but DISCONNECT in this session. */
  #heard = false;
  #sentAt: Millis = 0;
  /** Sessions in a row that did not last. */
  #failures = 0;
  #job: Job | undefined;
  /** The address of the session's latest request. */
  #lastAddress: Frame | undefined;
  /** A lost request whose owner has not answered yet. */
  #orphan: number | undefined;
  #lastJob = 0;
  #status: SessionStatus = 'connecting';

  constructor(options: WorkerMachineOptions) {
    this.#options = options;
  }

  get nextDeadline(): Millis {
    if (this.#state === 'closed') return this.#openAt;
    if (!this.#inSession) return Infinity;
    return Math.min(this.#sentAt + this.#options.heartbeatIntervalMs, this.#expiresAt);
  }

  /** Whether a request is being served. */
  get busy(): boolean {
    return this.#job !== undefined || this.#orphan !== undefined;
  }

  tick(now: Millis): readonly Effect<WorkerPort, WorkerEvent>[] {
    const out: Effects = [];
    if (this.#state === 'closed' && now >= this.#openAt) {
      this.#state = 'connecting';
      this.#linkUp = false;
      out.push({ type: 'open', port: PORT });
    }
    if (!this.#inSession) return out;
    const { heartbeatIntervalMs } = this.#options;
    // After a stall of this process the broker's heartbeats may still be on their way: one interval of grace.
    if (now - this.nextDeadline > heartbeatIntervalMs) {
      this.#heardAt = Math.max(this.#heardAt, now + heartbeatIntervalMs - this.#expiryMs);
    }
    if (now >= this.#expiresAt) {
      this.#failures = 1;
      this.#endSession(now, 'silence', this.#jitter(this.#options.reconnectDelayMs), out);
      return out;
    }
    if (now - this.#sentAt >= heartbeatIntervalMs) {
      this.#send(now, encodeSignal('heartbeat', this.#options.version), out);
    }
    // A broker that refuses does so at once: an interval later this one has not.
    if (this.#status === 'refused' && now - this.#readyAt >= heartbeatIntervalMs) this.#tell('ready', out);
    return out;
  }

  receive(now: Millis, _port: WorkerPort, frames: Frames): readonly Effect<WorkerPort, WorkerEvent>[] {
    if (!this.#inSession) return NOTHING;
    const message = decodeToWorker(frames, this.#options.version);
    const out: Effects = [];
    switch (message.kind) {
      case 'malformed':
        this.counters.malformed++;
        return NOTHING;
      case 'disconnect':
        this.#countFailure(now);
        this.#endSession(now, 'disconnected', this.#retryDelay(), out);
        return out;
      case 'heartbeat':
        this.#heardFrom(now, out);
        return out;
      case 'request':
        this.#heardFrom(now, out);
        if (this.#job !== undefined) {
          this.counters.protocolErrors++;
          this.#countFailure(now);
          this.#endSession(now, 'protocol-error', this.#retryDelay(), out);
          return out;
        }
        this.counters.requests++;
        this.#lastAddress = message.address;
        this.#job = {
          id: ++this.#lastJob,
          address: message.address,
          buffered: [],
          bufferedBytes: 0,
          overflow: false,
        };
        out.push({ type: 'event', event: { type: 'job', job: this.#job.id, body: message.body } });
        return out;
    }
  }

  undelivered(
    now: Millis,
    _port: WorkerPort,
    _frames: Frames,
    _why: UndeliveredReason,
  ): readonly Effect<WorkerPort, WorkerEvent>[] {
    if (!this.#inSession) return NOTHING;
    // The socket's queue is full. A broker that misses a reply would believe this worker busy for ever.
    const out: Effects = [];
    this.#countFailure(now);
    this.#endSession(now, 'send-queue-full', this.#retryDelay(), out);
    return out;
  }

  link(now: Millis, _port: WorkerPort, up: boolean): readonly Effect<WorkerPort, WorkerEvent>[] {
    const out: Effects = [];
    this.#linkUp = up;
    if (up) this.#begin(now, out);
    else if (this.#inSession) {
      this.#countFailure(now);
      this.#endSession(now, 'link-down', this.#retryDelay(), out);
    }
    return out;
  }

  /** Part of a reply: PARTIAL in 0.2; held for the REPLY in 0.1. Discarded when the request was lost. */
  partial(now: Millis, job: number, body: Frames): readonly Effect<WorkerPort, WorkerEvent>[] {
    const current = this.#job;
    if (current?.id !== job) {
      this.counters.discardedReplies++;
      return NOTHING;
    }
    const out: Effects = [];
    if (this.#options.version === 2) {
      this.#send(now, encodeWorkerReply('partial', 2, current.address, body), out);
      return out;
    }
    if (current.overflow) return NOTHING;
    current.bufferedBytes += framesBytes(body);
    if (
      current.buffered.length + body.length > MAX_BUFFERED_FRAMES ||
      current.bufferedBytes > MAX_BUFFERED_BYTES
    ) {
      current.overflow = true;
      current.buffered = [];
      return [{ type: 'event', event: { type: 'partials-overflow', job } }];
    }
    current.buffered.push(...body);
    return NOTHING;
  }

  /** The owner's answer to a job; discarded when the request was lost. */
  reply(now: Millis, job: number, body: Frames): readonly Effect<WorkerPort, WorkerEvent>[] {
    const out: Effects = [];
    const current = this.#job;
    if (current?.id === job) {
      this.#job = undefined;
      this.counters.replies++;
      const whole = current.overflow ? [statusFrame(StatusCode.ERROR)] : [...current.buffered, ...body];
      this.#send(now, encodeWorkerReply('final', this.#options.version, current.address, whole), out);
      if (this.#state === 'stopping') this.#leave(now, out);
      return out;
    }
    this.counters.discardedReplies++;
    if (this.#orphan === job) {
      this.#orphan = undefined;
      if (this.#state === 'stopping') this.#leave(now, out);
      else if (this.#linkUp) this.#begin(now, out);
    }
    return out;
  }

  /** Takes no further request; says goodbye now, or when the one at work is answered. */
  stop(now: Millis): readonly Effect<WorkerPort, WorkerEvent>[] {
    if (this.#state === 'stopping' || this.#state === 'stopped') return NOTHING;
    const out: Effects = [];
    if (this.busy) {
      this.#state = 'stopping';
      if (this.#job === undefined) {
        out.push({ type: 'close', port: PORT });
        this.#linkUp = false;
      }
    } else this.#leave(now, out);
    return out;
  }

  /** Says goodbye now; the request at work is lost. */
  abandon(now: Millis): readonly Effect<WorkerPort, WorkerEvent>[] {
    if (this.#state === 'stopped') return NOTHING;
    const out: Effects = [];
    this.#loseJob('deadline', out);
    this.#leave(now, out);
    return out;
  }

  /** READY has been sent on this connection. */
  get #inSession(): boolean {
    return this.#state === 'ready' || (this.#state === 'stopping' && this.#job !== undefined);
  }

  get #expiryMs(): Millis {
    return this.#options.heartbeatIntervalMs * this.#options.heartbeatLiveness;
  }

  get #expiresAt(): Millis {
    return this.#heardAt + this.#expiryMs;
  }

  #begin(now: Millis, out: Effects): void {
    if (this.#state !== 'connecting' || this.#orphan !== undefined) return;
    this.#state = 'ready';
    this.#readyAt = now;
    this.#heardAt = now;
    this.#heard = false;
    this.#lastAddress = undefined;
    this.#send(now, encodeReady(this.#options.version, this.#options.service), out);
    if (this.#status !== 'refused') this.#tell('ready', out);
  }

  #heardFrom(now: Millis, out: Effects): void {
    this.#heardAt = now;
    this.#heard = true;
    if (this.#status === 'refused') this.#tell('ready', out);
  }

  /** A session that was heard in for an interval has lasted; the first failure after one costs no delay. */
  #countFailure(now: Millis): void {
    const lasted = this.#heard && now - this.#readyAt >= this.#options.heartbeatIntervalMs;
    this.#failures = lasted ? 1 : this.#failures + 1;
  }

  #retryDelay(): Millis {
    if (this.#failures <= 1) return 0;
    const factor = Math.min(2 ** (this.#failures - 2), MAX_DELAY_FACTOR);
    return this.#jitter(this.#options.reconnectDelayMs * factor);
  }

  #jitter(delay: Millis): Millis {
    return delay * (1 + JITTER * (this.#options.random() * 2 - 1));
  }

  #endSession(now: Millis, reason: JobLostReason, delay: Millis, out: Effects): void {
    const refused = reason === 'disconnected' && !this.#heard && this.#failures > 1;
    const stopping = this.#state === 'stopping';
    this.counters.sessionsLost++;
    this.#loseJob(reason, out);
    // A new socket and a new identity, and nothing of this session is sent in the next.
    out.push({ type: 'close', port: PORT });
    this.#linkUp = false;
    if (stopping) return;
    this.#state = 'closed';
    this.#openAt = now + delay;
    this.#tell(refused ? 'refused' : 'disconnected', out);
    if (delay === 0) {
      this.#state = 'connecting';
      out.push({ type: 'open', port: PORT });
    }
  }

  #loseJob(reason: JobLostReason, out: Effects): void {
    if (this.#job === undefined) return;
    this.#orphan = this.#job.id;
    this.#job = undefined;
    out.push({ type: 'event', event: { type: 'job-lost', job: this.#orphan, reason } });
  }

  #leave(now: Millis, out: Effects): void {
    if (this.#state === 'ready' || (this.#state === 'stopping' && this.#linkUp)) {
      this.#send(now, encodeParting(this.#options.version, this.#lastAddress), out);
    }
    this.#state = 'stopped';
    out.push({ type: 'event', event: { type: 'stopped' } });
  }

  #send(now: Millis, frames: Frames, out: Effects): void {
    this.#sentAt = now;
    out.push({ type: 'send', port: PORT, frames });
  }

  #tell(status: SessionStatus, out: Effects): void {
    if (this.#status === status) return;
    this.#status = status;
    out.push({ type: 'event', event: { type: 'status', status } });
  }
}
