import { CronMachine, MAX_PARALLEL, type CronMachineOptions } from './cron-machine.js';
import type { CronEffect } from './effects.js';
import { CronOptionError, UnknownJobError } from './errors.js';
import { MAX_CATCH_UP } from './late-runs.js';
import type { JobInput } from './job.js';
import { parseJob } from './parse-job.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1, 12);

/** A machine whose time is moved by hand. */
class Bench {
  now = 1000;
  wall: number;
  trusted = true;
  readonly machine: CronMachine;
  readonly log: string[] = [];
  effects: CronEffect[] = [];

  constructor({
    wall = START,
    trusted = true,
    ...options
  }: CronMachineOptions & { wall?: number; trusted?: boolean } = {}) {
    this.wall = wall;
    this.trusted = trusted;
    this.machine = new CronMachine(this.at, options);
  }

  get at() {
    return { now: this.now, wall: this.wall, trusted: this.trusted };
  }

  add(job: Partial<JobInput> & Pick<JobInput, 'when'>, memory?: object): this {
    return this.note(this.machine.add(this.at, parseJob({ name: 'job', ...job }), memory));
  }

  /** Time goes on, with a tick at each deadline. */
  pass(span: number): this {
    const end = this.now + span;
    while (this.machine.nextDeadline <= end) {
      this.#move(Math.max(this.machine.nextDeadline - this.now, 0));
      this.note(this.machine.tick(this.at));
    }
    this.#move(end - this.now);
    return this.note(this.machine.tick(this.at));
  }

  /** Time goes on and nobody ticks. */
  sleep(span: number): this {
    this.#move(span);
    return this.note(this.machine.tick(this.at));
  }

  step(by: number): this {
    this.wall += by;
    return this.note(this.machine.tick(this.at));
  }

  note(effects: readonly CronEffect[]): this {
    this.effects.push(...effects);
    for (const effect of effects) {
      const time = new Date(effect.due).toISOString().slice(8, 19);
      if (effect.type === 'fire') this.log.push(`${effect.why} ${time}`);
      else if (effect.type === 'missed')
        this.log.push(`lost ${effect.count}${effect.more ? '+' : ''} ${effect.reason} ${time}`);
      else this.log.push(`${effect.reason} ${time}`);
    }
    return this;
  }

  take(): string[] {
    return this.log.splice(0);
  }

  #move(span: number): void {
    this.now += span;
    this.wall += span;
  }
}

const hourly = { cron: '0 * * * *' };
const command = { command: { service: 's', device: 'd', name: 'on' } };

describe('runs by the calendar', () => {
  it('come when the wall clock is there', () => {
    const bench = new Bench().add({ when: { cron: '30 12,13 * * *' } });
    expect(bench.machine.nextDeadline).toBe(1000 + 30 * MINUTE);
    expect(bench.pass(30 * MINUTE - 1).take()).toEqual([]);
    expect(bench.pass(1).take()).toEqual(['due 01T12:30:00']);
    expect(bench.pass(DAY).take()).toEqual(['due 01T13:30:00', 'due 02T12:30:00']);
  });

  it('come a little late where the process was busy, and are missed when it slept', () => {
    const bench = new Bench().add({ when: hourly });
    expect(bench.sleep(HOUR + 9_999).take()).toEqual(['due 01T13:00:00']);
    expect(bench.sleep(HOUR + 5_000).take()).toEqual(['lost 1 policy 01T14:00:00']);
    expect(bench.sleep(5 * HOUR).take()).toEqual(['lost 2+ policy 01T19:00:00']);
    expect(bench.pass(HOUR).take()).toEqual(['due 01T20:00:00']);
  });

  it('are made up for once, or all, within the window', () => {
    const once = new Bench().add({ when: hourly, missed: 'once', windowMs: HOUR });
    expect(once.sleep(3.5 * HOUR).take()).toEqual(['lost 1+ window 01T14:00:00', 'missed 01T15:00:00']);
    const all = new Bench().add({ when: hourly, missed: 'all', windowMs: 2 * HOUR });
    expect(all.sleep(4.5 * HOUR).take()).toEqual([
      'lost 2 window 01T14:00:00',
      'missed 01T15:00:00',
      'missed 01T16:00:00',
    ]);
    const late = new Bench().add({ when: hourly, missed: 'once', windowMs: MINUTE });
    expect(late.sleep(1.5 * HOUR).take()).toEqual(['lost 1 window 01T13:00:00']);
    // The one that is on time does for those before it.
    const onTime = new Bench().add({ when: hourly, missed: 'once', windowMs: DAY });
    expect(onTime.sleep(3 * HOUR).take()).toEqual(['lost 1+ policy 01T14:00:00', 'due 01T15:00:00']);
  });

  it('are never made up for without bound', () => {
    const bench = new Bench().add({ when: { cron: '* * * * * *' }, missed: 'all', windowMs: DAY });
    bench.sleep(HOUR);
    const fired = bench.effects.filter(({ type }) => type === 'fire');
    expect(fired).toHaveLength(MAX_CATCH_UP + 1);
    expect(fired.at(-1)).toMatchObject({ why: 'due', due: START + HOUR });
    expect(fired[0]).toMatchObject({ why: 'missed', due: START + HOUR - MAX_CATCH_UP * 1000 });
  });

  it('do not come twice when the clock is set back', () => {
    const bench = new Bench().add({ when: hourly });
    expect(bench.pass(HOUR).take()).toEqual(['due 01T13:00:00']);
    expect(
      bench
        .step(-10 * MINUTE)
        .pass(30 * MINUTE)
        .take(),
    ).toEqual([]);
    expect(bench.pass(HOUR).take()).toEqual(['due 01T14:00:00']);
    // What did not come yet comes, though the clock had been past it when the job was made.
    const fresh = new Bench({ wall: START + 1 }).add({ when: { cron: '0 9,12 * * *' } });
    expect(
      fresh
        .step(-4 * HOUR)
        .pass(4 * HOUR)
        .take(),
    ).toEqual(['due 01T09:00:00', 'due 01T12:00:00']);
  });

  it('begin another calendar when the clock is set back by more than a day', () => {
    const bench = new Bench({ wall: Date.UTC(2036, 0, 1, 12) }).add({ when: hourly }).pass(HOUR);
    bench.take();
    bench.step(START - Date.UTC(2036, 0, 1, 13));
    expect(bench.pass(HOUR).take()).toEqual(['due 01T13:00:00']);
  });

  it('are planned anew when the clock is set forward', () => {
    const bench = new Bench().add({ when: hourly, missed: 'once' });
    expect(bench.step(50 * MINUTE).machine.nextDeadline).toBe(1000 + 10 * MINUTE);
    expect(bench.step(20 * MINUTE).take()).toEqual(['missed 01T13:00:00']);
    expect(bench.machine.nextDeadline).toBe(1000 + 50 * MINUTE);
  });

  it('come once for one instant, and then there is none any more', () => {
    const bench = new Bench().add({ when: { at: '2026-06-01T12:30:00Z' } });
    expect(bench.machine.state('job').next).toBe(START + 30 * MINUTE);
    expect(bench.pass(DAY).take()).toEqual(['due 01T12:30:00']);
    expect(bench.machine.state('job')).toMatchObject({
      held: 'no run any more',
      lastRun: START + 30 * MINUTE,
    });
    expect(bench.machine.nextDeadline).toBe(Infinity);
    expect(
      new Bench().add({ name: 'past', when: { at: '2026-06-01T11:00:00Z' }, missed: 'once' }).take(),
    ).toEqual([]);
  });

  it('wait for their jitter, one at a time', () => {
    const bench = new Bench({ random: () => 0.999 }).add({
      when: { cron: '* * * * *' },
      jitterSeconds: 3600,
    });
    const next = bench.machine.state('job').next!;
    expect(next).toBeGreaterThan(START + MINUTE);
    expect(next).toBeLessThan(START + 2 * MINUTE);
    bench.pass(10 * MINUTE);
    expect(bench.take()).toEqual(Array.from({ length: 9 }, (_, i) => `due 01T12:0${i + 1}:00`));
  });
});

describe('after a restart', () => {
  const before = (hours: number, when: JobInput['when'] = hourly) =>
    new Bench({ wall: START - hours * HOUR }).add({ when }).pass(MINUTE).machine.memory('job');

  it('runs that were missed are known by what was kept', () => {
    const memory: unknown = JSON.parse(JSON.stringify(before(3.5)));
    expect(new Bench().add({ when: hourly }, memory as object).take()).toEqual([
      'lost 1+ policy 01T11:00:00',
      'due 01T12:00:00',
    ]);
    const half = new Bench({ wall: START + 30 * MINUTE }).add(
      { when: hourly, missed: 'once' },
      memory as object,
    );
    expect(half.take()).toEqual(['lost 1+ window 01T11:00:00', 'missed 01T12:00:00']);
    expect(half.pass(HOUR).take()).toEqual(['due 01T13:00:00']);
  });

  it('a run that came does not come again, also where the clock is behind', () => {
    const first = new Bench().add({ when: hourly }).pass(HOUR);
    const memory = first.machine.memory('job');
    expect(memory).toEqual({ settled: START + HOUR, lastDue: START + HOUR, lastRun: START + HOUR });
    const second = new Bench({ wall: START + 50 * MINUTE }).add({ when: hourly, missed: 'all' }, memory);
    expect(second.pass(30 * MINUTE).take()).toEqual([]);
    expect(second.pass(HOUR).take()).toEqual(['due 01T14:00:00']);
  });

  it('a one-shot whose time passed without power is made up for', () => {
    const when = { at: '2026-06-01T11:30:00Z' };
    const memory = before(3, when);
    expect(memory).toEqual({ settled: START - 3 * HOUR });
    expect(new Bench().add({ when, missed: 'once' }, memory).take()).toEqual(['missed 01T11:30:00']);
    expect(new Bench().add({ when }, memory).take()).toEqual(['lost 1 policy 01T11:30:00']);
  });

  it('a job that was disabled missed nothing', () => {
    const bench = new Bench().add({ when: hourly, missed: 'all', enabled: false }, before(5));
    bench.note(bench.machine.enable(bench.at, 'job', true));
    expect(bench.pass(HOUR).take()).toEqual(['due 01T13:00:00']);
  });

  it('an interval goes on from its last run', () => {
    const when = { everySeconds: 6 * 3600 };
    const bench = new Bench().add({ when }, { settled: START - 4 * HOUR });
    expect(bench.pass(2 * HOUR).take()).toEqual(['due 01T14:00:00']);
    const missed = new Bench().add({ when, missed: 'once', windowMs: DAY }, { settled: START - 7 * HOUR });
    expect(missed.take()).toEqual(['missed 01T11:00:00']);
    expect(missed.pass(5 * HOUR).take()).toEqual(['due 01T17:00:00']);
    // A clock that is behind tells nothing.
    const behind = new Bench().add({ when }, { settled: START + 9 * HOUR });
    expect(behind.machine.state('job').next).toBe(START + 6 * HOUR);
  });
});

describe('intervals', () => {
  it('keep their pace whatever the wall clock does', () => {
    const bench = new Bench().add({ when: { everySeconds: 60 } });
    const runs: number[] = [];
    for (const step of [0, -30 * DAY, 50 * 366 * DAY, -1, HOUR]) {
      bench.step(step).pass(MINUTE);
      runs.push(bench.effects.length);
    }
    expect(runs).toEqual([1, 2, 3, 4, 5]);
    expect(bench.effects.every((effect) => effect.type === 'fire' && effect.why === 'due')).toBe(true);
  });

  it('leave out what was slept through, and keep the beat', () => {
    const bench = new Bench().add({ when: { everySeconds: 60 } });
    expect(bench.sleep(3.5 * MINUTE).take()).toEqual(['lost 2+ policy 01T12:03:00']);
    expect(bench.machine.nextDeadline).toBe(1000 + 4 * MINUTE);
    expect(bench.sleep(1.5 * MINUTE + 5000).take()).toEqual([
      'lost 1+ policy 01T12:04:00',
      'due 01T12:05:00',
    ]);
    const jittered = new Bench({ random: () => 0.5 }).add({ when: { everySeconds: 60 }, jitterSeconds: 20 });
    expect(jittered.pass(70_000).effects).toMatchObject([{ type: 'fire', due: START + MINUTE }]);
    expect(jittered.machine.nextDeadline).toBe(1000 + 130_000);
  });
});

describe('while the clock is not trusted', () => {
  const EPOCH = Date.UTC(1970, 0, 1);

  it('nothing begins by itself, and then runs that were missed are known', () => {
    const bench = new Bench({ wall: EPOCH, trusted: false });
    bench.add({ name: 'calendar', when: hourly, missed: 'once' }, { settled: START - 2.5 * HOUR });
    bench.add({ name: 'fresh', when: hourly, missed: 'once' });
    bench.add({ name: 'interval', when: { everySeconds: 60 } });
    expect(bench.pass(5 * HOUR).take()).toEqual([]);
    expect(bench.machine.nextDeadline).toBe(Infinity);
    expect(bench.machine.state('calendar').held).toBe('clock not trusted');
    expect(bench.machine.memory('calendar')).toEqual({ settled: START - 2.5 * HOUR });
    bench.trusted = true;
    bench.step(START + 30 * MINUTE - bench.wall);
    expect(bench.take()).toEqual(['lost 1+ window 01T11:00:00', 'missed 01T12:00:00']);
    expect(bench.machine.state('fresh').next).toBe(START + HOUR);
    expect(bench.machine.state('interval').next).toBe(START + 31 * MINUTE);
  });

  it('a job may run all the same, and does not run twice for it', () => {
    const bench = new Bench({ trusted: false }).add({
      when: hourly,
      runWhileClockUntrusted: true,
      missed: 'all',
    });
    expect(bench.pass(HOUR).take()).toEqual(['due 01T13:00:00']);
    expect(bench.machine.memory('job')).toMatchObject({ lastRun: START + HOUR });
    expect(bench.machine.memory('job')).not.toHaveProperty('settled');
    bench.trusted = true;
    expect(
      bench
        .step(-5 * MINUTE)
        .pass(10 * MINUTE)
        .take(),
    ).toEqual([]);
    expect(bench.pass(HOUR).take()).toEqual(['due 01T14:00:00']);
  });

  it('what ran by a clock of 1970 is not what was missed since', () => {
    const bench = new Bench({ wall: EPOCH, trusted: false });
    bench.add(
      { when: hourly, runWhileClockUntrusted: true, missed: 'all', windowMs: DAY },
      { settled: START - 1.5 * HOUR },
    );
    expect(bench.pass(HOUR).take()).toEqual(['due 01T01:00:00']);
    bench.trusted = true;
    expect(bench.step(START + 1 - bench.wall).take()).toEqual(['missed 01T11:00:00', 'due 01T12:00:00']);
  });

  it('an interval that may run finds its old pace when the clock is known', () => {
    const job = { when: { everySeconds: 6 * 3600 }, runWhileClockUntrusted: true };
    const bench = new Bench({ wall: EPOCH, trusted: false }).add(job, { settled: START - 5 * HOUR });
    bench.trusted = true;
    bench.step(START - bench.wall);
    expect(bench.machine.state('job').next).toBe(START + HOUR);
    bench.pass(HOUR);
    bench.trusted = false;
    bench.pass(MINUTE);
    bench.trusted = true;
    bench.pass(MINUTE);
    expect(bench.machine.state('job').next).toBe(START + 7 * HOUR);
  });

  it('and the trust may go', () => {
    const bench = new Bench().add({ when: hourly, missed: 'once' });
    bench.trusted = false;
    expect(bench.pass(1.5 * HOUR).take()).toEqual([]);
    bench.trusted = true;
    expect(bench.step(0).pass(HOUR).take()).toEqual(['missed 01T13:00:00', 'due 01T14:00:00']);
  });
});

describe('runs that take their time', () => {
  const long = { when: { everySeconds: 60 }, does: command };
  const running = (bench: Bench): number[] =>
    bench.effects.flatMap((effect) => (effect.type === 'fire' ? [effect.run] : []));

  it('leave out the next, or let it wait, or go on beside it', () => {
    const skip = new Bench().add(long).pass(2 * MINUTE);
    expect(skip.take()).toEqual(['due 01T12:01:00', 'still running 01T12:02:00']);
    skip.note(skip.machine.finished(skip.at, running(skip)[0]!));
    expect(skip.pass(MINUTE).take()).toEqual(['due 01T12:03:00']);

    const queue = new Bench().add({ ...long, overlap: 'queue' }).pass(3 * MINUTE);
    expect(queue.take()).toEqual(['due 01T12:01:00']);
    expect(queue.machine.state('job')).toMatchObject({ running: 1, waiting: 2 });
    queue.note(queue.machine.finished(queue.at, running(queue)[0]!));
    expect(queue.take()).toEqual(['due 01T12:02:00']);

    const parallel = new Bench().add({ ...long, overlap: 'parallel' }).pass(3 * MINUTE);
    expect(parallel.take()).toHaveLength(3);
    parallel.note(parallel.machine.finished(parallel.at, running(parallel)[1]!));
    expect(parallel.machine.state('job').running).toBe(2);
  });

  it('are bounded', () => {
    const queue = new Bench().add({ ...long, overlap: 'queue' }).pass((MAX_CATCH_UP + 2) * MINUTE);
    expect(queue.take().at(-1)).toMatch('too many waiting');
    const parallel = new Bench().add({ ...long, overlap: 'parallel' }).pass((MAX_PARALLEL + 1) * MINUTE);
    expect(parallel.take().at(-1)).toMatch('too many at once');
  });

  it('are known by their number, which may be told late or twice', () => {
    const bench = new Bench().add(long).pass(MINUTE);
    const run = running(bench)[0]!;
    bench.note(bench.machine.update(bench.at, parseJob({ name: 'job', ...long, title: 'new' })));
    expect(bench.machine.state('job').running).toBe(1);
    bench.note(bench.machine.finished(bench.at, run)).note(bench.machine.finished(bench.at, run));
    expect(bench.machine.state('job').running).toBe(0);
    bench.pass(MINUTE);
    bench.note(bench.machine.remove(bench.at, 'job'));
    bench.take();
    bench.note(bench.machine.finished(bench.at, running(bench).at(-1)!));
    expect(bench.pass(DAY).take()).toEqual([]);
  });
});

describe('the list', () => {
  it('is changed and read', () => {
    const bench = new Bench()
      .add({ name: 'a', when: hourly })
      .add({ name: 'b', when: { everySeconds: 60 }, enabled: false });
    const { machine } = bench;
    expect(machine.names).toEqual(['a', 'b']);
    expect(machine.state('a')).toMatchObject({ next: START + HOUR, running: 0, waiting: 0 });
    expect(machine.state('b')).toMatchObject({ held: 'disabled' });
    bench.note(machine.run(bench.at, 'b'));
    expect(bench.take()).toEqual(['by hand 01T12:00:00']);
    bench.note(machine.enable(bench.at, 'b', true)).note(machine.enable(bench.at, 'b', true));
    expect(bench.pass(MINUTE).take()).toEqual(['due 01T12:01:00']);
    bench.note(machine.remove(bench.at, 'b'));
    bench.note(machine.update(bench.at, parseJob({ name: 'a', when: { cron: '5 12 * * *' } })));
    expect(bench.pass(5 * MINUTE).take()).toEqual(['due 01T12:05:00']);
  });

  it('says what is wrong', () => {
    const bench = new Bench({ maxJobs: 1 }).add({ name: 'a', when: hourly });
    expect(() => bench.add({ name: 'a', when: hourly })).toThrow('there is a job "a" already');
    expect(() => bench.add({ name: 'b', when: hourly })).toThrow(
      'there are 1 jobs, the limit; "b" was not added',
    );
    expect(() => bench.machine.remove(bench.at, 'c')).toThrow('there is no job "c"');
    expect(() => bench.machine.state('c')).toThrow(UnknownJobError);
    expect(() => new Bench({ maxJobs: 0 })).toThrow('"maxJobs" has to be 1 or more');
    expect(() => new Bench({ graceMs: NaN })).toThrow(CronOptionError);
  });
});
