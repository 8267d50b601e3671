import { DeadlineHeap, type Deadlined, type Millis } from '@raspy/clock';
import { frameKey, type Frame, type Frames } from '@raspy/wire';
import { encodeSetIfRequest, sequenceFrame, type SnapshotReply } from '../codec.js';
import type { ClientCounters } from './client-counters.js';
import type { KvClientEffects, SetIfOutcome } from './client-types.js';

/** More than these are not under way at once. */
const MOST = 1_000;
const SEQUENCES = 1n << 64n;

/** A conditional update as its owner asks for it. */
export interface SetIfSpec {
  /** Chosen by the owner, different for each that is not settled yet. */
  readonly id: number;
  readonly key: Frame;
  readonly body: Frame;
  readonly properties: Frame;
  readonly expected: bigint;
  readonly timeoutMs: Millis;
}

interface Conditional extends Deadlined {
  readonly id: number;
  readonly request: string;
  readonly frames: Frames;
  sent: boolean;
}

/** Conditional updates under way. Each is sent once, and settles by an event. */
export class Conditionals {
  readonly #count: ClientCounters;
  readonly #byRequest = new Map<string, Conditional>();
  readonly #deadlines = new DeadlineHeap<Conditional>();
  #nextRequest: bigint;

  constructor(firstRequest: bigint, count: ClientCounters) {
    this.#nextRequest = firstRequest;
    this.#count = count;
  }

  get size(): number {
    return this.#byRequest.size;
  }

  get full(): boolean {
    return this.#byRequest.size >= MOST;
  }

  get deadline(): Millis {
    return this.#deadlines.first?.deadline ?? Infinity;
  }

  /** @param up - whether it may be sent at once */
  add(now: Millis, spec: SetIfSpec, up: boolean, out: KvClientEffects): void {
    if (this.full) {
      tell(spec.id, { type: 'unsent' }, out);
      return;
    }
    const request = sequenceFrame(this.#nextRequest);
    this.#nextRequest = (this.#nextRequest + 1n) % SEQUENCES;
    const conditional: Conditional = {
      id: spec.id,
      request: frameKey(request),
      frames: encodeSetIfRequest(request, spec.key, spec.expected, spec.body, spec.properties),
      sent: false,
      deadline: now + spec.timeoutMs,
      heapIndex: -1,
    };
    this.#byRequest.set(conditional.request, conditional);
    this.#deadlines.add(conditional);
    if (up) this.#send(conditional, out);
  }

  /** The connection stands: what waits is sent. */
  linked(out: KvClientEffects): void {
    for (const conditional of this.#byRequest.values()) if (!conditional.sent) this.#send(conditional, out);
  }

  /** The connection is gone: no answer can come to what was sent. */
  lost(out: KvClientEffects): void {
    for (const conditional of [...this.#byRequest.values()]) {
      if (conditional.sent) this.#settle(conditional, { type: 'unknown' }, out);
    }
  }

  /** One that was sent did not leave. */
  undelivered(frames: Frames, out: KvClientEffects): void {
    const conditional = this.#find(frames[1]);
    if (conditional !== undefined) this.#settle(conditional, { type: 'unsent' }, out);
  }

  answered(reply: Extract<SnapshotReply, { type: 'setif' }>, out: KvClientEffects): void {
    const conditional = this.#find(reply.request);
    if (conditional === undefined) this.#count.unexpectedReplies++;
    else this.#settle(conditional, outcome(reply), out);
  }

  tick(now: Millis, out: KvClientEffects): void {
    for (
      let first = this.#deadlines.first;
      first !== undefined && first.deadline <= now;
      first = this.#deadlines.first
    ) {
      this.#settle(first, { type: first.sent ? 'unknown' : 'unsent' }, out);
    }
  }

  /** Settles all of them: nobody waits for answers any more. */
  close(out: KvClientEffects): void {
    for (const conditional of [...this.#byRequest.values()]) {
      this.#settle(conditional, { type: conditional.sent ? 'unknown' : 'unsent' }, out);
    }
  }

  #find(request: Frame | undefined): Conditional | undefined {
    return request === undefined ? undefined : this.#byRequest.get(frameKey(request));
  }

  #send(conditional: Conditional, out: KvClientEffects): void {
    conditional.sent = true;
    this.#count.conditionals++;
    out.push({ type: 'send', port: 'snapshot', frames: conditional.frames });
  }

  #settle(conditional: Conditional, how: SetIfOutcome, out: KvClientEffects): void {
    this.#byRequest.delete(conditional.request);
    this.#deadlines.remove(conditional);
    tell(conditional.id, how, out);
  }
}

function tell(id: number, outcome: SetIfOutcome, out: KvClientEffects): void {
  out.push({ type: 'event', event: { type: 'setif', id, outcome } });
}

function outcome({ code, seq, reason }: Extract<SnapshotReply, { type: 'setif' }>): SetIfOutcome {
  if (code === '400') return { type: 'refused', reason };
  return { type: code === '200' ? 'made' : 'conflict', seq };
}
