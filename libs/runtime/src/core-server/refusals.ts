import { ServiceRefusal, StatusCode } from '@raspy/mdp-protocol';

/** Statuses for the codes of errors that callers can do something about. */
export type StatusByCode = Readonly<Record<string, StatusCode>>;

/**
 * What `work` returns.
 * @throws ServiceRefusal (rejects) with the reason for an error whose code is among `statuses`; any other is a failure of
 *   ours, and is thrown as it is, so that no details are told
 */
export async function refusing<T>(statuses: StatusByCode, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    const status = typeof code === 'string' ? statuses[code] : undefined;
    throw status !== undefined && error instanceof Error
      ? new ServiceRefusal(status, error.message, { cause: error })
      : error;
  }
}

/** @throws ServiceRefusal 400 for anything but true and false */
export function yesOrNo(enabled: unknown): boolean {
  if (typeof enabled === 'boolean') return enabled;
  throw new ServiceRefusal(StatusCode.BAD_REQUEST, 'enabled is true or false');
}

/** @throws ServiceRefusal 400 for anything but a whole number from 1 to `most` */
export function howMany(count: unknown, most: number): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new ServiceRefusal(StatusCode.BAD_REQUEST, `count is a whole number from 1 to ${most}`);
}
