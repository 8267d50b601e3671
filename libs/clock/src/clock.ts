/** A span or an instant in milliseconds; fractions are allowed. */
export type Millis = number;

/** Ends what it was returned for; calling it again, or after the fact, does nothing. */
export type Cancel = () => void;

/**
 * Where every part of RasPy takes its time from, so that tests can hand in a {@link VirtualClock}.
 *
 * Time-outs, heartbeats, leases and expiry count on {@link Clock.now}, which never steps: a Pi without
 * battery-backed clock jumps by years at its first NTP answer.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start; monotonic, never steps. */
  now(): Millis;
  /** Milliseconds since 1970-01-01T00:00Z as the machine believes; may step in both directions. */
  wallNow(): Millis;
  /**
   * Runs `task` once, as soon as possible after the monotonic instant `at` (at once, but never
   * synchronously, when `at` has passed) and after input that has already arrived. An infinite `at` never comes.
   * A pending task keeps the process alive only while something else does.
   *
   * @param hold - whether the task keeps it alive by itself. Default false
   */
  schedule(at: Millis, task: () => void, hold?: boolean): Cancel;
}
