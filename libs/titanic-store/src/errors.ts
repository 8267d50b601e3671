import type { RequestId } from './request-id.js';

/** Codes of {@link TitanicError}: compare these rather than classes, since two copies of the library may meet. */
export type TitanicErrorCode =
  | 'REFUSED'
  | 'NOT_STORED'
  | 'UNKNOWN_REQUEST'
  | 'EXPIRED'
  | 'DEAD'
  | 'REPLY_TIMEOUT'
  | 'REPLY_UNREADABLE'
  | 'INVALID_REPLY'
  | 'STORE_FAILED'
  | 'STORAGE';

/** Base of all errors of this library. */
export abstract class TitanicError extends Error {
  abstract readonly code: TitanicErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The request makes no sense to Titanic (`400`), and asking again does not help: see the reason. Nothing was stored. */
export class TitanicRefusedError extends TitanicError {
  readonly code = 'REFUSED';
  constructor(
    readonly service: string,
    /** What Titanic said beside `400`; may be empty. */
    readonly reason: string,
  ) {
    super(
      `Titanic does not take the request for "${service}"${reason === '' ? '' : `: ${reason}`}; ` +
        'titanic.* and mmi.* are no targets, and a body has at least one frame',
    );
  }
}

/** The request was not stored (`500`): the disk, or Titanic's limits, are full. It will not be executed; try later. */
export class TitanicNotStoredError extends TitanicError {
  readonly code = 'NOT_STORED';
  constructor(readonly service: string) {
    super(`Titanic could not store the request for "${service}": its disk or its limits are full; try later`);
  }
}

/** There is no such request: it was closed, its retention is over, or it never was (`400`). */
export class UnknownRequestError extends TitanicError {
  readonly code = 'UNKNOWN_REQUEST';
  constructor(readonly id: RequestId) {
    super(`Titanic knows no request ${id}: it was closed, is too old, or never was`);
  }
}

/** The request was not done by its time, and will not be (`400 expired`). */
export class RequestExpiredError extends TitanicError {
  readonly code = 'EXPIRED';
  constructor(readonly id: RequestId) {
    super(`the request ${id} was not done in time, and will not be`);
  }
}

/** The request was given up and rests in the dead-letter list (`400 dead`): `raspy titanic show` tells why. */
export class RequestDeadError extends TitanicError {
  readonly code = 'DEAD';
  constructor(readonly id: RequestId) {
    super(`the request ${id} was given up after its last attempt; see "raspy titanic show ${id}"`);
  }
}

/** No reply came within the caller's own time. The request lives on: ask again, or close it. */
export class ReplyTimeoutError extends TitanicError {
  readonly code = 'REPLY_TIMEOUT';
  constructor(
    readonly id: RequestId,
    readonly ttlMs: number,
  ) {
    super(
      `no reply to the request ${id} within ${ttlMs} ms; it is still with Titanic: ask again, or close it`,
    );
  }
}

/** Titanic has the reply, and cannot read it (`500`): see its log. */
export class ReplyUnreadableError extends TitanicError {
  readonly code = 'REPLY_UNREADABLE';
  constructor(readonly id: RequestId) {
    super(`Titanic cannot read the reply to the request ${id}; its log says why`);
  }
}

/** What came back is none of the replies that RFC 9 knows: something else serves the name. */
export class InvalidTitanicReplyError extends TitanicError {
  readonly code = 'INVALID_REPLY';
}

/** The settings store failed or refused (`500`): its disk or its limits are full, or a name or value is too long. */
export class SettingsStoreError extends TitanicError {
  readonly code = 'STORE_FAILED';
  constructor(action: string, status: string) {
    super(
      `titanic.store answered ${status} to ${action}: its disk or limits are full, a name has more than 255 bytes, ` +
        'or a value more than 1 MiB; its log says which',
    );
  }
}

/** The storage engine cannot be used as it is; the message says what to do. */
export class TitanicStorageError extends TitanicError {
  readonly code = 'STORAGE';
}
