import type { JobInput } from '@raspy/automation';
import { VirtualClock } from '@raspy/clock';
import { memorySettings, SettingsStoreError, type SettingsStore } from '@raspy/titanic-store';
import { frameText, textFrame } from '@raspy/wire';
import { silentLogger, type Logger } from '../log/logger.js';
import type { CarryOut } from './carry-out.js';
import { CronJobs, type CronJobsOptions } from './cron-jobs.js';
import { JobStore } from './job-store.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 5, 1, 12);
const never = new AbortController().signal;
const command = { service: 'pi.tank.devices', device: 'pump', name: 'dose', args: { ml: 5 } };
const dose: JobInput = { name: 'dose', when: { cron: '0 * * * *' }, missed: 'once', does: { command } };
const bell: JobInput = { name: 'bell', when: { everySeconds: 600 } };

/** A settings store that can be down, keeps its times, and counts. */
class TestStore implements SettingsStore {
  readonly inner = memorySettings();
  readonly writes: string[] = [];
  down: 'refuses' | 'silent' | 'deaf' | undefined;

  get: SettingsStore['get'] = (...at) => this.#ask(() => this.inner.get(...at));
  list: SettingsStore['list'] = (...at) => this.#ask(() => this.inner.list(...at));
  compareAndSet: SettingsStore['compareAndSet'] = (...at) => this.#ask(() => this.inner.compareAndSet(...at));
  set: SettingsStore['set'] = (service, section, key, value) =>
    this.#ask(async () => {
      this.writes.push(`${String(section)} ${String(key)}`);
      await this.inner.set(service, section, key, value);
    });
  delete: SettingsStore['delete'] = (...at) => this.#ask(() => this.inner.delete(...at));

  async json(section: string, key: string): Promise<unknown> {
    const value = await this.inner.get('cron', section, key);
    return value === undefined ? undefined : JSON.parse(frameText(value));
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.down === 'refuses') throw new SettingsStoreError('set', '500');
    if (this.down === 'deaf') await work();
    if (this.down !== undefined) throw Object.assign(new Error('no reply in time'), { code: 'TIMEOUT' });
    return work();
  }
}

class Bench {
  readonly clock = new VirtualClock(50, START);
  readonly settings = new TestStore();
  readonly events: string[] = [];
  readonly lines: string[] = [];
  /** What was carried out: what the store had of it by then, too. */
  readonly done: { job: string; due: number; noted: unknown }[] = [];
  carryOut: CarryOut = () => Promise.resolve({ ml: 5 });
  jobs!: CronJobs;
  #starts = 0;

  start(options: Partial<CronJobsOptions> = {}): CronJobs {
    const line = (level: string) => (message: string) => void this.lines.push(`${level} ${message}`);
    const logger: Logger = { ...silentLogger, info: line('info'), warn: line('warn'), error: line('error') };
    this.jobs = new CronJobs({
      store: new JobStore(this.settings),
      clock: this.clock,
      logger,
      isClockTrusted: () => true,
      defaults: { timeZone: 'UTC' },
      instanceId: `i${++this.#starts}`,
      publish: (job, event) => void this.events.push(`${job} ${event}`),
      carryOut: async (job, does, record, signal) => {
        this.done.push({ job, due: record.due, noted: await this.settings.json('memory', job) });
        return this.carryOut(job, does, record, signal);
      },
      ...options,
    });
    return this.jobs;
  }

  async loaded(options: Partial<CronJobsOptions> = {}): Promise<CronJobs> {
    const jobs = this.start(options);
    await jobs.load(never);
    return jobs;
  }

  /** As `kill -9`: nothing is said any more, and a power cut takes its time. */
  async killed(forMs: number, options: Partial<CronJobsOptions> = {}): Promise<CronJobs> {
    const before = this.settings.down;
    this.settings.down = 'silent';
    this.jobs.close(0).catch(() => undefined);
    await this.clock.advanceByAsync(forMs);
    this.settings.down = before;
    return this.loaded(options);
  }
}

let bench: Bench;
beforeEach(() => (bench = new Bench()));
afterEach(async () => {
  const closing = bench.jobs.close(0);
  await bench.clock.advanceByAsync(0);
  await closing;
});

describe('the jobs of a home', () => {
  it('are kept in the settings store, with their defaults, and are there again after a restart', async () => {
    let jobs = await bench.loaded();
    await jobs.add(dose);
    await jobs.add(bell);
    expect(jobs.keys()).toEqual(['bell', 'dose']);
    expect(await bench.settings.json('jobs', 'dose')).toMatchObject({
      ...dose,
      overlap: 'skip',
      enabled: true,
    });
    await jobs.enable('bell', false);
    await jobs.enable('bell', false);
    jobs = await bench.killed(0);
    expect(jobs.keys()).toEqual(['bell', 'dose']);
    expect(jobs.info('bell')).toMatchObject({ name: 'bell', job: { enabled: false }, held: 'disabled' });
    expect(jobs.info('dose')).toMatchObject({ next: START + HOUR, running: 0 });
    expect(jobs.list()).toHaveLength(2);
    await jobs.update({ ...dose, when: { cron: '30 * * * *' } });
    expect(jobs.info('dose')).toMatchObject({ next: START + 30 * MINUTE });
    await jobs.remove('dose');
    expect(jobs.keys()).toEqual(['bell']);
    expect(await bench.settings.inner.list('cron', 'memory')).toEqual(['bell']);
  });

  it('refuse what is wrong with all mistakes, and change nothing', async () => {
    const jobs = await bench.loaded({ maxJobs: 1 });
    await jobs.add(bell);
    await expect(jobs.add(bell)).rejects.toMatchObject({ code: 'DUPLICATE_JOB' });
    await expect(jobs.add(dose)).rejects.toMatchObject({ code: 'TOO_MANY_JOBS' });
    await expect(jobs.add({ ...dose, when: { cron: '0 25 * * *' }, overlap: 'no' })).rejects.toMatchObject({
      code: 'INVALID_JOB',
    });
    await expect(jobs.update(dose)).rejects.toMatchObject({ code: 'UNKNOWN_JOB' });
    await expect(jobs.enable('none', true)).rejects.toMatchObject({ code: 'UNKNOWN_JOB' });
    await expect(jobs.remove('none')).rejects.toMatchObject({ code: 'UNKNOWN_JOB' });
    await expect(jobs.run('none')).rejects.toMatchObject({ code: 'UNKNOWN_JOB' });
    expect(() => jobs.info('none')).toThrow('there is no job "none"');
    expect(() => jobs.next('none', 1)).toThrow('there is no job "none"');
    expect(await bench.settings.inner.list('cron', 'jobs')).toEqual(['bell']);
  });

  it('do not run before the store was read, which is said once', async () => {
    let jobs = await bench.loaded();
    await jobs.add(dose);
    jobs = await bench.killed(0);
    await jobs.close(0);
    bench.settings.down = 'silent';
    jobs = bench.start();
    const loading = jobs.load(never);
    await bench.clock.advanceByAsync(2 * HOUR);
    expect(bench.done).toEqual([]);
    expect(() => jobs.keys()).toThrow(
      'the jobs were not read from the settings store yet, and none runs: no reply',
    );
    await expect(jobs.add(bell)).rejects.toMatchObject({ code: 'JOBS_NOT_READ' });
    expect(bench.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    expect(jobs.areRead).toBe(false);
    bench.settings.down = undefined;
    await bench.clock.advanceByAsync(10_000);
    await loading;
    await bench.clock.advanceByAsync(0);
    expect(jobs.areRead).toBe(true);
    // 13:00 lies outside the window of an hour, and 14:00 is made up for.
    expect(bench.done.map(({ due }) => due)).toEqual([START + 2 * HOUR]);
  });

  it('are not loaded any more when the server ends meanwhile', async () => {
    bench.settings.down = 'silent';
    const jobs = bench.start();
    const ending = new AbortController();
    const loading = jobs.load(ending.signal);
    await bench.clock.advanceByAsync(1_000);
    ending.abort();
    await loading;
    expect(jobs.areRead).toBe(false);
  });

  it('are as they were when the store refuses a change', async () => {
    const jobs = await bench.loaded();
    await jobs.add(bell);
    bench.settings.down = 'refuses';
    for (const change of [
      jobs.add(dose),
      jobs.update({ ...bell, title: 'Bell' }),
      jobs.enable('bell', false),
      jobs.remove('bell'),
    ]) {
      await expect(change).rejects.toMatchObject({ code: 'JOB_NOT_STORED' });
    }
    expect(jobs.keys()).toEqual(['bell']);
    expect(jobs.info('bell')).not.toHaveProperty('held');
    expect(jobs.info('bell')).not.toHaveProperty('job.title');
    await bench.clock.advanceByAsync(10 * MINUTE);
    expect(bench.events).toHaveLength(0);
    bench.settings.down = undefined;
  });

  it('are put right in a store that took a change without saying so', async () => {
    const jobs = await bench.loaded();
    await jobs.add(bell);
    bench.settings.down = 'deaf';
    await expect(jobs.add(dose)).rejects.toThrow('nothing was changed');
    await expect(jobs.update({ ...bell, title: 'Bell' })).rejects.toMatchObject({ code: 'JOB_NOT_STORED' });
    await bench.clock.advanceByAsync(1_000);
    bench.settings.down = undefined;
    await bench.clock.advanceByAsync(20_000);
    expect(await bench.settings.inner.list('cron', 'jobs')).toEqual(['bell']);
    expect(await bench.settings.json('jobs', 'bell')).not.toHaveProperty('title');
    expect(jobs.keys()).toEqual(['bell']);
  });

  it('say at the end which change may be in the store all the same', async () => {
    const jobs = await bench.loaded();
    bench.settings.down = 'deaf';
    await expect(jobs.add(dose)).rejects.toMatchObject({ code: 'JOB_NOT_STORED' });
    await jobs.close(0);
    await bench.clock.advanceByAsync(0);
    expect(bench.lines).toContain('error a change that was refused may be in the settings store');
  });

  it('that cannot be run as they are stored are told of, kept, and can be mended or removed', async () => {
    const set = (name: string, text: string) =>
      bench.settings.inner.set('cron', 'jobs', name, textFrame(text));
    await set('half', '{"name":');
    await set('other', JSON.stringify(bell));
    await set('sun', JSON.stringify({ name: 'sun', when: { sun: 'sunset' } }));
    const jobs = await bench.loaded();
    expect(jobs.keys()).toEqual(['half', 'other', 'sun']);
    expect(jobs.info('sun')).toMatchObject({
      job: { when: { sun: 'sunset' } },
      unreadable: expect.stringContaining('when.place') as string,
    });
    expect(jobs.info('other')).toMatchObject({ unreadable: 'it says that its name is "bell"' });
    expect(() => jobs.next('half', 1)).toThrow('update or remove it');
    await expect(jobs.add({ ...bell, name: 'sun' })).rejects.toMatchObject({ code: 'DUPLICATE_JOB' });
    await jobs.update({ ...bell, name: 'sun' });
    expect(jobs.info('sun')).toMatchObject({ next: START + 10 * MINUTE });
    await jobs.remove('half');
    expect(await bench.settings.inner.list('cron', 'jobs')).toEqual(['other', 'sun']);
    expect(bench.lines.filter((line) => line.startsWith('error'))).toHaveLength(3);
    expect(jobs.statistics).toMatchObject({ 'cron.jobs': 1, 'cron.unreadable': 1 });
  });

  it('wait while another server of the home has them', async () => {
    let isAlone = false;
    const jobs = bench.start({
      mayRun: () => (isAlone ? Promise.resolve() : Promise.reject(new Error('pi2.core.cron runs them'))),
    });
    const loading = jobs.load(never);
    await bench.clock.advanceByAsync(30_000);
    expect(() => jobs.list()).toThrow('pi2.core.cron runs them');
    isAlone = true;
    await bench.clock.advanceByAsync(10_000);
    await loading;
    expect(jobs.list()).toEqual([]);
  });
});

describe('a run', () => {
  it('is told once, and carried out when it is noted that it came', async () => {
    const jobs = await bench.loaded();
    await jobs.add(dose);
    await bench.clock.advanceByAsync(HOUR);
    const run = { due: START + HOUR, at: START + HOUR, why: 'due', run: 'i1-1' };
    expect(bench.events).toEqual([`dose ${JSON.stringify(run)}`]);
    expect(bench.done).toMatchObject([
      { job: 'dose', noted: { memory: { lastDue: START + HOUR }, last: { ...run, outcome: 'begun' } } },
    ]);
    expect(jobs.info('dose')).toMatchObject({
      lastRun: START + HOUR,
      next: START + 2 * HOUR,
      last: { ...run, outcome: 'done', result: { ml: 5 } },
    });
    expect(jobs.statistics).toMatchObject({ 'cron.runs.begun': 1, 'cron.runs.failed': 0 });
    expect(await bench.settings.json('memory', 'dose')).toMatchObject({ last: { outcome: 'done' } });
  });

  it('that was under way when the server was killed is not done again, and its outcome is not known', async () => {
    bench.carryOut = (_job, _does, _record, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const jobs = await bench.loaded();
    await jobs.add(dose);
    await bench.clock.advanceByAsync(HOUR);
    expect(bench.done).toHaveLength(1);
    // As the store is at this moment, for another server on another clock that goes on.
    const next = new Bench();
    next.clock.stepWall(HOUR + MINUTE);
    for (const section of ['jobs', 'memory']) {
      const value = (await bench.settings.inner.get('cron', section, 'dose'))!;
      await next.settings.inner.set('cron', section, 'dose', value);
    }
    const again = await next.loaded();
    await next.clock.advanceByAsync(58 * MINUTE);
    expect(next.done).toEqual([]);
    expect(again.info('dose')).toMatchObject({ last: { outcome: 'unknown', due: START + HOUR } });
    expect(next.lines).toContain('error nobody knows whether a run of a job was done');
    await again.close(0);
  });

  it('that was missed is made up for once, as the policy says, though nothing of the job had run before', async () => {
    let jobs = await bench.loaded();
    await jobs.add(dose);
    await jobs.add({ ...dose, name: 'skips', missed: 'skip' });
    jobs = await bench.killed(90 * MINUTE);
    await bench.clock.advanceByAsync(0);
    expect(bench.done.map(({ job, due }) => [job, due])).toEqual([['dose', START + HOUR]]);
    expect(bench.events).toHaveLength(1);
    expect(bench.events[0]).toContain('"why":"missed"');
    expect(jobs.info('skips')).toMatchObject({ lost: { due: START + HOUR, count: 1, reason: 'policy' } });
    expect(jobs.statistics).toMatchObject({ 'cron.runs.missed': 1 });
    await bench.killed(0);
    await bench.clock.advanceByAsync(0);
    expect(bench.done).toHaveLength(1);
  });

  it('is not missed when it is of a time that the job did not have, or was disabled at', async () => {
    const jobs = await bench.loaded();
    await jobs.add(dose);
    await jobs.enable('dose', false);
    const noted = (await bench.settings.inner.get('cron', 'memory', 'dose'))!;
    await bench.clock.advanceByAsync(30 * MINUTE);
    await jobs.enable('dose', true);
    // The server was killed before it could store the new memory.
    await bench.settings.inner.set('cron', 'memory', 'dose', noted);
    await bench.killed(45 * MINUTE);
    await bench.clock.advanceByAsync(0);
    expect(bench.done).toEqual([]);
  });

  it('is not done when it cannot be noted in time, which is said; the next is', async () => {
    const jobs = await bench.loaded();
    await jobs.add(dose);
    bench.settings.down = 'silent';
    await bench.clock.advanceByAsync(HOUR + 30_000);
    expect(bench.done).toEqual([]);
    expect(bench.events).toEqual([]);
    expect(jobs.info('dose')).toMatchObject({ running: 0, last: { outcome: 'failed' } });
    expect(bench.lines).toContain('error a run of a job failed');
    bench.settings.down = undefined;
    await bench.clock.advanceByAsync(HOUR);
    expect(bench.done).toHaveLength(1);
  });

  it('waits for a store that is away for a moment', async () => {
    const jobs = await bench.loaded();
    await jobs.add(dose);
    await bench.clock.advanceByAsync(59 * MINUTE + 59_000);
    bench.settings.down = 'silent';
    await bench.clock.advanceByAsync(4_000);
    bench.settings.down = undefined;
    await bench.clock.advanceByAsync(2_000);
    expect(bench.done).toHaveLength(1);
    expect(jobs.info('dose')).toMatchObject({ last: { outcome: 'done' } });
  });

  it('ends as failed, or as one of which nobody knows', async () => {
    const jobs = await bench.loaded();
    await jobs.add(dose);
    bench.carryOut = () =>
      Promise.reject(Object.assign(new Error('the tank is empty'), { code: 'SERVICE_STATUS' }));
    expect(await jobs.run('dose')).toMatchObject({ outcome: 'failed', reason: 'the tank is empty' });
    bench.carryOut = () =>
      Promise.reject(Object.assign(new Error('no reply'), { code: 'TIMEOUT', attempts: 1 }));
    expect(await jobs.run('dose')).toMatchObject({ outcome: 'unknown', reason: 'no reply' });
    bench.carryOut = () =>
      Promise.reject(Object.assign(new Error('no reply'), { code: 'TIMEOUT', attempts: 0 }));
    expect(await jobs.run('dose')).toMatchObject({ outcome: 'failed' });
    bench.carryOut = () => Promise.resolve('x'.repeat(2_000));
    expect(await jobs.run('dose')).not.toHaveProperty('result');
    expect(jobs.statistics).toMatchObject({ 'cron.runs.failed': 2, 'cron.runs.unknown': 1 });
  });

  it('goes on although nobody can be told of it', async () => {
    const jobs = await bench.loaded({
      publish: () => {
        throw new Error('the tree is away');
      },
    });
    await jobs.add(dose);
    expect(await jobs.run('dose')).toMatchObject({ outcome: 'done' });
    expect(bench.lines).toContain('error nobody could be told that a job has come');
    expect(jobs.statistics).toMatchObject({ 'cron.runs.untold': 1 });
  });
});

describe('a run by hand', () => {
  it('needs no store, and no clock that is trusted', async () => {
    const jobs = await bench.loaded({ isClockTrusted: () => false });
    await jobs.add(dose);
    bench.settings.down = 'silent';
    expect(await jobs.run('dose')).toMatchObject({ outcome: 'done', why: 'by hand' });
    bench.settings.down = undefined;
    expect(jobs.next('dose', 1).notes).toContain('nothing of this runs before the clock is trusted');
    await bench.clock.advanceByAsync(MINUTE);
    expect(await bench.settings.json('memory', 'dose')).toMatchObject({
      last: { why: 'by hand', outcome: 'done' },
    });
  });

  it('is waited for for a little while; another one is left out, or waits, by the overlap rule', async () => {
    let end = (): void => undefined;
    bench.carryOut = () => new Promise<void>((resolve) => (end = resolve));
    const jobs = await bench.loaded();
    await jobs.add(dose);
    const first = jobs.run('dose');
    await bench.clock.advanceByAsync(2_000);
    expect(await first).toMatchObject({ outcome: 'begun' });
    expect(await jobs.run('dose')).toEqual({ outcome: 'skipped', reason: 'still running' });
    await jobs.update({ ...dose, overlap: 'queue' });
    expect(await jobs.run('dose')).toEqual({ outcome: 'waiting' });
    end();
    await bench.clock.advanceByAsync(0);
    expect(bench.done).toHaveLength(2);
    await jobs.remove('dose');
    end();
    await bench.clock.advanceByAsync(0);
    expect(jobs.list()).toEqual([]);
    expect(await bench.settings.inner.list('cron', 'memory')).toEqual([]);
  });
});

describe('the store', () => {
  it('is not written to without need', async () => {
    const jobs = await bench.loaded();
    await jobs.add(dose);
    await jobs.add(bell);
    bench.settings.writes.length = 0;
    await bench.clock.advanceByAsync(9 * MINUTE);
    expect(bench.settings.writes).toEqual([]);
    await bench.clock.advanceByAsync(2 * MINUTE);
    expect(bench.settings.writes).toEqual(['memory bell']);
    await bench.killed(0);
    bench.settings.writes.length = 0;
    await bench.clock.advanceByAsync(5 * MINUTE);
    expect(bench.settings.writes).toEqual([]);
  });

  it('loses what is left of a removal that was interrupted', async () => {
    await bench.settings.inner.set('cron', 'memory', 'gone', textFrame('{}'));
    await bench.loaded();
    expect(await bench.settings.inner.list('cron', 'memory')).toEqual([]);
  });

  it('may hold a memory that is damaged: the job is as if it were new', async () => {
    for (const damaged of ['{', '7', '{"memory":{"settled":"x"},"of":"y","last":{"run":1}}']) {
      await bench.settings.inner.set('cron', 'jobs', 'dose', textFrame(JSON.stringify(dose)));
      await bench.settings.inner.set('cron', 'memory', 'dose', textFrame(damaged));
      const jobs = await bench.loaded();
      expect(jobs.info('dose')).toMatchObject({ next: START + HOUR });
      expect(jobs.info('dose')).not.toHaveProperty('last');
      await jobs.close(0);
    }
  });
});

it('shows the next runs, those of an interval from where it is', async () => {
  const jobs = await bench.loaded();
  await jobs.add(bell);
  await jobs.add({ name: 'night', when: { cron: '30 2 * * *', timeZone: 'Europe/Paris' }, enabled: false });
  await bench.clock.advanceByAsync(7 * MINUTE);
  expect(jobs.next('bell', 2).runs.map(({ at }) => at)).toEqual([START + 10 * MINUTE, START + 20 * MINUTE]);
  const night = jobs.next('night', 1);
  expect(night.runs[0]!.local).toBe('2026-06-02T02:30:00+02:00');
  expect(night.notes.join('\n')).toMatch(/disabled[^]*on 25 October 2026 this runs/);
});

it('lets runs end within the deadline when it closes, and aborts the others', async () => {
  const reasons: unknown[] = [];
  bench.carryOut = (job, _does, _record, signal) =>
    job === 'dose'
      ? Promise.resolve(1)
      : new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push((signal.reason as Error).message);
            reject(Object.assign(new Error('aborted'), { code: 'ABORTED', attempts: 1 }));
          });
        });
  const jobs = await bench.loaded();
  await jobs.add(dose);
  await jobs.add({ ...dose, name: 'slow' });
  await bench.clock.advanceByAsync(HOUR);
  const closing = jobs.close(1_000);
  await bench.clock.advanceByAsync(999);
  expect(reasons).toEqual([]);
  await bench.clock.advanceByAsync(1);
  await closing;
  expect(reasons).toEqual(['the server stops']);
  expect(await bench.settings.json('memory', 'slow')).toMatchObject({ last: { outcome: 'unknown' } });
  expect(await bench.settings.json('memory', 'dose')).toMatchObject({ last: { outcome: 'done' } });
});
