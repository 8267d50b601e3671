import type { Cancel, Clock } from '@raspy/clock';

/** Settled in time, or not. */
export type Outcome<T> = { readonly inTime: true; readonly value: T } | { readonly inTime: false };

/**
 * Runs a function of a driver, which may throw, reject, or never end.
 * @returns its result, or that it took longer than `timeoutMs`; then `late` gets a result that still comes
 */
export async function within<T>(
  clock: Clock,
  timeoutMs: number,
  run: () => T | Promise<T>,
  late: (value: T) => void = () => undefined,
): Promise<Outcome<T>> {
  const result = new Promise<T>((resolve) => resolve(run()));
  let cancel: Cancel = () => undefined;
  const tooLate = new Promise<Outcome<T>>((resolve) => {
    cancel = clock.schedule(clock.now() + timeoutMs, () => resolve({ inTime: false }));
  });
  try {
    const inTime = result.then((value): Outcome<T> => ({ inTime: true, value }));
    const outcome = await Promise.race([inTime, tooLate]);
    if (!outcome.inTime) result.then(late, () => undefined);
    return outcome;
  } finally {
    cancel();
  }
}
