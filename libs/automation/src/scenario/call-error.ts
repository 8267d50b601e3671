/** Codes of what the code of a scenario is refused; those of the house come as they are. */
export type CallErrorCode =
  | 'BAD_ARGUMENT'
  | 'UNKNOWN_ENTRY'
  | 'NOT_PERMITTED'
  | 'NO_LEASE'
  | 'TOO_MUCH'
  | 'ENDED';

/** A call of the code of a scenario that is refused. */
export class CallError extends Error {
  constructor(
    readonly code: CallErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'CallError';
  }
}
