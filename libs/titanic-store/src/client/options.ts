import type { Clock, Millis } from '@raspy/clock';
import { OptionCheck } from '@raspy/wire';
import { TitanicOptionError } from '../option-error.js';
import type { SubmitOptions } from '../server/submit-options.js';
import type { OnExpire } from '../storage.js';

/** What a `TitanicClient` can be told; every member has a default. */
export interface TitanicClientOptions {
  /** Where time comes from; the wall clock is not used. @default the machine's clock */
  readonly clock?: Clock;
  /** How long one question, or one attempt to submit, may take. `Infinity` for no limit. @default 2,500 */
  readonly timeoutMs?: Millis;
  /** Questions for a reply come at most so far apart; the first ones are closer. @default 1,500, the manual's poll */
  readonly pollMs?: Millis;
  /** How long a reply is waited for. `Infinity` for no limit. @default 900,000 (15 minutes), the manual's ttl */
  readonly ttlMs?: Millis;
}

/** How one request to Titanic is sent. */
export interface TitanicCallOptions {
  /** @default `timeoutMs` of the client */
  readonly timeoutMs?: Millis;
  /** Withdraws the call when it fires; Titanic may have it already. */
  readonly signal?: AbortSignal;
}

/** What a submission can be told. Instants are milliseconds since 1970 by Titanic's clock, or a `Date`. */
export interface TitanicSubmitOptions extends TitanicCallOptions {
  /** Not sent to its service before. */
  readonly notBefore?: number | Date;
  /** Not sent to its service after; it is then expired. */
  readonly expiresAt?: number | Date;
  /** 1 to 255 characters that name this request for good: the same again, for the same service, is the same request. */
  readonly idempotencyKey?: string;
  /** What becomes of it when it expires: it is dropped, or rests in the dead-letter list. @default 'drop' */
  readonly onExpire?: OnExpire;
  /**
   * Further attempts to submit after a timeout or a lost connection. Without a key each may become a request of its own.
   * @default 2 with an `idempotencyKey`, else 0
   */
  readonly retries?: number;
}

/** How a reply is waited for. */
export interface TitanicReplyOptions {
  /** @default `pollMs` of the client */
  readonly pollMs?: Millis;
  /** @default `ttlMs` of the client */
  readonly ttlMs?: Millis;
  /** Ends the waiting; the request lives on. */
  readonly signal?: AbortSignal;
}

/** How {@link TitanicClient.run} submits, and waits. */
export interface TitanicRunOptions extends TitanicSubmitOptions, TitanicReplyOptions {}

/** The numbers of a client, complete. */
export type TitanicClientSettings = Required<Omit<TitanicClientOptions, 'clock'>>;

/** @throws TitanicOptionError telling every mistake */
export function clientSettings(options: TitanicClientOptions): TitanicClientSettings {
  const { timeoutMs = 2_500, pollMs = 1_500, ttlMs = 900_000 } = options;
  const check = new OptionCheck(TitanicOptionError);
  check.millis('timeoutMs', timeoutMs, true);
  check.millis('pollMs', pollMs);
  check.millis('ttlMs', ttlMs, true);
  check.done();
  return { timeoutMs, pollMs, ttlMs };
}

/** A submission, as it is sent. */
export interface Submission {
  /** For `titanic.submit`; `undefined`: a plain request is enough, which every Titanic takes. */
  readonly wire: SubmitOptions | undefined;
  readonly retries: number;
}

const MAX_KEY_CHARACTERS = 255;

/** @throws TitanicOptionError telling every mistake */
export function submission(options: TitanicSubmitOptions): Submission {
  const { idempotencyKey: key, onExpire } = options;
  const { retries = key === undefined ? 0 : 2 } = options;
  const notBefore = instant(options.notBefore);
  const expiresAt = instant(options.expiresAt);
  const check = new OptionCheck(TitanicOptionError);
  for (const [name, at] of Object.entries({ notBefore, expiresAt })) {
    const valid = at === undefined || (Number.isFinite(at) && at >= 0);
    check.require(valid, `${name} is ${at}, must be a Date or milliseconds since 1970`);
  }
  const late = notBefore !== undefined && expiresAt !== undefined && notBefore >= expiresAt;
  check.require(!late, 'expiresAt must be after notBefore');
  const keyFits = key === undefined || (key.length >= 1 && key.length <= MAX_KEY_CHARACTERS);
  check.require(
    keyFits,
    `idempotencyKey has ${key?.length} characters, must have 1 to ${MAX_KEY_CHARACTERS}`,
  );
  check.count('retries', retries, 0);
  check.done();
  const wire: SubmitOptions = {
    ...(notBefore !== undefined && { notBefore }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(key !== undefined && { key }),
    ...(onExpire !== undefined && { onExpire }),
  };
  return { wire: Object.keys(wire).length === 0 ? undefined : wire, retries };
}

function instant(at: number | Date | undefined): number | undefined {
  return at instanceof Date ? at.getTime() : at;
}
