import { CronExpression } from './cron-expression.js';
import { CronExpressionError, TimeZoneError } from './errors.js';

const text = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 19);

/** The runs after an instant. */
function runs(expression: CronExpression, from: string, count: number): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  let at: number | undefined = Date.parse(from);
  for (let i = 0; i < count && at !== undefined; i++) {
    at = expression.next(at);
    found.push(text(at));
  }
  return found;
}

describe('a cron expression', () => {
  it('has five fields, or six with seconds first', () => {
    expect(runs(new CronExpression('30 8 * * *', 'UTC'), '2026-01-01T00:00Z', 2)).toEqual([
      '2026-01-01T08:30:00',
      '2026-01-02T08:30:00',
    ]);
    expect(runs(new CronExpression('15 30 8 * * MON', 'Europe/Paris'), '2026-01-01T00:00Z', 1)).toEqual([
      '2026-01-05T07:30:15',
    ]);
    expect(runs(new CronExpression('@hourly', 'UTC'), '2026-01-01T00:30Z', 1)).toEqual([
      '2026-01-01T01:00:00',
    ]);
  });

  it('takes a fixed offset as its zone, which no summer time moves', () => {
    const tank = new CronExpression('0 8 * * *', '+01:00');
    expect(runs(tank, '2026-03-28T00:00Z', 2)).toEqual(['2026-03-28T07:00:00', '2026-03-29T07:00:00']);
  });

  it('looks strictly after and strictly before', () => {
    const every = new CronExpression('0 * * * *', 'UTC');
    const hour = Date.UTC(2026, 0, 1, 5);
    expect(text(every.next(hour))).toBe('2026-01-01T06:00:00');
    expect(text(every.next(hour - 1))).toBe('2026-01-01T05:00:00');
    expect(text(every.previous(hour))).toBe('2026-01-01T04:00:00');
    expect(text(every.previous(hour + 1))).toBe('2026-01-01T05:00:00');
  });

  it.each([
    ['', 1, 'five fields or six'],
    ['0 8 * *', 8, '1 of the five fields missing'],
    ['* * * * * * 2026', 13, 'one field too many'],
    ['61 * * * *', 1, '"61" is no minute; minute takes 0-59'],
    ['0 5,25 * * *', 5, '"25" is no hour'],
    ['0 0 32 * *', 5, '"32" is no day of the month'],
    ['0 0 1 13 *', 7, '"13" is no month; month takes 1-12'],
    ['0 0 1 * BLA', 9, '"BLA" is no day of the week'],
    ['*/0 * * * *', 1, '"*/0" is no minute'],
    ['5/2 * * * *', 1, 'a step without a range'],
    ['0 22-5 * * *', 3, 'ends before it begins'],
    ['1,,2 * * * *', 3, 'nothing beside a comma'],
    ['0 0  30 2 *', 6, 'there is no such day'],
    ['0 0 31 4,6 *', 5, 'there is no such day'],
    ['@dayly', 1, 'is none of @yearly'],
    ['@daily 5', 1, 'which stand alone'],
    [`${'1,'.repeat(100)}1 * * * *`, 201, '200 characters at most'],
  ])('complains of "%s" at character %d: %s', (expression, position, reason) => {
    let caught: unknown;
    try {
      new CronExpression(expression, 'UTC');
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(CronExpressionError);
    expect(caught).toMatchObject({
      code: 'CRON_EXPRESSION',
      position,
      reason: expect.stringContaining(reason) as unknown,
    });
  });

  it('refuses a zone that is not there', () => {
    expect(() => new CronExpression('* * * * *', 'Mars/Base')).toThrow(TimeZoneError);
    expect(() => new CronExpression('* * * * *', '+15:00')).toThrow('there is no time zone "+15:00"');
  });
});

describe('the nights on which the clock changes', () => {
  const at = (
    expression: string,
    zone: string,
    change: 'usual' | 'once' | 'every',
    from: string,
    count: number,
  ) => runs(new CronExpression(expression, zone, change), from, count).map((run) => run!.slice(5, 16));

  it('Paris, back: a time of the day runs once, a rhythm goes on', () => {
    const night = '2026-10-24T23:30Z';
    expect(at('30 2 * * *', 'Europe/Paris', 'usual', night, 2)).toEqual(['10-25T00:30', '10-26T01:30']);
    expect(at('30 2,3 * * *', 'Europe/Paris', 'usual', night, 2)).toEqual(['10-25T00:30', '10-25T02:30']);
    expect(at('30 2 * * *', 'Europe/Paris', 'every', night, 2)).toEqual(['10-25T00:30', '10-25T01:30']);
    expect(at('30,45 2 * * *', 'Europe/Paris', 'every', night, 4)).toEqual([
      '10-25T00:30',
      '10-25T00:45',
      '10-25T01:30',
      '10-25T01:45',
    ]);
    expect(at('*/30 * * * *', 'Europe/Paris', 'usual', night, 4)).toEqual([
      '10-25T00:00',
      '10-25T00:30',
      '10-25T01:00',
      '10-25T01:30',
    ]);
    expect(at('*/30 * * * *', 'Europe/Paris', 'once', night, 3)).toEqual([
      '10-25T00:00',
      '10-25T00:30',
      '10-25T02:00',
    ]);
  });

  it('Paris, forward: a time of the day runs after the jump, a rhythm leaves out', () => {
    const night = '2026-03-29T00:00Z';
    expect(at('30 2 * * *', 'Europe/Paris', 'usual', night, 2)).toEqual(['03-29T01:00', '03-30T00:30']);
    expect(at('30 2 * * *', 'Europe/Paris', 'every', night, 1)).toEqual(['03-30T00:30']);
    expect(at('30 2-2/1 * * *', 'Europe/Paris', 'usual', night, 1)).toEqual(['03-30T00:30']);
    expect(at('30 2-2/1 * * *', 'Europe/Paris', 'once', night, 1)).toEqual(['03-29T01:00']);
  });

  it('New York', () => {
    expect(at('30 2 * * *', 'America/New_York', 'usual', '2026-03-08T05:00Z', 2)).toEqual([
      '03-08T07:00',
      '03-09T06:30',
    ]);
    expect(at('30 1 * * *', 'America/New_York', 'usual', '2026-11-01T04:00Z', 2)).toEqual([
      '11-01T05:30',
      '11-02T06:30',
    ]);
    expect(at('30 1 * * *', 'America/New_York', 'every', '2026-11-01T04:00Z', 2)).toEqual([
      '11-01T05:30',
      '11-01T06:30',
    ]);
  });

  it('Lord Howe, by half an hour', () => {
    expect(at('15 2 * * *', 'Australia/Lord_Howe', 'usual', '2026-10-03T15:00Z', 2)).toEqual([
      '10-03T15:30',
      '10-04T15:15',
    ]);
    expect(at('45 1 * * *', 'Australia/Lord_Howe', 'usual', '2026-04-04T14:00Z', 2)).toEqual([
      '04-04T14:45',
      '04-05T15:15',
    ]);
    expect(at('45 1 * * *', 'Australia/Lord_Howe', 'every', '2026-04-04T14:00Z', 2)).toEqual([
      '04-04T14:45',
      '04-04T15:15',
    ]);
  });
});
