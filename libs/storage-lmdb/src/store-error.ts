/** What went wrong with a store; see the table in the README. */
export type StoreErrorCode =
  /** The data file is damaged. */
  | 'STORE_CORRUPT'
  /** The data file is sound, but of another version, another program or another kind of machine. */
  | 'STORE_FORMAT'
  /** There is no room for what is to be written; nothing of it was written, and later commits may succeed. */
  | 'STORE_FULL'
  /** The system does not let the store be read or written. After a failed commit: not until it is opened anew. */
  | 'STORE_UNUSABLE'
  /** It was closed. */
  | 'STORE_CLOSED';

/** Why a store could not be opened, read or written; the message says what to do, `cause` what the system said. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** ENOSPC, EFBIG and EDQUOT as LMDB reports them. */
const NO_ROOM: readonly unknown[] = [28, 27, 122];

/** What a failed commit means to the caller. @param lacksRoom - whether the disk has too little */
export function commitFailure(folder: string, cause: unknown, lacksRoom: boolean): StoreError {
  const { code } = cause as { code?: unknown };
  return lacksRoom || NO_ROOM.includes(code)
    ? fullError(folder, { cause })
    : new StoreError(
        'STORE_UNUSABLE',
        `the store in ${folder} cannot be written (${(cause as Error).message}): ` +
          'check the disk and its file size limits, then restart the program',
        { cause },
      );
}

/** There is too little room for a commit. */
export function fullError(folder: string, options?: ErrorOptions): StoreError {
  return new StoreError('STORE_FULL', `the disk of the store in ${folder} is full: free some space`, options);
}
