import type { Millis } from '@raspy/clock';

const UNITS: readonly (readonly [RegExp, Millis])[] = [
  [/^(ms|millisecond|milliseconds)$/, 1],
  [/^(s|sec|second|seconds)$/, 1000],
  [/^(min|minute|minutes)$/, 60_000],
  [/^(h|hour|hours)$/, 3_600_000],
  [/^(d|day|days)$/, 86_400_000],
];
/** Longer spans are mistakes: a year and a day. */
export const MAX_DURATION_MS: Millis = 366 * 86_400_000;

/** How spans of time are written, for complaints. */
export const DURATION_FORM = 'milliseconds or a text such as "10 s", "3 min", "2 h": 0 to 366 days';

/**
 * Reads a span of time: milliseconds as a number, or a text with its unit (`10 s`, `3 min`, `1.5 h`, `5 minutes`).
 * @returns milliseconds; `undefined` for what is none
 */
export function durationMs(text: unknown): Millis | undefined {
  const ms = typeof text === 'number' ? text : typeof text === 'string' ? ofText(text) : undefined;
  return ms !== undefined && ms >= 0 && ms <= MAX_DURATION_MS ? ms : undefined;
}

function ofText(text: string): Millis | undefined {
  const [, number, unit] = /^\s{0,9}(\d{1,9}(?:\.\d{1,9})?)\s{0,9}([a-z]{1,12})\s{0,9}$/.exec(text) ?? [];
  const factor = UNITS.find(([names]) => unit !== undefined && names.test(unit))?.[1];
  return factor === undefined ? undefined : Number(number) * factor;
}
