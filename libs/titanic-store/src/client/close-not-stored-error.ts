import { TitanicError } from '../errors.js';
import type { RequestId } from '../request-id.js';

/** The end of a request was not stored (`500`): it is as it was. Closing again is safe, and may help later. */
export class CloseNotStoredError extends TitanicError {
  readonly code = 'NOT_STORED';
  constructor(readonly id: RequestId) {
    super(
      `Titanic could not store that the request ${id} is closed: its disk may be full; close it again later`,
    );
  }
}
