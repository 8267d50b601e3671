import type { DriverContext } from '@raspy/devices';
import { Observable, Subject, merge } from 'rxjs';
import { z } from 'zod';

/** Longest time between two readings; a contract's `staleAfterMs` has to allow for it. */
export const LONGEST_INTERVAL_MS = 60_000;

/** What all fake sensors can be told. */
export const sensorConfig = {
  unit: z.string().max(16).default('').meta({ title: 'Unit', description: 'empty for none' }),
  intervalMs: z
    .int()
    .min(10)
    .max(LONGEST_INTERVAL_MS)
    .default(1_000)
    .meta({ title: 'Milliseconds between readings' }),
};

/** A number that any arithmetic here keeps finite. */
export const moderate = z.number().min(-1e12).max(1e12);

/** The one value of a fake sensor, as its session reports it. */
export interface SensorUpdate {
  readonly name: 'value';
  readonly value: number;
}

/** A session whose value is a function of the clock: told at once, at each interval, and when polled. */
export function sensorSession(
  clock: DriverContext['clock'],
  { unit, intervalMs }: { readonly unit: string; readonly intervalMs: number },
  valueAt: (now: number) => number,
) {
  const polled = new Subject<SensorUpdate>();
  const update = (): SensorUpdate => ({ name: 'value', value: valueAt(clock.now()) });
  return {
    values$: merge(every(clock, intervalMs, update), polled),
    commands: {},
    ...(unit !== '' && { units: { value: unit } }),
    poll: (): void => polled.next(update()),
    close: (): void => polled.complete(),
  };
}

/** What `read` returns, at once and then each `intervalMs`, until unsubscribed. */
function every<T>(clock: DriverContext['clock'], intervalMs: number, read: () => T): Observable<T> {
  return new Observable((subscriber) => {
    let due = clock.now();
    let cancel = (): void => undefined;
    const next = (): void => {
      due = Math.max(due + intervalMs, clock.now());
      cancel = clock.schedule(due, next);
      subscriber.next(read());
    };
    next();
    return () => cancel();
  });
}
