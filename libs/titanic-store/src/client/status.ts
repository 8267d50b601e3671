import { readStatus, StatusCode } from '@raspy/mdp-protocol';
import { frameText, type Frames } from '@raspy/wire';
import {
  InvalidTitanicReplyError,
  ReplyUnreadableError,
  TitanicNotStoredError,
  TitanicRefusedError,
} from '../errors.js';
import { readRequestId, type RequestId } from '../request-id.js';

/** Where a request stands, as its submitter is told. */
export type TitanicStatus =
  /** It waits, or is being executed. */
  | { readonly state: 'pending' }
  /** The service's reply is there, verbatim; Titanic keeps it until the request is closed. */
  | { readonly state: 'done'; readonly reply: Frames }
  /** It was not done by its time, and will not be. */
  | { readonly state: 'expired' }
  /** It was given up, and rests in the dead-letter list. */
  | { readonly state: 'dead' }
  /** It was closed, is too old, or never was. */
  | { readonly state: 'unknown' };

/** A reply of Titanic's: its status, which is in front, the text after that, and the other frames. */
interface ReadReply {
  readonly status: string;
  readonly text: string;
  readonly rest: Frames;
}

/** The id in the reply to a submission, in the letters that this Titanic uses, since others may know no other. */
export function acceptedId(titanic: string, service: string, reply: Frames): RequestId {
  const { status, text, rest } = readReply(titanic, reply);
  const [id] = rest;
  switch (status) {
    case StatusCode.OK:
      if (id === undefined || readRequestId(id) === undefined) {
        throw new InvalidTitanicReplyError(`${titanic} answered 200 without an id of 32 hexadecimal digits`);
      }
      return frameText(id);
    case StatusCode.BAD_REQUEST:
      throw new TitanicRefusedError(service, text);
    case StatusCode.ERROR:
      throw new TitanicNotStoredError(service);
    default:
      throw unexpected(titanic, status);
  }
}

/** The reply of `titanic.reply`. */
export function readTitanicStatus(id: RequestId, reply: Frames): TitanicStatus {
  const { status, text, rest } = readReply('titanic.reply', reply);
  switch (status) {
    case StatusCode.OK:
      return { state: 'done', reply: rest };
    case StatusCode.PENDING:
      return { state: 'pending' };
    case StatusCode.BAD_REQUEST:
      return { state: text === 'expired' || text === 'dead' ? text : 'unknown' };
    case StatusCode.ERROR:
      throw new ReplyUnreadableError(id);
    default:
      throw unexpected('titanic.reply', status);
  }
}

/** Whether the reply of `titanic.close` says that it is closed; else that could not be stored. */
export function isClosed(reply: Frames): boolean {
  const { status } = readReply('titanic.close', reply);
  if (status !== StatusCode.OK && status !== StatusCode.ERROR) throw unexpected('titanic.close', status);
  return status === StatusCode.OK;
}

function readReply(titanic: string, [first, ...rest]: Frames): ReadReply {
  const status = readStatus(first);
  if (first === undefined || status === undefined) {
    throw new InvalidTitanicReplyError(`the reply of ${titanic} does not begin with a status`);
  }
  return {
    status,
    text: frameText(first)
      .slice(status.length + 1)
      .trim(),
    rest,
  };
}

function unexpected(titanic: string, status: string): InvalidTitanicReplyError {
  return new InvalidTitanicReplyError(
    `${titanic} answered ${status}, which RFC 9 does not know: who serves the name?`,
  );
}
