import { Cron } from 'croner';
import { CronExpressionError } from './errors.js';

/** A field of an expression and where it begins; the first character is 1. */
export interface Field {
  readonly name: FieldName;
  readonly text: string;
  readonly position: number;
}

type FieldName = keyof typeof TAKES;

/** Expressions name no year, so what is not found from here comes never. */
const SOME_TIME = new Date(Date.UTC(2000, 0, 1));
const MAX_LENGTH = 200;

const TAKES = {
  second: '0-59',
  minute: '0-59',
  hour: '0-23',
  'day of the month': '1-31, L for the last, 15W for the weekday next to the 15th',
  month: '1-12, JAN-DEC',
  'day of the week': '0-7 (0 and 7 are Sunday), SUN-SAT, FRI#2 for the second Friday, FRI#L for the last',
};

const NAMES: readonly FieldName[] = [
  'second',
  'minute',
  'hour',
  'day of the month',
  'month',
  'day of the week',
];

const NICKNAMES = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/**
 * The six fields of a cron expression, seconds first (`0` when it names none), each readable by itself and together
 * naming dates that come.
 * @throws {@link CronExpressionError} with the position of what is wrong
 */
export function readFields(expression: string): readonly Field[] {
  const fail = (position: number, reason: string): never => {
    const shown = expression.length > MAX_LENGTH ? `${expression.slice(0, MAX_LENGTH)}…` : expression;
    throw new CronExpressionError(shown, position, reason);
  };
  if (expression.length > MAX_LENGTH) {
    fail(MAX_LENGTH + 1, `an expression has ${MAX_LENGTH} characters at most`);
  }
  const words = [...expression.matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, position: index + 1 }));
  const first = words[0] ?? fail(1, `an expression has five fields or six: ${NAMES.join(', ')}`);
  if (first.text.startsWith('@')) {
    const meant = words.length === 1 ? NICKNAMES.get(first.text.toLowerCase()) : undefined;
    if (meant === undefined) {
      fail(
        first.position,
        `"${first.text}" is none of ${[...NICKNAMES.keys()].join(', ')}, which stand alone`,
      );
    }
    return readFields(meant!).map((field) => ({ ...field, position: first.position }));
  }
  if (words.length < 5) {
    const names = `${NAMES.slice(1).join(', ')}, and before them the second if wanted`;
    fail(expression.trimEnd().length + 1, `${5 - words.length} of the five fields missing: ${names}`);
  }
  const extra = words[6];
  if (extra !== undefined) {
    fail(extra.position, `"${extra.text}" is one field too many: they are ${NAMES.join(', ')}; no year`);
  }
  const placed = words.length === 5 ? [{ text: '0', position: first.position }, ...words] : words;
  const fields = placed.map((word, i) => ({ ...word, name: NAMES[i]! }));
  fields.forEach((field, i) => checkField(field, i, fail));
  const all = fields.map(({ text }) => text).join(' ');
  if (new Cron(all, { paused: true, timezone: 'UTC' }).nextRun(SOME_TIME) === null) {
    const day = fields[3]!;
    fail(day.position, `there is no such day: none of the months has "${day.text}" as its day of the month`);
  }
  return fields;
}

function checkField(
  { name, text, position }: Field,
  index: number,
  fail: (position: number, reason: string) => never,
): void {
  if (isField(text, index)) return;
  let start = 0;
  for (const element of text.split(',')) {
    if (!isField(element, index)) fail(position + start, whatIsWrong(name, element));
    start += element.length + 1;
  }
  fail(position, whatIsWrong(name, text));
}

function isField(text: string, index: number): boolean {
  const fields = Array.from(NAMES, (_, i) => (i === index ? text : '*'));
  try {
    return new Cron(fields.join(' '), { paused: true, mode: '6-part' }).getPattern() !== undefined;
  } catch {
    return false;
  }
}

function whatIsWrong(name: FieldName, text: string): string {
  const takes = `${name} takes ${TAKES[name]}, *, ranges such as 1-5, steps such as */2 or 1-5/2, and lists with commas`;
  if (text === '') return `nothing beside a comma; ${takes}`;
  const range = /^(\d+)-(\d+)$/.exec(text);
  if (range !== null && Number(range[1]) > Number(range[2])) {
    return `the range "${text}" ends before it begins: write two with a comma between; ${takes}`;
  }
  if (/^\d+\/\d+$/.test(text)) return `"${text}" has a step without a range: write */… or a range; ${takes}`;
  return `"${text}" is no ${name}; ${takes}`;
}
