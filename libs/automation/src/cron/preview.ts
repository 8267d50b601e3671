import type { Millis } from '@raspy/clock';
import { SunRecurrence } from '../sun/sun-recurrence.js';
import { CronExpression } from './cron-expression.js';
import type { Job, JobDefaults } from './parse-job.js';
import { TimeZone, type ZoneChange } from './time-zone.js';

/** What a job will do, as far as the calendar tells. */
export interface Preview {
  readonly runs: readonly PreviewRun[];
  /** What to know of the coming 400 days: nights on which the clock changes, days without sun. */
  readonly notes: readonly string[];
}

export interface PreviewRun {
  readonly at: Millis;
  /** Local time with its offset: `2026-10-25T02:30:00+02:00`. */
  readonly local: string;
  /** What is unusual about this one. */
  readonly remarks: readonly string[];
}

/** As many runs are shown at most. */
export const MAX_PREVIEW = 1000;

const DAY = 86_400_000;
const AHEAD = 400 * DAY;
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

/**
 * The next runs of a job after an instant of the wall clock, as if it were enabled and nothing went on; those of an
 * interval as if it began then. Jitter is not part of them.
 *
 * @param count - at most {@link MAX_PREVIEW} are shown
 */
export function preview(job: Job, from: Millis, count: number, defaults: JobDefaults = {}): Preview {
  const { recurrence, everyMs, definition } = job;
  const zone =
    recurrence instanceof CronExpression ? recurrence.zone : TimeZone.of(defaults.timeZone ?? 'UTC');
  const instants: Millis[] = [];
  let at: Millis | undefined = from;
  while (instants.length < Math.min(count, MAX_PREVIEW)) {
    at = recurrence === undefined ? at + everyMs! : recurrence.next(at);
    if (at === undefined) break;
    instants.push(at);
  }
  const changes =
    recurrence instanceof CronExpression
      ? zone
          .changes(from - DAY, Math.max(from + AHEAD, instants.at(-1) ?? from))
          .map((change) => effectOf(change, recurrence))
          .filter((effect) => effect !== undefined)
      : [];
  const runs = instants.map((instant) => ({
    at: instant,
    local: zone.text(instant),
    remarks: changes.flatMap(({ remark }) => remark(instant) ?? []),
  }));
  const notes = changes
    .filter(({ until }) => until > from && until <= from + AHEAD + DAY)
    .map(({ note }) => note);
  if (recurrence instanceof SunRecurrence) {
    const note = sunless(recurrence, from, zone);
    if (note !== undefined) notes.push(note);
  }
  if (definition.jitterSeconds > 0) {
    notes.push(`each run is delayed by a random time of up to ${definition.jitterSeconds} s`);
  }
  if (runs.length === 0) notes.push(`there is no run after ${zone.text(from)}`);
  return { runs, notes };
}

/** What a change of the clock does to an expression. */
interface ChangeEffect {
  readonly note: string;
  /** The last instant that it touches. */
  readonly until: Millis;
  remark(instant: Millis): string | undefined;
}

function effectOf({ at, before, after }: ZoneChange, expression: CronExpression): ChangeEffect | undefined {
  const [low, high] = [at + Math.min(before, after), at + Math.max(before, after)];
  const hit = expression.firstLocalIn(low, high);
  if (hit === undefined) return undefined;
  const [day, time] = [dateText(at + before), timeText(hit)];
  const once = expression.timeChange === 'once';
  if (after > before) {
    const jump = timeText(at + after);
    const note = once
      ? `on ${day} this runs at ${jump}: ${time} does not exist, the clock goes forward`
      : `on ${day} this leaves out ${timeText(low)} to ${jump}, which do not exist: the clock goes forward`;
    const remark = once ? `in place of ${time}, which does not exist` : undefined;
    return { note, until: at, remark: (instant) => (instant === at ? remark : undefined) };
  }
  const twice = `${time} comes twice, the clock goes back`;
  const span = high - low;
  return {
    note: once ? `on ${day} this runs the first time only: ${twice}` : `on ${day} this runs twice: ${twice}`,
    until: at + span,
    remark: (instant) => {
      if (instant < at - span || instant >= at + span) return undefined;
      const which = instant < at ? 'first' : 'second';
      return once ? 'the first time only: this time comes twice' : `the ${which} time: this time comes twice`;
    },
  };
}

function sunless(sun: SunRecurrence, from: Millis, zone: TimeZone): string | undefined {
  const days = sun.without(from, from + AHEAD);
  if (days === undefined) return undefined;
  const why = days.sun === undefined ? '' : `: the sun stays ${days.sun}`;
  const date = (instant: Millis): string => dateText(zone.localAt(instant));
  return `no ${sun.event} from ${date(days.from)} to ${date(days.to)}${why}`;
}

function dateText(local: Millis): string {
  const date = new Date(local);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]!} ${date.getUTCFullYear()}`;
}

function timeText(local: Millis): string {
  return new Date(local).toISOString().slice(11, local % 60_000 === 0 ? 16 : 19);
}
