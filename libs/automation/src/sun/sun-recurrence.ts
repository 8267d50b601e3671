import { getTimes } from 'suncalc';
import type { Millis } from '@raspy/clock';
import type { Recurrence } from '../cron/recurrence.js';

/** What the sun does on a day. Dawn and dusk are civil: the sun is 6° below the horizon. */
export const SUN_EVENTS = ['sunrise', 'sunset', 'dawn', 'dusk', 'solarNoon'] as const;
export type SunEvent = (typeof SUN_EVENTS)[number];

/** A place on earth in degrees; north and east are positive. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Days without an event, from the noon of the first to the noon of the last. */
export interface SunlessDays {
  readonly from: Millis;
  readonly to: Millis;
  /** Whether the sun is up all the time, or down; absent where it rises and sets, but has no such dawn or dusk. */
  readonly sun?: 'up' | 'down';
}

const DAY = 86_400_000;
/** A polar night is shorter than this: what does not come within it comes never at that place. */
const LOOK_AHEAD_DAYS = 400;

/**
 * A sun event of each day at a place, moved by an offset. A day of a polar day or night has none.
 *
 * Days are those of the place itself, from midnight to midnight of its mean solar time: each has its events once,
 * whichever time zone is set and however far the place is from it.
 */
export class SunRecurrence implements Recurrence {
  /** @param offset - milliseconds; negative is before the event */
  constructor(
    readonly event: SunEvent,
    readonly place: Place,
    readonly offset: Millis = 0,
  ) {}

  next(after: Millis): Millis | undefined {
    const day = this.#dayOf(after - this.offset) - 1;
    for (let i = 0; i < LOOK_AHEAD_DAYS; i++) {
      const at = this.#on(day + i);
      if (at !== undefined && at > after) return at;
    }
    return undefined;
  }

  previous(before: Millis): Millis | undefined {
    const day = this.#dayOf(before - this.offset) + 1;
    for (let i = 0; i < LOOK_AHEAD_DAYS; i++) {
      const at = this.#on(day - i);
      if (at !== undefined && at < before) return at;
    }
    return undefined;
  }

  /** The first days without the event whose noon is in `[from, to]`; `undefined` when each day has it. */
  without(from: Millis, to: Millis): SunlessDays | undefined {
    const last = this.#dayOf(to);
    let first = this.#dayOf(from);
    while (first <= last && this.#on(first) !== undefined) first++;
    if (first > last) return undefined;
    let end = first;
    while (end < last && this.#on(end + 1) === undefined) end++;
    const { latitude, longitude } = this.place;
    const { alwaysUp, alwaysDown } = getTimes(new Date(this.#noon(first)), latitude, longitude);
    const days = { from: this.#noon(first), to: this.#noon(end) };
    return alwaysDown === true ? { ...days, sun: 'down' } : alwaysUp === true ? { ...days, sun: 'up' } : days;
  }

  #dayOf(instant: Millis): number {
    return Math.floor((instant + this.#longitudeTime) / DAY);
  }

  #noon(day: number): Millis {
    return day * DAY + DAY / 2 - this.#longitudeTime;
  }

  /** Mean solar time of the place minus UTC. */
  get #longitudeTime(): Millis {
    return (this.place.longitude / 360) * DAY;
  }

  /** Whole seconds, so that text and number of an instant are the same. */
  #on(day: number): Millis | undefined {
    const { latitude, longitude } = this.place;
    const at = getTimes(new Date(this.#noon(day)), latitude, longitude)[this.event];
    return at === null ? undefined : Math.round(at.getTime() / 1000) * 1000 + this.offset;
  }
}
