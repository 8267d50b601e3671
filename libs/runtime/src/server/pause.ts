import type { Clock, Millis } from '@raspy/clock';

/** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
export function pause(clock: Clock, ms: Millis, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = end(() => reject(signal.reason as Error));
    const cancel = clock.schedule(clock.now() + ms, end(resolve));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
