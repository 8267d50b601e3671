import { SunRecurrence } from './sun-recurrence.js';

const DAY = 86_400_000;
const paris = { latitude: 48.85, longitude: 2.35 };
const tromso = { latitude: 69.65, longitude: 18.96 };
const near = (instant: number | undefined, iso: string): void => {
  expect(Math.abs(instant! - Date.parse(iso))).toBeLessThan(3 * 60_000);
};

describe('sun events', () => {
  it('come when the almanac says', () => {
    const noon = Date.parse('2026-06-21T00:00Z');
    near(new SunRecurrence('sunrise', paris).next(noon), '2026-06-21T03:47Z');
    near(new SunRecurrence('sunset', paris).next(noon), '2026-06-21T19:58Z');
    near(new SunRecurrence('solarNoon', paris).next(noon), '2026-06-21T11:52Z');
    near(new SunRecurrence('dawn', paris).next(noon), '2026-06-21T03:05Z');
    near(new SunRecurrence('dusk', paris).next(noon), '2026-06-21T20:40Z');
  });

  it('are moved by an offset', () => {
    const from = Date.parse('2026-06-21T00:00Z');
    const sunset = new SunRecurrence('sunset', paris).next(from)!;
    expect(new SunRecurrence('sunset', paris, -1_800_000).next(from)).toBe(sunset - 1_800_000);
    expect(new SunRecurrence('sunset', paris, 12 * 3_600_000).next(sunset)).toBe(sunset + 12 * 3_600_000);
  });

  it.each([-179.9, -120, -0.1, 0.1, 151, 179.9])('come once a day at longitude %d', (longitude) => {
    for (const event of ['sunrise', 'sunset', 'solarNoon'] as const) {
      const sun = new SunRecurrence(event, { latitude: -33, longitude });
      let at = Date.UTC(2026, 0, 1);
      for (let day = 0; day < 400; day++) {
        const next = sun.next(at)!;
        if (day > 0) expect(Math.abs(next - at - DAY)).toBeLessThan(5 * 60_000);
        expect(sun.previous(next + 1)).toBe(next);
        if (day > 0) expect(sun.previous(next)).toBe(at);
        at = next;
      }
    }
  });

  it('do not come in the polar night, and the next is after it', () => {
    const sunrise = new SunRecurrence('sunrise', tromso);
    const next = sunrise.next(Date.parse('2026-12-01T00:00Z'))!;
    expect(new Date(next).toISOString()).toMatch(/^2027-01-1/);
    expect(new Date(sunrise.previous(Date.parse('2026-12-15T00:00Z'))!).toISOString()).toMatch(/^2026-11-2/);
    const days = sunrise.without(Date.parse('2026-10-01T00:00Z'), Date.parse('2027-10-01T00:00Z'))!;
    expect(new Date(days.from).toISOString()).toMatch(/^2026-11-2/);
    expect(days.sun).toBe('down');
    expect(sunrise.without(days.from - 60 * DAY, days.from - DAY)).toBeUndefined();
  });

  it('tells a polar day from a night without dusk', () => {
    const june = Date.parse('2026-06-10T00:00Z');
    expect(new SunRecurrence('sunset', tromso).without(june, june + DAY)?.sun).toBe('up');
    const helsinki = { latitude: 62, longitude: 25 };
    const dusk = new SunRecurrence('dusk', helsinki).without(june, june + DAY)!;
    expect(dusk).not.toHaveProperty('sun');
  });
});
