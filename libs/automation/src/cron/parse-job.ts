import { z } from 'zod';
import type { Millis } from '@raspy/clock';
import { SunRecurrence, type Place } from '../sun/sun-recurrence.js';
import { CronExpression } from './cron-expression.js';
import { CronError, InvalidJobError, type JobMistake } from './errors.js';
import { doesSchemas, jobFields, whenSchemas, type JobDefinition } from './job.js';
import { choose, isObject, mistakesOf } from './mistakes.js';
import { OneShot, type Recurrence } from './recurrence.js';

/** What holds for jobs that do not say it themselves. */
export interface JobDefaults {
  /** Default `UTC`. */
  readonly timeZone?: string;
  /** Without it, a sun event has to name its place. */
  readonly place?: Place;
}

/** A job that was checked, and what its times come to. */
export interface Job {
  readonly definition: JobDefinition;
  /** When it runs by the wall clock; `undefined` for an interval. */
  readonly recurrence: Recurrence | undefined;
  /** The interval of monotonic time; `undefined` for a job of the calendar. */
  readonly everyMs: Millis | undefined;
}

/**
 * Reads the JSON form of a job.
 * @throws {@link InvalidJobError} with all mistakes and their paths
 */
export function parseJob(json: unknown, defaults: JobDefaults = {}): Job {
  const mistakes: JobMistake[] = [];
  const form = isObject(json) ? json : {};
  const named = typeof form['name'] === 'string' ? form['name'].slice(0, 100) : '(without a name)';
  if (!isObject(json)) throw new InvalidJobError(named, [{ path: '', message: 'is no JSON object' }]);
  const when = choose(form['when'], 'when', whenSchemas, mistakes);
  const does = form['does'] === undefined ? undefined : choose(form['does'], 'does', doesSchemas, mistakes);
  const schema = z.strictObject({
    ...jobFields,
    when: when ?? z.unknown(),
    does: (does ?? z.unknown()).optional(),
  });
  const read = schema.safeParse(json);
  if (!read.success) mistakes.push(...mistakesOf(read.error.issues));
  if (!read.success || mistakes.length > 0) throw new InvalidJobError(named, mistakes);
  // The branches were chosen by key: together they are the union of `jobSchema`.
  const definition = read.data as JobDefinition;
  const recurrence = recurrenceOf(definition.when, defaults, mistakes);
  if (mistakes.length > 0) throw new InvalidJobError(named, mistakes);
  const everyMs = 'everySeconds' in definition.when ? definition.when.everySeconds * 1000 : undefined;
  return { definition, recurrence, everyMs };
}

function recurrenceOf(
  when: JobDefinition['when'],
  { timeZone = 'UTC', place: usual }: JobDefaults,
  mistakes: JobMistake[],
): Recurrence | undefined {
  if ('cron' in when) {
    try {
      return new CronExpression(when.cron, when.timeZone ?? timeZone, when.timeChange);
    } catch (error) {
      if (!(error instanceof CronError)) throw error;
      mistakes.push({
        path: error.code === 'TIME_ZONE' ? 'when.timeZone' : 'when.cron',
        message: error.message,
      });
      return undefined;
    }
  }
  if ('at' in when) return new OneShot(Date.parse(when.at));
  if ('everySeconds' in when) return undefined;
  const place = when.place ?? usual;
  if (place === undefined) {
    mistakes.push({
      path: 'when.place',
      message: 'is needed: no latitude and longitude are set for all jobs',
    });
    return undefined;
  }
  return new SunRecurrence(when.sun, place, Math.round(when.offsetMinutes * 60_000));
}
