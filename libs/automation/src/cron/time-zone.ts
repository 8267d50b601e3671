import type { Millis } from '@raspy/clock';
import { TimeZoneError } from './errors.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;
/** Zones are few and making one costs a formatter of 50 kB; what a hostile list of jobs names is bounded. */
const MAX_KEPT = 64;

/** A change of a zone's offset: to summer time, or back. */
export interface ZoneChange {
  /** The first instant of the new offset. */
  readonly at: Millis;
  /** Offsets from UTC before and after it: local time is UTC plus offset. */
  readonly before: Millis;
  readonly after: Millis;
}

/** Local time of one place, by a name of the IANA list or as a fixed offset such as `+01:00`, which never changes. */
export class TimeZone {
  /** The offset in minutes where it is fixed. */
  readonly fixedMinutes: number | undefined;
  readonly #format: Intl.DateTimeFormat | undefined;

  private constructor(readonly name: string) {
    const fixed = OFFSET.exec(name);
    if (fixed !== null) {
      const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
      if (minutes > 14 * 60 || Number(fixed[3]) > 59) throw new TimeZoneError(name);
      this.fixedMinutes = fixed[1] === '-' ? -minutes : minutes;
      return;
    }
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      throw new TimeZoneError(name);
    }
  }

  static readonly #kept = new Map<string, TimeZone>();

  /** @throws {@link TimeZoneError} */
  static of(name: string): TimeZone {
    const kept = TimeZone.#kept.get(name);
    if (kept !== undefined) return kept;
    const zone = new TimeZone(name);
    if (TimeZone.#kept.size >= MAX_KEPT) TimeZone.#kept.clear();
    TimeZone.#kept.set(name, zone);
    return zone;
  }

  /** Local time minus UTC, in milliseconds. */
  offsetAt(instant: Millis): Millis {
    if (this.#format === undefined) return this.fixedMinutes! * MINUTE;
    const whole = Math.floor(instant / 1000) * 1000;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(whole)) part[type] = Number(value);
    return (
      Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']) -
      whole
    );
  }

  /** The local time at an instant, as if it were UTC: for reading its fields with the UTC methods of a `Date`. */
  localAt(instant: Millis): Millis {
    return instant + this.offsetAt(instant);
  }

  /** The changes of offset in `(from, to]`, the earliest first. A change that is taken back within a week is not seen. */
  changes(from: Millis, to: Millis): readonly ZoneChange[] {
    if (this.#format === undefined) return [];
    const found: ZoneChange[] = [];
    let offset = this.offsetAt(from);
    for (let start = from; start < to;) {
      const end = Math.min(start + 7 * DAY, to);
      const after = this.offsetAt(end);
      if (after !== offset) found.push({ at: this.#changeIn(start, end, offset), before: offset, after });
      offset = after;
      start = end;
    }
    return found;
  }

  /** `2026-10-25T02:30:00+02:00`. */
  text(instant: Millis): string {
    const offset = Math.round(this.offsetAt(instant) / MINUTE);
    const size = Math.abs(offset);
    const two = (n: number): string => String(n).padStart(2, '0');
    const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
    return new Date(this.localAt(instant)).toISOString().slice(0, 19) + zone;
  }

  #changeIn(from: Millis, to: Millis, before: Millis): Millis {
    let [low, high] = [Math.floor(from / 1000), Math.ceil(to / 1000)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle * 1000) === before) low = middle;
      else high = middle;
    }
    return high * 1000;
  }
}
