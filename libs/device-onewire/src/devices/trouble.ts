import type { DeviceLog } from '@raspy/devices';
import { BusError } from '../bus.js';
import { NotBelievedError } from '../measuring/thermometry.js';

/** What went wrong with a chip, for its readings. */
export function troubleOf(error: unknown): string {
  if (error instanceof NotBelievedError) return error.message;
  if (error instanceof BusError && error.code === 'ABSENT') return `it is not on the bus: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** Says that a device has trouble, what it is when that changes, and when it is over. */
export class TroubleLog {
  readonly #log: DeviceLog;
  #last: string | undefined;

  constructor(log: DeviceLog) {
    this.#log = log;
  }

  /** @param trouble - `undefined` when all is well */
  tell(trouble: string | undefined): void {
    if (trouble === this.#last) return;
    if (trouble === undefined) this.#log.info('it can be read again');
    else this.#log.warn('it cannot be read', { reason: trouble });
    this.#last = trouble;
  }
}
