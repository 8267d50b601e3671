import type { Millis } from '@raspy/clock';
import type { Frame } from '@raspy/wire';
import type { RequestId } from '../request-id.js';
import type { RequestProgress, RequestRecord, TitanicChange } from '../storage.js';

/** When something happens, by both clocks. */
export interface Moment {
  /** Monotonic (`Clock.now`). */
  readonly now: Millis;
  /** Milliseconds since 1970 as the machine believes (`Clock.wallNow`). */
  readonly wall: number;
  /** Whether the wall clock can be believed: not on a board without battery before it has been told the time. */
  readonly trusted: boolean;
}

/** Whoever waits for an answer; the shell's own number. */
export type Ticket = number;

/** Why a request is not taken; the status of the reply follows from it. */
export type RefusalReason =
  /** `400`: to itself, or to what can never be available. */
  | 'target'
  /** `400`: the body is larger than one may be. */
  | 'too-large'
  /** `400`: its `expiresAt` has passed. */
  | 'expired'
  /** `500`: as many requests or bytes are kept as may be. */
  | 'full'
  /** `500`: it could not be stored. */
  | 'storage';

/** The answer to a ticket. */
export type TicketAnswer =
  | { readonly type: 'accepted'; readonly id: RequestId }
  | { readonly type: 'refused'; readonly reason: RefusalReason }
  /** Closed, retried or dropped; durably. */
  | { readonly type: 'ok' }
  /** There is no such request, or it is not in a state for that. */
  | { readonly type: 'absent' };

/** What goes with an attempt to services that can read it (PROTOCOLS §7.1). */
export interface AttemptOptions {
  readonly key: string;
  readonly deadline?: number;
}

/** What a {@link TitanicMachine} wants done, in order. */
export type TitanicEffect =
  /** Commit, then tell {@link TitanicMachine.stored} with the number. */
  | { readonly type: 'commit'; readonly write: number; readonly changes: readonly TitanicChange[] }
  | { readonly type: 'note'; readonly changes: readonly TitanicChange[] }
  /** Claim, then tell {@link TitanicMachine.claimed}. */
  | {
      readonly type: 'claim';
      readonly request: RequestRecord;
      readonly progress: RequestProgress;
      readonly leaseMs: Millis;
      readonly durable: boolean;
    }
  /** Send to the service, then tell {@link TitanicMachine.ended}. */
  | {
      readonly type: 'dispatch';
      readonly id: RequestId;
      readonly attempt: number;
      readonly target: Frame;
      /** It may wait so long for a worker. */
      readonly ttlMs: Millis;
      readonly options: AttemptOptions | undefined;
    }
  | { readonly type: 'answer'; readonly ticket: Ticket; readonly answer: TicketAnswer }
  /** Tell {@link TitanicMachine.workers} how many workers the service has, now and whenever it changes; or no longer. */
  | { readonly type: 'watch' | 'unwatch'; readonly target: Frame }
  | { readonly type: 'event'; readonly event: TitanicEvent };

/** What a Titanic has to tell its operator; never an event for the ordinary request. */
export type TitanicEvent =
  /** `mayHaveRun`: it may have been executed, or partly. */
  | {
      readonly type: 'attempt-failed';
      readonly id: RequestId;
      readonly service: string;
      readonly reason: string;
      readonly attempts: number;
      readonly mayHaveRun: boolean;
      readonly retryInMs: Millis;
    }
  /** It is given up, and rests in the dead-letter list until somebody retries or drops it. */
  | { readonly type: 'dead'; readonly id: RequestId; readonly service: string; readonly reason: string }
  /** It was not done in time and will not be. */
  | { readonly type: 'expired'; readonly id: RequestId; readonly service: string; readonly reason: string }
  /** The oldest dead letter had to give way. */
  | { readonly type: 'dead-letter-lost'; readonly id: RequestId; readonly service: string }
  | { readonly type: 'refused'; readonly service: string; readonly reason: RefusalReason }
  /** What had to be stored was not. `retrying`: it is tried again until it succeeds. */
  | { readonly type: 'storage-failed'; readonly reason: string; readonly retrying: boolean }
  /** The wall clock is not trusted, and requests with a time are held; or it is again. */
  | { readonly type: 'clock'; readonly trusted: boolean; readonly held: number }
  /** The settings store could not do what it was asked for. */
  | { readonly type: 'store-failed'; readonly action: string; readonly reason: string }
  /** The `service` option failed for this name, which has the common policy. */
  | { readonly type: 'policy-refused'; readonly service: string; readonly mistake: string };
