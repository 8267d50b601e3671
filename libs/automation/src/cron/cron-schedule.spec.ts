import { VirtualClock } from '@raspy/clock';
import { CronSchedule, type CronScheduleOptions } from './cron-schedule.js';
import { parseJob } from './parse-job.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 5, 1, 12);
const hourly = parseJob({ name: 'hourly', when: { cron: '0 * * * *' }, missed: 'once' });

function begin(options: CronScheduleOptions = {}) {
  const clock = new VirtualClock(50, START);
  const schedule = new CronSchedule(clock, options);
  const log: string[] = [];
  schedule.fired$.subscribe(({ job, due, why }) =>
    log.push(`${job.name} ${why} ${new Date(due).toISOString().slice(11, 16)}`),
  );
  schedule.left$.subscribe(({ job, type, reason }) => log.push(`${job.name} ${type} ${reason}`));
  return { clock, schedule, log };
}

describe('a schedule', () => {
  it('begins runs when the clock is there', () => {
    const { clock, schedule, log } = begin();
    schedule.add(hourly);
    clock.advanceBy(60 * MINUTE - 1);
    expect(log).toEqual([]);
    clock.advanceBy(1);
    expect(log).toEqual(['hourly due 13:00']);
    expect(schedule.memory('hourly').lastRun).toBe(START + 60 * MINUTE);
    schedule.close();
  });

  it('sees that the wall clock has stepped', () => {
    const { clock, schedule, log } = begin();
    schedule.add(hourly);
    clock.stepWall(59.9 * MINUTE);
    clock.advanceBy(6000);
    expect(log).toEqual(['hourly due 13:00']);
    clock.stepWall(-MINUTE);
    clock.advanceBy(2 * MINUTE);
    expect(log).toHaveLength(1);
    clock.stepWall(90 * MINUTE);
    clock.advanceBy(5000);
    expect(log.slice(1)).toEqual(['hourly missed 14:00']);
    schedule.close();
  });

  it('sees that the clock can be believed now', () => {
    let trusted = false;
    const { clock, schedule, log } = begin({ isClockTrusted: () => trusted, lookEveryMs: 1000 });
    schedule.add(hourly, { settled: START - 90 * MINUTE });
    clock.advanceBy(120 * MINUTE);
    expect(log).toEqual([]);
    expect(schedule.isClockTrusted).toBe(false);
    trusted = true;
    clock.advanceBy(1000);
    expect(log).toEqual(['hourly missed window', 'hourly due 14:00']);
    schedule.close();
  });

  it('is told of the ends of runs, also while it tells of their beginnings', () => {
    const { clock, schedule, log } = begin();
    const does = { command: { service: 's', device: 'd', name: 'on' } };
    schedule.fired$.subscribe(({ run, due }) => {
      if (due !== START + 2 * MINUTE) schedule.finished(run);
    });
    schedule.add(parseJob({ name: 'x', when: { everySeconds: 60 }, does }));
    clock.advanceBy(3 * MINUTE);
    expect(log).toEqual(['x due 12:01', 'x due 12:02', 'x skipped still running']);
    expect(schedule.state('x').running).toBe(1);
    schedule.close();
  });

  it('is changed while it runs, and says what is wrong', () => {
    const { clock, schedule, log } = begin();
    schedule.add(hourly);
    schedule.enable('hourly', false);
    clock.advanceBy(60 * MINUTE);
    schedule.run('hourly');
    schedule.update(parseJob({ name: 'hourly', when: { everySeconds: 60 } }));
    clock.advanceBy(MINUTE);
    expect(log).toEqual(['hourly by hand 13:00', 'hourly due 13:01']);
    expect(schedule.names).toEqual(['hourly']);
    schedule.remove('hourly');
    expect(() => schedule.run('hourly')).toThrow('there is no job "hourly"');
    expect(() => begin({ lookEveryMs: 0 })).toThrow('"lookEveryMs"');
    schedule.close();
  });

  it('begins nothing any more once it is closed', () => {
    const { clock, schedule, log } = begin();
    schedule.add(hourly);
    schedule.close();
    schedule.run('hourly');
    clock.advanceBy(120 * MINUTE);
    expect(log).toEqual([]);
    expect(clock.nextAt).toBe(Infinity);
  });
});
