import { integer, oneOf, text, toggle, UsageError, type SettingsOf } from '@raspy/runtime';
import { typedSpan, typedTime } from './time-text.js';

const own = { default: '', from: 'command' } as const;

/** Settings that say when something runs. */
export const whenSettings = {
  cron: text({
    description:
      "A cron expression: minute, hour, day, month, weekday; with six fields seconds come first: '0 30 7 * * *'",
    hint: 'EXPRESSION',
    defaultText: 'none',
    ...own,
  }),
  zone: text({
    description: 'Time zone of the expression: Europe/Paris, UTC or +01:00',
    hint: 'ZONE',
    defaultText: 'that of the core server',
    ...own,
  }),
  timeChange: oneOf<'' | 'usual' | 'once' | 'every'>({
    description: 'What the expression does where the clock changes, see the guide',
    hint: 'usual|once|every',
    words: ['usual', 'once', 'every'],
    defaultText: 'usual',
    ...own,
  }),
  every: text({
    description: 'An interval: 90s, 10m, 8h, 2d',
    hint: 'SPAN',
    defaultText: 'none',
    ...own,
  }),
  sun: oneOf<'' | 'sunrise' | 'sunset' | 'dawn' | 'dusk' | 'solarNoon'>({
    description: 'An event of the sun',
    hint: 'EVENT',
    words: ['sunrise', 'sunset', 'dawn', 'dusk', 'solarNoon'],
    defaultText: 'none',
    ...own,
  }),
  offset: integer({
    description: 'Minutes after the event of the sun; with - before it',
    hint: 'MINUTES',
    default: 0,
    min: -720,
    max: 720,
    from: 'command',
  }),
  at: text({
    description: 'One instant: 2026-12-24T18:00, 2026-12-24T17:00Z, or +15m from now',
    hint: 'TIME',
    defaultText: 'none',
    ...own,
  }),
};

/** Settings that say what a job is. */
export const jobSettings = {
  ...whenSettings,
  file: text({
    description: 'A file with the job as JSON, - for standard input; what else is given changes it',
    hint: 'FILE',
    defaultText: 'none',
    ...own,
  }),
  title: text({ description: 'What people call it', hint: 'TEXT', defaultText: 'none', ...own }),
  device: text({
    description: 'A device that is sent a command, by its name or <hostname>.<service>.<name>',
    hint: 'DEVICE',
    defaultText: 'none',
    ...own,
  }),
  command: text({ description: 'That command', hint: 'NAME', default: 'set', from: 'command' }),
  args: text({
    description: 'Its arguments, a JSON object',
    hint: 'JSON',
    defaultText: 'none',
    ...own,
  }),
  lease: text({
    description:
      'So long what the command sets lasts, unless renewed; then the output is made safe: 90s, 10m',
    hint: 'SPAN',
    defaultText: 'no lease',
    ...own,
  }),
  missed: oneOf<'' | 'skip' | 'once' | 'all'>({
    description: 'What becomes of runs that nobody could begin: skip, once, all',
    hint: 'POLICY',
    words: ['skip', 'once', 'all'],
    defaultText: 'skip',
    ...own,
  }),
  window: text({
    description: 'Runs that were missed longer ago are not made up for: 90s, 10m, 8h, 2d',
    hint: 'SPAN',
    defaultText: '1h',
    ...own,
  }),
  overlap: oneOf<'' | 'skip' | 'queue' | 'parallel'>({
    description: 'A run that comes while another goes on: skip, queue, parallel',
    hint: 'RULE',
    words: ['skip', 'queue', 'parallel'],
    defaultText: 'skip',
    ...own,
  }),
  jitter: text({ description: 'A random delay up to this: 90s', hint: 'SPAN', defaultText: 'none', ...own }),
  untrusted: toggle({
    description: 'Run also while the clock of the machine is not trusted',
    from: 'command',
  }),
};

/** What was typed about a job. */
export type TypedJob = SettingsOf<typeof jobSettings>;
/** What was typed about when something runs. */
export type TypedWhen = SettingsOf<typeof whenSettings>;

/**
 * When, as it was typed; `undefined` when nothing was.
 * @throws UsageError for times that make no sense, or more than one
 */
export function typedWhen(typed: TypedWhen, wallNow: number): object | undefined {
  const given = (['cron', 'every', 'sun', 'at'] as const).filter((name) => typed[name] !== '');
  if (given.length > 1) {
    throw new UsageError(
      `give one of ${given.map((name) => `--${name}`).join(' and ')}: a job has one kind of time`,
    );
  }
  const [kind] = given;
  if (kind !== 'cron' && (typed.zone !== '' || typed.timeChange !== '')) {
    throw new UsageError('--zone and --time-change are for a job with --cron');
  }
  if (kind !== 'sun' && typed.offset !== 0) throw new UsageError('--offset is for a job with --sun');
  switch (kind) {
    case 'cron': {
      const { cron, zone: timeZone, timeChange } = typed;
      return { cron, ...(timeZone !== '' && { timeZone }), ...(timeChange !== '' && { timeChange }) };
    }
    case 'every':
      return { everySeconds: typedSpan('--every', typed.every) / 1_000 };
    case 'sun':
      return { sun: typed.sun, ...(typed.offset !== 0 && { offsetMinutes: typed.offset }) };
    case 'at':
      return { at: new Date(typedTime('--at', typed.at, wallNow)).toISOString() };
    default:
      return undefined;
  }
}

/**
 * The members of a job that were typed, `when` and `does` apart.
 * @throws UsageError for spans that are none
 */
export function typedMembers(typed: TypedJob): object {
  const { title, missed, window, overlap, jitter, untrusted } = typed;
  return {
    ...(title !== '' && { title }),
    ...(missed !== '' && { missed }),
    ...(window !== '' && { windowMs: typedSpan('--window', window) }),
    ...(overlap !== '' && { overlap }),
    ...(jitter !== '' && { jitterSeconds: typedSpan('--jitter', jitter) / 1_000 }),
    ...(untrusted && { runWhileClockUntrusted: true }),
  };
}
