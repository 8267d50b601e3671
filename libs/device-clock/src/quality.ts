/**
 * How far the wall clock of the machine can be trusted: `ntp`, a time server has told it the time since it started; `rtc`, it
 * has it from a clock with a battery; `unsynced`, it goes on from the time of its last shutdown, or from nothing.
 */
export const CLOCK_QUALITIES = ['unsynced', 'rtc', 'ntp'] as const;
export type ClockQuality = (typeof CLOCK_QUALITIES)[number];

/** What a machine shows of its clocks. Unix milliseconds. */
export interface ClockFacts {
  /** By the wall clock. */
  readonly now: number;
  /** Whether a time server has told it the time; `undefined` when nobody knows. */
  readonly ntp: boolean | undefined;
  /** When that was last, as far as it is known. */
  readonly ntpAt?: number;
  /**
   * What the battery-backed clock shows; `'lost power'` when it says so itself, another text is why it cannot be read, and
   * `undefined` that there is none.
   */
  readonly rtc: number | string | undefined;
}

/** What the kernel tells of a clock that has stopped. */
export const LOST_POWER = 'lost power';
/** Nobody sets a clock back before this program was written: a clock that shows it has lost its power. */
const EARLIEST = Date.UTC(2025, 0, 1);
/** A clock that differs by more is not where the other one has its time from. */
const SAME_TIME_MS = 60_000;

/** What the facts come to. */
export interface ClockJudgement {
  /** `undefined` when nobody can tell. */
  readonly quality: ClockQuality | undefined;
  /** Why, for people. */
  readonly reason: string;
  /** Whether the battery-backed clock was without power; `undefined` when there is none that can be read. */
  readonly lostPower: boolean | undefined;
  /** Milliseconds by which the battery-backed clock is ahead. */
  readonly offsetMs: number | undefined;
}

/** Judges what is known. Pure. */
export function judgeClock({ now, ntp, rtc }: ClockFacts): ClockJudgement {
  const lostPower = rtc === LOST_POWER ? true : typeof rtc === 'number' ? rtc < EARLIEST : undefined;
  const offsetMs = typeof rtc === 'number' ? rtc - now : undefined;
  const judged = (quality: ClockQuality | undefined, reason: string): ClockJudgement => {
    return { quality, reason, lostPower, offsetMs };
  };
  if (ntp === true) return judged('ntp', 'a time server has told the time');
  if (lostPower === true)
    return judged(
      'unsynced',
      'the battery-backed clock was without power, and no time server has told the time',
    );
  if (offsetMs === undefined) {
    const why =
      rtc === undefined
        ? 'there is no battery-backed clock'
        : `the battery-backed clock cannot be read: ${rtc}`;
    if (ntp === undefined)
      return judged(undefined, `nobody tells whether a time server was asked, and ${why}`);
    return judged('unsynced', `no time server has told the time yet, and ${why}`);
  }
  if (Math.abs(offsetMs) > SAME_TIME_MS)
    return judged(
      'unsynced',
      'the time is not that of the battery-backed clock, and no time server has told it',
    );
  return judged('rtc', 'the time is that of the battery-backed clock');
}
