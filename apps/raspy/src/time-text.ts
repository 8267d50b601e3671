import type { Millis } from '@raspy/clock';
import { UsageError } from '@raspy/runtime';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;

/** Instants beyond are no dates: JavaScript's own bound. */
const LAST_DATE: Millis = 8_640_000_000_000_000;

/** A span in its largest unit, e.g. `5 min`; what is below a second is `0 s`. */
export function spanText(ms: Millis): string {
  const span = Math.max(0, ms);
  if (span < UNITS.m) return `${Math.floor(span / UNITS.s)} s`;
  if (span < UNITS.h) return `${Math.floor(span / UNITS.m)} min`;
  if (span < 2 * UNITS.d) return `${Math.floor(span / UNITS.h)} h`;
  return `${Math.floor(span / UNITS.d)} days`;
}

/** An instant for people: `2026-11-26T15:06:17.000Z (5 min ago)`, or `(in 3 h)`. */
export function timeAndSpan(at: Millis, wallNow: Millis): string {
  // A number that came over the network may be no date.
  if (Math.abs(at) > LAST_DATE) return `${at} ms`;
  const span = at > wallNow ? `in ${spanText(at - wallNow)}` : `${spanText(wallNow - at)} ago`;
  return `${new Date(at).toISOString()} (${span})`;
}

/**
 * A span as it is typed: `90s`, `15m`, `8h`, `2d`, a `+` may lead.
 * @param flag - where it was typed
 * @throws UsageError when it is none
 */
export function typedSpan(flag: string, typed: string): Millis {
  const [, count, unit] = /^\+?(\d{1,9})([smhd])$/.exec(typed) ?? [];
  if (count !== undefined) return Number(count) * UNITS[unit as Unit];
  throw new UsageError(`${flag}="${typed}" is no span: give one such as 90s, 15m, 8h or 2d`);
}

/**
 * An instant as it is typed: ISO 8601 with date and time, that of this machine unless it ends with `Z` or `+01:00`; or
 * from now on, as `+90s`, `+15m`, `+8h`, `+2d`.
 * @param flag - where it was typed
 * @returns milliseconds since 1970
 * @throws UsageError when it is none
 */
export function typedTime(flag: string, typed: string, wallNow: Millis): Millis {
  if (typed.startsWith('+')) return wallNow + typedSpan(flag, typed);
  const parts = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?$/.exec(typed);
  if (parts !== null) {
    const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
    // Date reads the 31st of a short month as a day of the next.
    const at = day <= new Date(Date.UTC(year, month, 0)).getUTCDate() ? Date.parse(typed) : NaN;
    if (!Number.isNaN(at)) return at;
  }
  throw new UsageError(
    `${flag}="${typed}" is no time: give one such as 2026-11-26T22:05, 2026-11-26T21:05Z or +15m`,
  );
}
