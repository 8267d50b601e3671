import { InvalidJobError } from './errors.js';
import { jobSchema } from './job.js';
import { parseJob } from './parse-job.js';

function mistakes(json: unknown): readonly { path: string; message: string }[] {
  try {
    parseJob(json);
  } catch (error) {
    if (error instanceof InvalidJobError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('the JSON form of a job', () => {
  it('is short: all else has a default', () => {
    const { definition, recurrence, everyMs } = parseJob({ name: 'feed', when: { cron: '0 8 * * *' } });
    expect(definition).toEqual({
      name: 'feed',
      when: { cron: '0 8 * * *', timeChange: 'usual' },
      missed: 'skip',
      windowMs: 3_600_000,
      jitterSeconds: 0,
      overlap: 'skip',
      runWhileClockUntrusted: false,
      enabled: true,
    });
    expect(everyMs).toBeUndefined();
    expect(recurrence?.next(Date.UTC(2026, 0, 1))).toBe(Date.UTC(2026, 0, 1, 8));
    // What is stored is what was read, and reads the same.
    expect(parseJob(definition).definition).toEqual(definition);
    expect(jobSchema.parse(definition)).toEqual(definition);
  });

  it('takes the time zone and the place that are set, or its own', () => {
    const from = Date.UTC(2026, 0, 1);
    const at = (when: object): number | undefined =>
      parseJob(
        { name: 'x', when },
        { timeZone: 'Europe/Paris', place: { latitude: 48, longitude: 2 } },
      ).recurrence?.next(from);
    expect(at({ cron: '0 8 * * *' })).toBe(from + 7 * 3_600_000);
    expect(at({ cron: '0 8 * * *', timeZone: 'UTC' })).toBe(from + 8 * 3_600_000);
    expect(at({ sun: 'solarNoon' })).toBeGreaterThan(from + 11 * 3_600_000);
    expect(at({ sun: 'solarNoon', place: { latitude: 0, longitude: 90 } })).toBeLessThan(
      from + 7 * 3_600_000,
    );
    expect(at({ at: '2026-02-01T12:00:00+02:00' })).toBe(Date.UTC(2026, 1, 1, 10));
    expect(parseJob({ name: 'x', when: { everySeconds: 1.5 } }).everyMs).toBe(1500);
  });

  it('says what it does', () => {
    const command = { service: 'pi.fake.devices', device: 'lamp', name: 'on', args: { level: 4 } };
    const { does } = parseJob({ name: 'x', when: { everySeconds: 60 }, does: { command } }).definition;
    expect(does).toEqual({ command: { ...command, timeoutMs: 10_000 } });
    const request = { service: 'pi.mail', body: ['send', 'hello'] };
    expect(parseJob({ name: 'x', when: { everySeconds: 60 }, does: { request } }).definition.does).toEqual({
      request,
    });
  });

  it.each([
    [null, '', 'is no JSON object'],
    [[], '', 'is no JSON object'],
    [{ name: 'x' }, 'when', 'one of cron, everySeconds, sun, at; this has none of them'],
    [{ name: 'x', when: { cron: '* * * * *', at: '2026-01-01T00:00:00Z' } }, 'when', 'this has cron and at'],
    [
      { name: 'x', when: { cron: '0 25 * * *' } },
      'when.cron',
      'character 3 of "0 25 * * *": "25" is no hour',
    ],
    [
      { name: 'x', when: { cron: '0 2 * * *', timeZone: 'Mars/Base' } },
      'when.timeZone',
      'no time zone "Mars/Base"',
    ],
    [{ name: 'x', when: { everySeconds: 0 } }, 'when.everySeconds', '>=1'],
    [{ name: 'x', when: { sun: 'moonrise' } }, 'when.sun', 'sunrise'],
    [{ name: 'x', when: { sun: 'sunset' } }, 'when.place', 'no latitude and longitude are set'],
    [{ name: 'x', when: { sun: 'sunset', offsetMinutes: 9999 } }, 'when.offsetMinutes', '<=720'],
    [{ name: 'x', when: { at: '2026-02-30T08:00:00Z' } }, 'when.at', 'a date and time that exist'],
    [{ name: 'x', when: { at: '2026-02-03T08:00:00' } }, 'when.at', 'with their offset'],
    [{ name: 'a|b', when: { everySeconds: 5 } }, 'name', '1 to 100 letters'],
    [{ name: 'x', when: { everySeconds: 5 }, missed: 'twice' }, 'missed', 'skip'],
    [{ name: 'x', when: { everySeconds: 5 }, colour: 'red' }, '', 'colour'],
    [{ name: 'x', when: { everySeconds: 5 }, does: {} }, 'does', 'one of command, request'],
    [
      { name: 'x', when: { everySeconds: 5 }, does: { request: { service: 's', body: [] } } },
      'does.request.body',
      '1',
    ],
    [
      { name: 'x', when: { everySeconds: 5 }, does: { request: { service: 's', body: [5] } } },
      'does.request.body[0]',
      'string',
    ],
  ])('refuses %j at "%s": %s', (json, path, message) => {
    expect(mistakes(json)).toContainEqual({ path, message: expect.stringContaining(message) as unknown });
  });

  it('lists all mistakes in one error', () => {
    const json = { name: 'x', when: { everySeconds: 0 }, missed: 'no', windowMs: -1 };
    expect(
      mistakes(json)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['missed', 'when.everySeconds', 'windowMs']);
    expect(() => parseJob(json)).toThrow(/^the job "x" is wrong: .*missed: .*; /);
  });
});
