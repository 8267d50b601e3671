import { formatReading, formatTime } from './format.js';
import type { Reading, ValueDescription } from './types.js';

type Described = Pick<ValueDescription, 'title' | 'schema' | 'unit'>;

/** How the title of a value says that it is an instant: its unit alone may be that of a span, too. */
const INSTANT = /,? Unix milliseconds$/;

const isNumber = ({ schema }: Described): boolean =>
  schema['type'] === 'number' || schema['type'] === 'integer';

/** Whether it is an instant, to be shown as date and time. */
export function isInstant(value: Described): boolean {
  return value.unit === 'ms' && isNumber(value) && INSTANT.test(value.title);
}

/** Whether it is a number to be drawn, and compared with others. */
export function isMeasured(value: Described): boolean {
  return isNumber(value) && !isInstant(value);
}

/** The title beside what is shown of a value; an instant shows no milliseconds. */
export function valueTitle(value: Described): string {
  return isInstant(value) ? value.title.replace(INSTANT, '') : value.title;
}

/** A reading beside its title, as a person would say it. */
export function readingText(value: Described | undefined, of: Reading | undefined, now: number): string {
  if (of === undefined || value === undefined) return formatReading(of);
  if (typeof of.value === 'boolean' && value.title === 'On') return of.value ? 'On' : 'Off';
  return typeof of.value === 'number' && isInstant(value) ? formatTime(of.value, now) : formatReading(of);
}
