import type { Millis } from '@raspy/clock';
import { framesBytes, type Frame, type Frames } from '@raspy/wire';
import type { MdpVersion } from '../codec.js';
import type { ServicePolicy } from './options.js';
import { RequestQueue } from './request-queue.js';
import type { TimedPlace } from './timed-line.js';
import { IdleList } from './worker-record.js';

/** What a frame costs beside its bytes, as measured in a process, so that a flood of empty frames meets the same bound. */
const FRAME_OVERHEAD_BYTES = 384;

/** A client's request, from its arrival to its answer. */
export class PendingRequest {
  /** 1 for the first worker that gets it. */
  attempt = 1;
  /** Its client has been sent a part of the reply: it must not run again. */
  partialSent = false;
  /** Its client has been sent the last that it gets. */
  answered = false;
  /** Partial replies for a client of 0.1, which can take one reply only. */
  held: Frame[] | undefined;
  heldBytes = 0;
  /** Of a request of this process, above 0; 0 for one that came by the socket. */
  ticket = 0;
  /** Of a request that has a lifetime of its own. */
  timed: TimedPlace | undefined;
  /** Of one for a worker. */
  arrivedAt: Millis = 0;
  /** Above 0 while it is followed. */
  traceId = 0;
  /** Its place among all that have waited for this service, {@link timed} or not. */
  order = 0;
  #bytes = -1;

  constructor(
    readonly client: Frame,
    readonly version: MdpVersion,
    readonly envelope: Frames,
    readonly service: ServiceRecord,
    readonly body: Frames,
    readonly expiresAt: Millis,
  ) {}

  /** What it costs to keep, while it waits and while a worker has it. */
  get bytes(): number {
    if (this.#bytes < 0) {
      this.#bytes =
        framesBytes(this.body) +
        framesBytes(this.envelope) +
        (this.body.length + this.envelope.length + 1) * FRAME_OVERHEAD_BYTES;
    }
    return this.#bytes;
  }
}

/** A name that has workers, or requests that wait for one. */
export class ServiceRecord {
  readonly idle = new IdleList();
  readonly queue = new RequestQueue();
  /** Idle and busy. */
  workers = 0;

  constructor(
    readonly key: string,
    readonly name: Frame,
    /** The name for people, and for patterns: read as UTF-8. */
    readonly text: string,
    readonly policy: ServicePolicy,
  ) {}
}
