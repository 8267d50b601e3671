import { Cron } from 'croner';
import type { Millis } from '@raspy/clock';
import { readFields } from './expression-fields.js';
import { TimeZone } from './time-zone.js';
import type { Recurrence } from './recurrence.js';

/**
 * What happens to local times that a change to or from summer time makes come twice, or not at all:
 *
 * - `usual`: `once` where second, minute and hour are plain numbers, lists and ranges (a time of the day);
 *   `every` where one has a `*` or a step (a rhythm).
 * - `once`: a time that comes twice runs the first time only; one that does not exist runs when the clock has jumped.
 * - `every`: a time that comes twice runs both times; one that does not exist is left out.
 */
export const TIME_CHANGES = ['usual', 'once', 'every'] as const;
export type TimeChange = (typeof TIME_CHANGES)[number];

/** Limits of the fields of a time of day, whose steps are written out. */
const HIGHEST = [59, 59, 23] as const;

/** A cron expression in local time. The library calculates; the timer is ours. */
export class CronExpression implements Recurrence {
  readonly zone: TimeZone;
  /** What {@link TimeChange} comes to here. */
  readonly timeChange: 'once' | 'every';
  readonly #cron: Cron;
  readonly #fields: readonly string[];

  /**
   * @param text - five fields (minute, hour, day of the month, month, day of the week), or six with seconds first
   * @throws {@link CronExpressionError}, {@link TimeZoneError}
   */
  constructor(
    readonly text: string,
    timeZone: string,
    timeChange: TimeChange = 'usual',
  ) {
    this.zone = TimeZone.of(timeZone);
    const fields = readFields(text).map((field) => field.text);
    const isRhythm = fields.slice(0, 3).some((field) => /[*?/]/.test(field));
    this.timeChange = timeChange === 'usual' ? (isRhythm ? 'every' : 'once') : timeChange;
    // Croner tells a time of the day from a rhythm by how it is written.
    if (this.timeChange === 'once' && isRhythm) {
      fields.splice(0, 3, ...HIGHEST.map((highest, i) => writtenOut(fields[i]!, highest)));
    } else if (this.timeChange === 'every' && !isRhythm) {
      fields[1] = fields[1]!.replace(/\d+(-\d+)?/g, (part, to) => (to ? `${part}/1` : `${part}-${part}/1`));
    }
    this.#fields = fields;
    this.#cron = calculator(fields, this.zone);
  }

  next(after: Millis): Millis | undefined {
    return this.#cron.nextRun(new Date(after))?.getTime();
  }

  previous(before: Millis): Millis | undefined {
    return this.#cron.previousRuns(1, new Date(before))[0]?.getTime();
  }

  /** The first local time in `[from, to)` that the expression names, whether it exists or not; local as if it were UTC. */
  firstLocalIn(from: Millis, to: Millis): Millis | undefined {
    const at = calculator(this.#fields, TimeZone.of('+00:00'))
      .nextRun(new Date(from - 1000))
      ?.getTime();
    return at !== undefined && at < to ? at : undefined;
  }
}

function calculator(fields: readonly string[], { name, fixedMinutes }: TimeZone): Cron {
  return new Cron(fields.join(' '), {
    paused: true,
    mode: '6-part',
    fixedTimeRule: 'no-wildcard',
    ...(fixedMinutes === undefined ? { timezone: name } : { utcOffset: fixedMinutes }),
  });
}

/** A field of the time of day without `*`, `?` and steps: the same values as a list. */
function writtenOut(field: string, highest: number): string {
  const values = field.split(',').flatMap((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to = from] = range === '*' || range === '?' ? ['0', String(highest)] : range.split('-');
    const found: number[] = [];
    for (let value = Number(from); value <= Number(to); value += Number(step)) found.push(value);
    return found;
  });
  return [...new Set(values)].sort((a, b) => a - b).join(',');
}
