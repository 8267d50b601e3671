/** What went wrong with a store; see the table in the README. */
export type LogStoreErrorCode =
  /** It was closed. */
  | 'LOG_CLOSED'
  /** There is no room on the disk, or the disk is slower than what is given to it; later commits may succeed. */
  | 'LOG_FULL'
  /** The system does not let the store be read or written. */
  | 'LOG_UNUSABLE'
  /** The folder holds files of another version or another program; nothing was touched. */
  | 'LOG_FORMAT'
  /** A record, or all that one call gives, is larger than allowed. */
  | 'LOG_TOO_LARGE';

/** Why a store could not be opened, read or written; the message says what to do, `cause` what the system said. */
export class LogStoreError extends Error {
  override readonly name = 'LogStoreError';

  constructor(
    readonly code: LogStoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const NO_ROOM: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT'];

/** What a flush that failed, and left nothing behind, means to those who wait for it. */
export function flushFailure(folder: string, cause: unknown): LogStoreError {
  const code = systemCode(cause);
  return NO_ROOM.includes(code)
    ? new LogStoreError(
        'LOG_FULL',
        `the disk of the log in ${folder} is full: free some space, commit again`,
        {
          cause,
        },
      )
    : new LogStoreError(
        'LOG_UNUSABLE',
        `the log in ${folder} could not be written (${code ?? String(cause)}): ` +
          'check the disk and its limits, commit again',
        { cause },
      );
}

/** After it nothing can be written before a restart: the system may have dropped what it said to have taken. */
export function brokenFailure(folder: string, cause: unknown): LogStoreError {
  return new LogStoreError(
    'LOG_UNUSABLE',
    `the log in ${folder} takes nothing more, for the disk did not confirm a write ` +
      `(${systemCode(cause) ?? String(cause)}): check the disk, then restart the program`,
    { cause },
  );
}

/** What a failed read means. */
export function readFailure(folder: string, file: string, cause: unknown): LogStoreError {
  return new LogStoreError(
    'LOG_UNUSABLE',
    `${file} of the log in ${folder} could not be read (${systemCode(cause) ?? String(cause)}): ` +
      'check the disk, then restart the program',
    { cause },
  );
}

/** What the system calls an error. */
export function systemCode(cause: unknown): string | undefined {
  return (cause as { readonly code?: string }).code;
}
