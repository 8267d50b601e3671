import { DeadlineHeap, type Millis } from '@raspy/clock';
import type { CronEffect, Instant, JobMemory, JobState } from './effects.js';
import { CronOptionError, DuplicateJobError, TooManyJobsError, UnknownJobError } from './errors.js';
import { JobEntry, type Candidate } from './job-entry.js';
import { MAX_CATCH_UP } from './late-runs.js';
import type { Job } from './parse-job.js';

/** Runs of one job at once at most, with the overlap rule `parallel`. */
export const MAX_PARALLEL = 16;

/** A wall clock that lags by less than this between two looks was not set back, only read at another moment. */
const READING_TOLERANCE_MS = 100;

export interface CronMachineOptions {
  /** A run that begins later than this was missed. Default 10 000 ms */
  readonly graceMs?: Millis;
  /** Default 10 000. */
  readonly maxJobs?: number;
  /** For jitter: at least 0, less than 1. */
  readonly random?: () => number;
}

/**
 * Jobs in time, without a timer: each input brings the time and gives back what happens. The four rules that always hold
 * for runs by the calendar:
 *
 * 1. **The wall clock first.** A run begins when a wall clock that is trusted has reached its instant, never before it.
 *    When the clock steps, what comes next is what comes next by the clock as it is now.
 * 2. **Never in the past.** What is later than the grace is no due run any more: it was missed, and the job's policy says
 *    whether it is made up for, within its window and at most {@link MAX_CATCH_UP} at once.
 * 3. **Never twice.** A run that came does not come again, neither after the clock was set back (by up to a day; more
 *    begins another calendar) nor after a restart with what {@link CronMachine.memory} gave.
 * 4. **Always forward.** The instants of a job's runs rise, and a job that has a run to come always waits for it.
 *
 * Intervals count on monotonic time, which has no steps. Nothing begins by itself while the clock is not trusted, unless
 * the job says so.
 */
export class CronMachine {
  readonly #jobs = new Map<string, JobEntry>();
  readonly #runs = new Map<number, JobEntry>();
  /** By the wall clock and by monotonic time. Jobs that are held are in neither. */
  readonly #calendar = new DeadlineHeap<JobEntry>();
  readonly #intervals = new DeadlineHeap<JobEntry>();
  readonly #graceMs: Millis;
  readonly #maxJobs: number;
  readonly #random: () => number;
  #at: Instant;
  #run = 0;

  /** @throws {@link CronOptionError} */
  constructor(
    at: Instant,
    { graceMs = 10_000, maxJobs = 10_000, random = Math.random }: CronMachineOptions = {},
  ) {
    if (!(graceMs >= 0)) throw new CronOptionError('"graceMs" has to be a number of milliseconds, 0 or more');
    if (!(maxJobs >= 1)) throw new CronOptionError('"maxJobs" has to be 1 or more');
    this.#at = at;
    this.#graceMs = graceMs;
    this.#maxJobs = maxJobs;
    this.#random = random;
  }

  /** The monotonic instant at which it wants its next tick, as long as the clock does not step; `Infinity` for none. */
  get nextDeadline(): Millis {
    const { now, wall } = this.#at;
    const byWall = this.#calendar.first?.deadline ?? Infinity;
    return Math.min(this.#intervals.first?.deadline ?? Infinity, byWall - wall + now);
  }

  /**
   * Adds a job, with what was kept of it before a restart.
   * @throws {@link DuplicateJobError}, {@link TooManyJobsError}
   */
  add(at: Instant, job: Job, memory?: JobMemory): readonly CronEffect[] {
    const { name } = job.definition;
    if (this.#jobs.has(name)) throw new DuplicateJobError(name);
    if (this.#jobs.size >= this.#maxJobs) throw new TooManyJobsError(name, this.#maxJobs);
    const effects = [...this.tick(at)];
    const entry = new JobEntry(job, memory ?? {});
    if (memory?.settled === undefined || !job.definition.enabled) entry.timing.startAnew(at);
    this.#jobs.set(name, entry);
    this.#plan(entry);
    return [...effects, ...this.#tick()];
  }

  /**
   * Puts a job in the place of the one of its name. Runs of the old one that go on are counted as the new one's; what
   * waits does not begin any more; runs that were missed until now are no matter.
   * @throws {@link UnknownJobError}
   */
  update(at: Instant, job: Job): readonly CronEffect[] {
    const old = this.#entry(job.definition.name);
    const effects = [...this.tick(at)];
    const entry = new JobEntry(job, old.memory(at.trusted));
    entry.timing.startAnew(at);
    for (const run of old.running) {
      entry.running.add(run);
      this.#runs.set(run, entry);
    }
    this.#unplan(old);
    this.#jobs.set(entry.name, entry);
    this.#plan(entry);
    return [...effects, ...this.#tick()];
  }

  /**
   * A run that goes on is not ended, and its end may still be told.
   * @throws {@link UnknownJobError}
   */
  remove(at: Instant, name: string): readonly CronEffect[] {
    const entry = this.#entry(name);
    const effects = this.tick(at);
    this.#unplan(entry);
    this.#jobs.delete(name);
    for (const run of entry.running) this.#runs.delete(run);
    return effects;
  }

  /**
   * What would have run while a job was disabled is no missed run.
   * @throws {@link UnknownJobError}
   */
  enable(at: Instant, name: string, enabled: boolean): readonly CronEffect[] {
    const { job } = this.#entry(name);
    if (job.definition.enabled === enabled) return this.tick(at);
    return this.update(at, { ...job, definition: { ...job.definition, enabled } });
  }

  /**
   * Begins a run by hand, also of a job that is disabled; its calendar stays as it is, and its overlap rule holds.
   * @throws {@link UnknownJobError}
   */
  run(at: Instant, name: string): readonly CronEffect[] {
    const entry = this.#entry(name);
    const effects = [...this.tick(at)];
    this.#offer(entry, { due: at.wall, why: 'by hand' }, effects);
    return effects;
  }

  /** The end of a run, however it ended; the next that waits begins. A run that is not known is no matter. */
  finished(at: Instant, run: number): readonly CronEffect[] {
    const effects = [...this.tick(at)];
    const entry = this.#runs.get(run);
    if (entry === undefined) return effects;
    this.#runs.delete(run);
    entry.running.delete(run);
    const waiting = entry.running.size === 0 ? entry.waiting.shift() : undefined;
    if (waiting !== undefined) this.#begin(entry, waiting, effects);
    return effects;
  }

  /** Time has passed, or the wall clock has stepped, or it is believed now. */
  tick(at: Instant): readonly CronEffect[] {
    const before = this.#at;
    this.#at = at;
    const setBackBy = before.wall - before.now - (at.wall - at.now);
    if (at.trusted !== before.trusted) this.#trustChanged();
    else if (setBackBy > READING_TOLERANCE_MS) this.#setBack();
    return this.#tick();
  }

  /** What has to be kept of a job to go on after a restart. */
  memory(name: string): JobMemory {
    return this.#entry(name).memory(this.#at.trusted);
  }

  /** @throws {@link UnknownJobError} */
  state(name: string): JobState {
    const entry = this.#entry(name);
    const { job, lastRun, running, waiting, deadline, timing } = entry;
    const { now, wall, trusted } = this.#at;
    const common = {
      job: job.definition,
      ...(lastRun === undefined ? {} : { lastRun }),
      running: running.size,
      waiting: waiting.length,
    };
    if (!job.definition.enabled) return { ...common, held: 'disabled' };
    if (!entry.mayRun(trusted)) return { ...common, held: 'clock not trusted' };
    if (deadline === Infinity) return { ...common, held: 'no run any more' };
    return { ...common, next: timing.byWallClock ? deadline : wall + deadline - now };
  }

  /** The names of all jobs, in the order they came. */
  get names(): readonly string[] {
    return [...this.#jobs.keys()];
  }

  #entry(name: string): JobEntry {
    const entry = this.#jobs.get(name);
    if (entry === undefined) throw new UnknownJobError(name);
    return entry;
  }

  #trustChanged(): void {
    for (const entry of this.#jobs.values()) {
      entry.timing.trustChanged(this.#at);
      this.#plan(entry);
    }
  }

  #setBack(): void {
    for (const entry of this.#jobs.values()) {
      if (entry.timing.setBack(this.#at)) this.#plan(entry);
    }
  }

  #tick(): readonly CronEffect[] {
    const effects: CronEffect[] = [];
    const { now, wall } = this.#at;
    for (const [heap, time] of [
      [this.#calendar, wall],
      [this.#intervals, now],
    ] as const) {
      for (let entry = heap.first; entry !== undefined && entry.deadline <= time; entry = heap.first) {
        const { begin, lost } = entry.take(this.#at, this.#graceMs);
        if (lost !== undefined) effects.push(lost);
        for (const candidate of begin) this.#offer(entry, candidate, effects);
        this.#plan(entry);
      }
    }
    return effects;
  }

  /** Begins a run, or lets it wait, or leaves it out: the overlap rule. */
  #offer(entry: JobEntry, candidate: Candidate, effects: CronEffect[]): void {
    const { overlap } = entry.job.definition;
    const skip = (reason: 'still running' | 'too many waiting' | 'too many at once'): void => {
      effects.push({ type: 'skipped', job: entry.job.definition, due: candidate.due, reason });
    };
    if (entry.running.size === 0) this.#begin(entry, candidate, effects);
    else if (overlap === 'skip') skip('still running');
    else if (overlap === 'queue') {
      if (entry.waiting.length >= MAX_CATCH_UP) skip('too many waiting');
      else entry.waiting.push(candidate);
    } else if (entry.running.size >= MAX_PARALLEL) skip('too many at once');
    else this.#begin(entry, candidate, effects);
  }

  #begin(entry: JobEntry, { due, why }: Candidate, effects: CronEffect[]): void {
    const run = ++this.#run;
    const { definition: job } = entry.job;
    entry.lastRun = this.#at.wall;
    // An event has no end to wait for.
    if (job.does !== undefined) {
      entry.running.add(run);
      this.#runs.set(run, entry);
    }
    effects.push({ type: 'fire', run, job, due, why });
  }

  #plan(entry: JobEntry): void {
    this.#unplan(entry);
    if (!entry.mayRun(this.#at.trusted)) return;
    entry.plan(this.#at, this.#random);
    if (entry.deadline !== Infinity) this.#heapOf(entry).add(entry);
  }

  #unplan(entry: JobEntry): void {
    this.#heapOf(entry).remove(entry);
  }

  #heapOf({ timing }: JobEntry): DeadlineHeap<JobEntry> {
    return timing.byWallClock ? this.#calendar : this.#intervals;
  }
}
