import { parseJob } from './parse-job.js';
import { MAX_PREVIEW, preview, type Preview } from './preview.js';
import type { JobInput } from './job.js';

const tromso = { latitude: 69.65, longitude: 18.96 };

function look(when: JobInput['when'], from: string, count: number, more: Partial<JobInput> = {}): Preview {
  const defaults = { timeZone: 'Europe/Paris', place: tromso };
  return preview(parseJob({ name: 'x', when, ...more }, defaults), Date.parse(from), count, defaults);
}

describe('the preview', () => {
  it('shows the next runs in local time', () => {
    const { runs, notes } = look({ cron: '0 8 * * *', timeZone: 'UTC' }, '2026-01-01T00:00Z', 2);
    expect(runs).toEqual([
      { at: Date.UTC(2026, 0, 1, 8), local: '2026-01-01T08:00:00+00:00', remarks: [] },
      { at: Date.UTC(2026, 0, 2, 8), local: '2026-01-02T08:00:00+00:00', remarks: [] },
    ]);
    expect(notes).toEqual([]);
  });

  it('tells of a night on which a rhythm runs twice', () => {
    const { runs, notes } = look({ cron: '*/30 2 * * *' }, '2026-10-24T20:00Z', 5);
    expect(runs.map(({ local, remarks }) => [local, ...remarks])).toEqual([
      ['2026-10-25T02:00:00+02:00', 'the first time: this time comes twice'],
      ['2026-10-25T02:30:00+02:00', 'the first time: this time comes twice'],
      ['2026-10-25T02:00:00+01:00', 'the second time: this time comes twice'],
      ['2026-10-25T02:30:00+01:00', 'the second time: this time comes twice'],
      ['2026-10-26T02:00:00+01:00'],
    ]);
    expect(notes).toEqual([
      'on 25 October 2026 this runs twice: 02:00 comes twice, the clock goes back',
      'on 28 March 2027 this leaves out 02:00 to 03:00, which do not exist: the clock goes forward',
      'on 31 October 2027 this runs twice: 02:00 comes twice, the clock goes back',
    ]);
  });

  it('tells of nights on which a time of the day comes once, and is moved', () => {
    const { runs, notes } = look({ cron: '15 30 2 * * *' }, '2026-03-28T12:00Z', 2);
    expect(runs.map(({ local, remarks }) => [local, ...remarks])).toEqual([
      ['2026-03-29T03:00:00+02:00', 'in place of 02:30:15, which does not exist'],
      ['2026-03-30T02:30:15+02:00'],
    ]);
    expect(notes.slice(0, 2)).toEqual([
      'on 29 March 2026 this runs at 03:00: 02:30:15 does not exist, the clock goes forward',
      'on 25 October 2026 this runs the first time only: 02:30:15 comes twice, the clock goes back',
    ]);
    const october = look({ cron: '30 2 * * *' }, '2026-10-24T12:00Z', 2);
    expect(october.runs.map(({ remarks }) => remarks)).toEqual([
      ['the first time only: this time comes twice'],
      [],
    ]);
  });

  it('tells of half an hour', () => {
    const { notes } = look({ cron: '45 1 * * *', timeZone: 'Australia/Lord_Howe' }, '2026-01-01T00:00Z', 1);
    expect(notes[0]).toBe(
      'on 5 April 2026 this runs the first time only: 01:45 comes twice, the clock goes back',
    );
  });

  it('says nothing of nights that do not matter', () => {
    expect(look({ cron: '0 8 * * *' }, '2026-10-24T12:00Z', 3).notes).toEqual([]);
    expect(look({ cron: '30 2 * * *', timeZone: '+01:00' }, '2026-10-24T12:00Z', 3).notes).toEqual([]);
  });

  it('tells of days without sun', () => {
    const { runs, notes } = look({ sun: 'sunrise' }, '2026-11-28T00:00Z', 1);
    expect(runs[0]!.local).toMatch(/^2027-01-1/);
    expect(notes).toEqual([
      expect.stringMatching(/^no sunrise from 28 November 2026 to 1\d January 2027: the sun stays down$/),
    ]);
    const dusk = look({ sun: 'dusk', place: { latitude: 62, longitude: 25 } }, '2026-05-01T00:00Z', 1);
    expect(dusk.notes).toEqual([expect.stringMatching(/^no dusk from \d+ June 2026 to \d+ July 2026$/)]);
    expect(
      look({ sun: 'sunset', place: { latitude: 0, longitude: 0 } }, '2026-05-01T00:00Z', 1).notes,
    ).toEqual([]);
  });

  it('shows intervals, one instant, and jitter', () => {
    const { runs, notes } = look({ everySeconds: 90 }, '2026-01-01T00:00Z', 2, { jitterSeconds: 5 });
    expect(runs.map(({ local }) => local)).toEqual([
      '2026-01-01T01:01:30+01:00',
      '2026-01-01T01:03:00+01:00',
    ]);
    expect(notes).toEqual(['each run is delayed by a random time of up to 5 s']);
    const once = look({ at: '2026-01-01T12:00:00Z' }, '2026-01-01T00:00Z', 5);
    expect(once.runs).toHaveLength(1);
    expect(look({ at: '2026-01-01T12:00:00Z' }, '2026-01-02T00:00Z', 5)).toEqual({
      runs: [],
      notes: ['there is no run after 2026-01-02T01:00:00+01:00'],
    });
  });

  it('is bounded', () => {
    expect(look({ everySeconds: 1 }, '2026-01-01T00:00Z', 1e9).runs).toHaveLength(MAX_PREVIEW);
  });
});
