import { systemClock, type Clock, type Millis } from '@raspy/clock';
import { MdpAbortedError, type Body, type MdpClient, type MdpErrorCode } from '@raspy/mdp-protocol';
import { OptionCheck, type Frames } from '@raspy/wire';
import { Observable } from 'rxjs';
import { ReplyTimeoutError, RequestDeadError, RequestExpiredError, UnknownRequestError } from '../errors.js';
import { TitanicOptionError } from '../option-error.js';
import type { RequestId } from '../request-id.js';
import { CloseNotStoredError } from './close-not-stored-error.js';
import {
  clientSettings,
  submission,
  type TitanicCallOptions,
  type TitanicClientOptions,
  type TitanicClientSettings,
  type TitanicReplyOptions,
  type TitanicRunOptions,
  type TitanicSubmitOptions,
} from './options.js';
import { pause } from './pause.js';
import { acceptedId, isClosed, readTitanicStatus, type TitanicStatus } from './status.js';

/** What a {@link TitanicClient} asks by; `MdpClient` is one. */
export type TitanicRequester = Pick<MdpClient, 'request'>;

/** A quick service is to be answered quickly: the second question comes after so long, each later one after half as long again. */
const FIRST_PAUSE_MS: Millis = 20;
const PAUSE_GROWTH = 1.5;
/** What may be asked twice is, so often. */
const SAFE_RETRIES = 2;

/** Failures of a question that say nothing of the request: the next may succeed. */
const PASSING: ReadonlySet<MdpErrorCode> = new Set([
  'TIMEOUT',
  'CONNECTION_LOST',
  'TOO_MANY_REQUESTS',
  'NO_WORKER',
  'WORKER_LOST',
  'QUEUE_FULL',
  'EXPIRED',
]);

/**
 * A client of Titanic (RFC 9, PROTOCOLS §8): requests that outlive their submitter, Titanic, and the absence of their service.
 *
 * A request is executed at least once: a service that must not do a thing twice looks at the idempotency key.
 * All methods reject with what the requester rejects with, {@link InvalidTitanicReplyError} when something else serves
 * Titanic's names, and {@link TitanicOptionError} for options without meaning.
 */
export class TitanicClient {
  readonly #requester: TitanicRequester;
  readonly #clock: Clock;
  readonly #settings: TitanicClientSettings;

  /**
   * @param requester - its life is the caller's: there is nothing to close here
   * @throws {@link TitanicOptionError} when options have no meaning
   */
  constructor(requester: TitanicRequester, options: TitanicClientOptions = {}) {
    this.#requester = requester;
    this.#clock = options.clock ?? systemClock;
    this.#settings = clientSettings(options);
  }

  /**
   * Gives Titanic a request. A plain one goes by `titanic.request`, which every Titanic knows; one with a time or a key by
   * RasPy's `titanic.submit`.
   *
   * @param service - name of the service, which need not be there yet
   * @param body - one frame at least; a string stands for its UTF-8 bytes
   * @returns the id, once the request is durable
   * @throws {@link TitanicRefusedError} (rejects) for what makes no sense; {@link TitanicNotStoredError} when disk or limits
   *   are full. After a `TIMEOUT` it may be stored all the same: only with an `idempotencyKey` is it safe to submit again.
   */
  async submit(service: string, body: Body, options: TitanicSubmitOptions = {}): Promise<RequestId> {
    const { wire, retries } = submission(options);
    const titanic = wire === undefined ? 'titanic.request' : 'titanic.submit';
    const frames = wire === undefined ? [service, ...body] : [JSON.stringify(wire), service, ...body];
    return acceptedId(titanic, service, await this.#request(titanic, frames, options, retries));
  }

  /** The manual's `request`: {@link TitanicClient.submit} without times or key. */
  request(service: string, body: Body, options: TitanicCallOptions = {}): Promise<RequestId> {
    const { timeoutMs, signal } = options;
    return this.submit(service, body, {
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(signal !== undefined && { signal }),
    });
  }

  /** Where a request stands now. @throws {@link ReplyUnreadableError} (rejects) when Titanic has the reply and cannot read it */
  async status(id: RequestId, options: TitanicCallOptions = {}): Promise<TitanicStatus> {
    return readTitanicStatus(id, await this.#request('titanic.reply', [id], options, SAFE_RETRIES));
  }

  /**
   * Waits for the reply, asking again and again; that one question fails is no end of it. Titanic keeps the reply until
   * {@link TitanicClient.close}.
   *
   * @returns the service's reply, verbatim
   * @throws (rejects) {@link UnknownRequestError}, {@link RequestExpiredError}, {@link RequestDeadError},
   *   {@link ReplyUnreadableError}; {@link ReplyTimeoutError} after `ttlMs`, while the request lives on
   */
  async reply(id: RequestId, options: TitanicReplyOptions = {}): Promise<Frames> {
    const { ttlMs, pollMs } = this.#waiting(options);
    const until = this.#clock.now() + ttlMs;
    for await (const status of this.#statuses(id, pollMs, until, options.signal)) {
      switch (status.state) {
        case 'done':
          return status.reply;
        case 'expired':
          throw new RequestExpiredError(id);
        case 'dead':
          throw new RequestDeadError(id);
        case 'unknown':
          throw new UnknownRequestError(id);
        case 'pending':
          break;
      }
    }
    throw new ReplyTimeoutError(id, ttlMs);
  }

  /**
   * Where a request stands: the state now, then each other one; completes after the last, which is any but `pending`. Cold.
   * That Titanic cannot be reached is no error, however long. Errors when the requester is closed, and as
   * {@link TitanicClient.status} rejects for what Titanic says.
   */
  reply$(id: RequestId, options: Pick<TitanicReplyOptions, 'pollMs'> = {}): Observable<TitanicStatus> {
    const { pollMs } = this.#waiting(options);
    return new Observable((subscriber) => {
      const ending = new AbortController();
      const follow = async (): Promise<void> => {
        let last: TitanicStatus['state'] | undefined;
        for await (const status of this.#statuses(id, pollMs, Infinity, ending.signal)) {
          if (status.state !== last) subscriber.next(status);
          last = status.state;
          if (status.state !== 'pending') break;
        }
        subscriber.complete();
      };
      follow().catch((error: unknown) => subscriber.error(error));
      return () => ending.abort();
    });
  }

  /**
   * Ends a request, whatever its state: it is not executed any more unless it is just now, and its reply is thrown away. One
   * that is not there is closed. Safe to repeat.
   * @throws {@link CloseNotStoredError} (rejects) when that could not be stored
   */
  async close(id: RequestId, options: TitanicCallOptions = {}): Promise<void> {
    const reply = await this.#request('titanic.close', [id], options, SAFE_RETRIES);
    if (!isClosed(reply)) throw new CloseNotStoredError(id);
  }

  /**
   * Submits, waits for the reply, and closes the request, which is this call's own; also when it expires. One that is given up
   * stays in the dead-letter list, for a person to see. It lives on, known by the error's id, when the waiting ends early.
   *
   * @returns the service's reply, verbatim; also when the request could not be closed, which Titanic's retention makes good
   * @throws as {@link TitanicClient.submit} and {@link TitanicClient.reply} (rejects)
   */
  async run(service: string, body: Body, options: TitanicRunOptions = {}): Promise<Frames> {
    this.#waiting(options);
    const id = await this.submit(service, body, options);
    try {
      const reply = await this.reply(id, options);
      await this.#closeIfPossible(id, options);
      return reply;
    } catch (error) {
      if (error instanceof RequestExpiredError) await this.#closeIfPossible(id, options);
      throw error;
    }
  }

  async #closeIfPossible(id: RequestId, { timeoutMs }: TitanicCallOptions): Promise<void> {
    try {
      await this.close(id, timeoutMs === undefined ? {} : { timeoutMs });
    } catch {
      // What is not closed is forgotten after Titanic's retention.
    }
  }

  #waiting(options: TitanicReplyOptions): Required<Pick<TitanicReplyOptions, 'ttlMs' | 'pollMs'>> {
    const { ttlMs = this.#settings.ttlMs, pollMs = this.#settings.pollMs } = options;
    const check = new OptionCheck(TitanicOptionError);
    check.millis('ttlMs', ttlMs, true);
    check.millis('pollMs', pollMs);
    check.done();
    return { ttlMs, pollMs };
  }

  /** What is told of a request, again and again, until that instant. */
  async *#statuses(
    id: RequestId,
    pollMs: Millis,
    until: Millis,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TitanicStatus, void, undefined> {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const leftMs = until - this.#clock.now();
      if (leftMs <= 0) return;
      const status = await this.#question(id, leftMs, signal);
      if (status !== undefined) yield status;
      const pausedMs = Math.min(pollMs, pauseMs, Math.max(0, until - this.#clock.now()));
      pauseMs = Math.min(pollMs, pauseMs * PAUSE_GROWTH);
      try {
        await pause(this.#clock, pausedMs, signal);
      } catch (reason) {
        throw new MdpAbortedError('titanic.reply', reason);
      }
    }
  }

  /** `undefined` when it was not answered this time. */
  async #question(
    id: RequestId,
    leftMs: Millis,
    signal: AbortSignal | undefined,
  ): Promise<TitanicStatus | undefined> {
    const timeoutMs = Math.min(this.#settings.timeoutMs, leftMs);
    let reply: Frames;
    try {
      reply = await this.#request(
        'titanic.reply',
        [id],
        { timeoutMs, ...(signal !== undefined && { signal }) },
        0,
      );
    } catch (error) {
      const code = (error as { readonly code?: MdpErrorCode } | null)?.code;
      if (code !== undefined && PASSING.has(code)) return undefined;
      throw error;
    }
    return readTitanicStatus(id, reply);
  }

  #request(titanic: string, body: Body, options: TitanicCallOptions, retries: number): Promise<Frames> {
    const { timeoutMs = this.#settings.timeoutMs, signal } = options;
    return this.#requester.request(titanic, body, {
      timeoutMs,
      retries,
      ...(signal !== undefined && { signal }),
    });
  }
}
