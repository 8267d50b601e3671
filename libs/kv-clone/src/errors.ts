/** Codes of {@link KvError}: compare these rather than classes, since two copies of the library may meet. */
export type KvErrorCode =
  | 'OFFLINE'
  | 'TOO_MANY_PENDING'
  | 'LIMIT'
  | 'NOT_SYNCED'
  | 'OUTSIDE_SUBTREE'
  | 'CONFLICT'
  | 'UNKNOWN_OUTCOME'
  | 'INVALID_VALUE'
  | 'ABORTED'
  | 'CLOSED';

/** Base of all errors of this library's clients. */
export abstract class KvError extends Error {
  abstract readonly code: KvErrorCode;

  constructor(
    /** The key, or subtree, that it is about. */
    readonly key: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The server cannot be reached, or takes nothing at the moment. The update was certainly not sent, and will not be. */
export class KvOfflineError extends KvError {
  readonly code = 'OFFLINE';
  constructor(key: string) {
    super(
      key,
      `the update of "${key}" was not sent: the server cannot be reached now, or takes nothing; decide again when it can`,
    );
  }
}

/** As much waits for the server already as may; this was not taken. */
export class KvTooManyPendingError extends KvError {
  readonly code = 'TOO_MANY_PENDING';
  constructor(key: string) {
    super(
      key,
      `the update of "${key}" was not taken: too much waits for the server already; see maxPendingKeys and maxPendingBytes`,
    );
  }
}

/** Why an update cannot be made at all, whatever the server's state. */
export type KvLimitReason =
  | 'reserved-key'
  | 'bad-key'
  | 'key-too-long'
  | 'empty-body'
  | 'body-too-large'
  | 'refused-by-server';

const LIMIT_ADVICE: Readonly<Record<KvLimitReason, string>> = {
  'reserved-key': 'KTHXBAI, HUGZ and ICANHAZ? are words of the protocol',
  'bad-key': 'a key begins with "/"',
  'key-too-long': 'a shorter key is needed, or a higher maxKeyBytes on both sides',
  'empty-body': 'an empty value deletes; call delete for that',
  'body-too-large': 'a smaller value is needed, or a higher maxBodyBytes on both sides',
  'refused-by-server': 'the server has narrower limits than this client',
};

/** The update is against the limits of client or server; it was not made. */
export class KvLimitError extends KvError {
  readonly code = 'LIMIT';
  constructor(
    key: string,
    readonly reason: KvLimitReason,
    detail?: string,
  ) {
    const shown = key.length > 80 ? `${key.slice(0, 80)}...` : key;
    super(
      key,
      `"${shown}" cannot be updated so (${reason}): ${LIMIT_ADVICE[reason]}${detail ? ` (${detail})` : ''}`,
    );
  }
}

/** There was no picture known to be current within the time given. */
export class KvNotSyncedError extends KvError {
  readonly code = 'NOT_SYNCED';
  constructor(
    key: string,
    readonly timeoutMs: number,
    endpoints: string,
  ) {
    super(
      key,
      `"${key}" is not known: the client was not in step with a server within ${timeoutMs} ms; check that one listens at ` +
        `${endpoints}, and that it speaks this wire (peek tells the last known value)`,
    );
  }
}

/** The client was told to follow another subtree. */
export class KvOutsideSubtreeError extends KvError {
  readonly code = 'OUTSIDE_SUBTREE';
  constructor(
    key: string,
    readonly subtree: string,
  ) {
    super(
      key,
      subtree === NOT_READING
        ? `"${key}" cannot be read: this client only writes (option read: false)`
        : `"${key}" is not under "${subtree}", the subtree that this client follows; make it with a wider one`,
    );
  }
}

/** What {@link KvOutsideSubtreeError.subtree} is for a client that reads nothing at all. */
export const NOT_READING = '(none)';

/** The entry had another sequence than expected; nothing was changed. Read it again and decide anew. */
export class KvConflictError extends KvError {
  readonly code = 'CONFLICT';
  constructor(
    key: string,
    readonly expectedSeq: bigint,
    /** Of the entry as it is; 0 when there is none. */
    readonly actualSeq: bigint,
  ) {
    super(
      key,
      `"${key}" was not changed: it was expected at sequence ${String(expectedSeq)} and is at ${String(actualSeq)} ` +
        '(0: absent); read it again',
    );
  }
}

/** The conditional update was sent and no answer came: it may have been made. Read the entry to know. */
export class KvUnknownOutcomeError extends KvError {
  readonly code = 'UNKNOWN_OUTCOME';
  constructor(key: string) {
    super(
      key,
      `the conditional update of "${key}" may have been made: no answer came (a server other than RasPy's gives none); ` +
        'read the entry to know',
    );
  }
}

/** A value that does not have the form its codec declares. */
export class KvValueError extends KvError {
  readonly code = 'INVALID_VALUE';
  constructor(
    key: string,
    /** One sentence a mistake. */
    readonly mistakes: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      key,
      `the value${key === '' ? '' : ` of "${key}"`} does not have its form: ${mistakes.join('; ')}`,
      options,
    );
  }
}

/** The caller's AbortSignal fired. */
export class KvAbortedError extends KvError {
  readonly code = 'ABORTED';
  constructor(key: string, reason: unknown) {
    super(key, `waiting for "${key}" was aborted by its caller`, { cause: reason });
  }
}

/** The client was closed meanwhile, or before. */
export class KvClosedError extends KvError {
  readonly code = 'CLOSED';
  constructor(key: string) {
    super(key, `the client is closed; nothing is done for "${key}"`);
  }
}
