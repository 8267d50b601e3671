import type { Deadlined, Millis } from '@raspy/clock';
import type { RequestProgress, RequestRecord } from '../storage.js';
import type { Moment, Ticket } from './effects.js';
import type { Lane } from './lane.js';

/**
 * Where a request stands in this process: `storing` until it is durable; `held` until its time has come; `claiming` until it
 * may be sent; `finishing` until its reply is durable.
 */
export type EntryState =
  | 'storing'
  | 'held'
  | 'waiting'
  | 'claiming'
  | 'running'
  | 'finishing'
  | 'done'
  | 'dead'
  | 'expired'
  | 'closed';

/** An instant of the wall clock at which an entry is to be looked at. */
export class WallDeadline implements Deadlined {
  heapIndex = -1;

  constructor(
    readonly entry: Entry,
    public deadline: number,
  ) {}
}

/** Where an entry stands in its lane. */
export class Place implements Deadlined {
  heapIndex = -1;

  /** @param deadline - no time: the lower goes first; changed only while it is in no line */
  constructor(
    readonly entry: Entry,
    public deadline: number,
  ) {}
}

/** A request, from its acceptance until it is forgotten. */
export class Entry implements Deadlined {
  /** Of the present state, on the monotonic clock. */
  deadline: Millis = Infinity;
  heapIndex = -1;
  state: EntryState = 'storing';
  /** How often it may have been executed, the present attempt included. */
  attempts = 0;
  /** Attempts of this process, numbered: what comes back is of one of them. */
  attempt = 0;
  /** Failures in a row of this process, whether it was executed or not. */
  failures = 0;
  retryAt: Millis = -Infinity;
  /** When it expires for its age, whatever it says itself. */
  lifeEnds: Millis = Infinity;
  /** Since when it is in its state, in milliseconds since 1970. */
  at: number;
  reason: string | undefined;
  replyBytes = 0;
  bodyKept = true;
  /** An attempt holds one of its lane's places, whatever became of the request meanwhile. */
  inFlight = false;
  /** It was there before this process: what became of its last attempt may not be known. */
  recovered = false;
  readonly wall: WallDeadline | undefined;
  readonly place: Place;
  /** Who is to be told when it is stored; only while it is not. */
  tickets: Ticket[] | undefined;
  /** Who is to be told when it is closed; only while somebody waits for that. */
  closeTickets: Ticket[] | undefined;
  /** What came while its close was being stored, in order: it counts if that fails. */
  meanwhile: ((moment: Moment) => void)[] | undefined;

  constructor(
    readonly record: RequestRecord,
    readonly lane: Lane,
  ) {
    this.at = record.acceptedAt;
    this.place = new Place(this, record.order);
    const { notBefore, expiresAt } = record;
    if (notBefore !== undefined || expiresAt !== undefined) this.wall = new WallDeadline(this, 0);
  }

  /** Its close is being stored. */
  get closing(): boolean {
    return this.state === 'closed' && this.closeTickets !== undefined;
  }

  /** What it costs to keep. */
  get bytes(): number {
    return (this.bodyKept ? this.record.bodyBytes : 0) + this.replyBytes;
  }

  progress(state: RequestProgress['state']): RequestProgress {
    return {
      state,
      attempts: this.attempts,
      at: this.at,
      ...(this.reason !== undefined && { reason: this.reason }),
      ...(state === 'done' && { replyBytes: this.replyBytes }),
    };
  }
}
