import { type Frames, textFrame } from '@raspy/wire';

/**
 * Thrown by a handler that will not or cannot do what was asked, to say so in its own words: the reply is
 * `[reason][status]`. Any other exception is answered `500` alone, and its text stays on the server.
 */
export class ServiceRefusal extends Error {
  readonly code = 'SERVICE_REFUSAL';
  /** Three digits. */
  readonly status: string;
  /** The reply's frames before the status. */
  readonly frames: Frames;

  /**
   * @param status - from 300 to 599: `404`, `StatusCode.NOT_FOUND`
   * @param reason - a text for the caller; or frames, for a protocol that wants these before the status. Default none
   * @throws RangeError when `status` is no such status
   */
  constructor(status: number | string, reason: string | Frames = [], options?: ErrorOptions) {
    super(typeof reason === 'string' ? reason : `refused with ${status}`, options);
    this.status = String(status);
    if (!/^[345][0-9]{2}$/.test(this.status)) {
      throw new RangeError(`"${status}" is not the status of a refusal: use three digits from 300 to 599`);
    }
    this.name = 'ServiceRefusal';
    this.frames = typeof reason === 'string' ? [textFrame(reason)] : reason;
  }
}

/** Whether an error is a refusal, of this copy of the library or another. */
export function isRefusal(error: unknown): error is ServiceRefusal {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as { readonly code?: unknown }).code === 'SERVICE_REFUSAL' &&
    Array.isArray((error as { readonly frames?: unknown }).frames)
  );
}
