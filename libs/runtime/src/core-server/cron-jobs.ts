import {
  CronSchedule,
  DuplicateJobError,
  parseJob,
  preview,
  TooManyJobsError,
  UnknownJobError,
  type FireEffect,
  type Job,
  type JobDefaults,
  type JobMemory,
  type JobState,
  type MissedEffect,
  type Preview,
  type SkippedEffect,
} from '@raspy/automation';
import type { Clock, Millis } from '@raspy/clock';
import type { Logger } from '../log/logger.js';
import { oids } from '../server/oids.js';
import { pause } from '../server/pause.js';
import type { Statistics } from '../server/sub-services.js';
import type { CarryOut } from './carry-out.js';
import { CronRuns, type BegunRun } from './cron-runs.js';
import { JobNotStoredError, JobsNotReadError, JobUnreadableError, messageOf } from './errors.js';
import { memoryFor, readNote, type RunRecord } from './job-note.js';
import { JobNotes } from './job-notes.js';
import type { JobStore, StoredJob } from './job-store.js';

/** What {@link CronJobs} are told. */
export interface CronJobsOptions {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the wall clock can be believed now. */
  readonly isClockTrusted: () => boolean;
  /** What holds for jobs that do not say it themselves. */
  readonly defaults: JobDefaults;
  /** Names this run of the server. */
  readonly instanceId: string;
  /** Tells the key/value tree of a run; throws when it cannot be told now. */
  readonly publish: (job: string, event: string) => void;
  readonly carryOut: CarryOut;
  /** Rejects while this server must not run jobs, with why. @default it may */
  readonly mayRun?: () => Promise<void>;
  /** @default 10 000 */
  readonly maxJobs?: number;
}

/** A job as it stands, with what came of it; JSON. */
export type JobReport = { readonly name: string } & (
  | (JobState & {
      /** How its last run went, also one before a restart. */
      readonly last?: RunRecord;
      /** The latest runs since the start that were missed for good or left out. */
      readonly lost?: { readonly due: Millis; readonly count: number; readonly reason: string };
    })
  | {
      /** As it is stored. */
      readonly job: unknown;
      /** Why it cannot be run. */
      readonly unreadable: string;
    }
);

/** How a run by hand went, as far as was waited for; `skipped`: its overlap rule left it out; `waiting`: it runs after another. */
export type RunReport =
  | RunRecord
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'waiting' };

/** What is stored under a name and cannot be run. */
interface Unreadable {
  readonly json: unknown;
  readonly reason: string;
}

/** Failures after which the store surely has nothing of a change. */
const REFUSALS: readonly unknown[] = ['STORE_FAILED', 'NO_WORKER'];
/** A store that is not there for so long is told of. */
const QUIET_MS: Millis = 1_500;
const FIRST_PAUSE_MS: Millis = 250;
const LONGEST_PAUSE_MS: Millis = 10_000;
/** So long a run by hand is waited for. */
const RUN_MS: Millis = 1_500;

/**
 * The jobs of a home: kept in its settings store, run by the clock. Nothing runs before the store was read, and nothing is
 * changed that the store did not take.
 */
export class CronJobs {
  readonly #options: CronJobsOptions;
  readonly #schedule: CronSchedule;
  readonly #jobs = new Map<string, Job>();
  readonly #unreadable = new Map<string, Unreadable>();
  readonly #notes: JobNotes;
  readonly #runs: CronRuns;
  readonly #maxJobs: number;
  /** Why they were not read yet; `undefined` when they were. */
  #unread: string | undefined = 'it is just starting';
  /** Changes come one after the other. */
  #changing: Promise<unknown> = Promise.resolve();
  /** Jobs of which the store may have another form, since it did not answer to a change. */
  readonly #doubtful = new Set<string>();
  readonly #ending = new AbortController();
  /** What a call of `run` has led to. */
  #byHand: ByHand | undefined;

  constructor(options: CronJobsOptions) {
    const { store, clock, logger, instanceId, publish, carryOut, isClockTrusted, maxJobs = 10_000 } = options;
    this.#options = options;
    this.#maxJobs = maxJobs;
    this.#schedule = new CronSchedule(clock, { isClockTrusted, maxJobs });
    this.#notes = new JobNotes({
      clock,
      logger,
      write: (name, note) => store.setNote(name, note),
      names: () => [...this.#jobs.keys()],
      jobOf: (name) => {
        const job = this.#jobs.get(name);
        return job && { definition: job.definition, memory: this.#schedule.memory(name) };
      },
    });
    this.#runs = new CronRuns({
      clock,
      logger,
      instanceId,
      notes: this.#notes,
      publish,
      carryOut,
      finished: (run) => this.#schedule.finished(run),
    });
    this.#schedule.fired$.subscribe((effect) => this.#fire(effect));
    this.#schedule.left$.subscribe((effect) => this.#leave(effect));
  }

  /** Whether the store was read, so that jobs run. */
  get areRead(): boolean {
    return this.#unread === undefined;
  }

  get statistics(): Statistics {
    return oids('cron', {
      jobs: this.#jobs.size,
      unreadable: this.#unreadable.size,
      runs: this.#runs.counts,
    });
  }

  /**
   * Reads the store, again and again until that has worked, and begins. Never rejects; ends when the signal fires.
   * @param tellable - resolves when runs can be told of, or that is not waited for any more
   */
  async load(signal: AbortSignal, tellable: Promise<void> = Promise.resolve()): Promise<void> {
    const { store, clock, logger, mayRun } = this.#options;
    const isEnding = (): boolean => signal.aborted;
    const begun = clock.now();
    let told = false;
    for (let pauseMs = FIRST_PAUSE_MS; !isEnding(); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await mayRun?.();
        const stored = await store.load();
        await tellable;
        if (isEnding()) return;
        this.#take(stored);
        logger.info('jobs run', { jobs: this.#jobs.size, unreadable: this.#unreadable.size });
        return;
      } catch (error) {
        this.#unread = messageOf(error);
        // One that starts beside this server is no news.
        if (!told && clock.now() - begun >= QUIET_MS) {
          logger.warn('no job runs before the settings store was read', { reason: this.#unread });
          told = true;
        }
      }
      await pause(clock, pauseMs, signal).catch(() => undefined);
    }
  }

  keys(): readonly string[] {
    this.#assertRead();
    return [...this.#jobs.keys(), ...this.#unreadable.keys()].sort();
  }

  list(): readonly JobReport[] {
    return this.keys().map((name) => this.info(name));
  }

  /** @throws UnknownJobError */
  info(name: string): JobReport {
    this.#assertRead();
    const unreadable = this.#unreadable.get(name);
    if (unreadable !== undefined) return { name, job: unreadable.json, unreadable: unreadable.reason };
    const last = this.#notes.last(name);
    const lost = this.#runs.lost(name);
    return {
      name,
      ...this.#schedule.state(name),
      ...(last !== undefined && { last }),
      ...(lost !== undefined && { lost }),
    };
  }

  /** The next runs, counted from now. @throws UnknownJobError, JobUnreadableError */
  next(name: string, count: number): Preview {
    const job = this.#job(name);
    const { next, held } = this.#schedule.state(name);
    const { clock, defaults } = this.#options;
    // An interval goes on from where it is.
    const from = job.everyMs !== undefined && next !== undefined ? next - job.everyMs : clock.wallNow();
    const { runs, notes } = preview(job, from, count, defaults);
    return {
      runs,
      notes: [
        ...(held === 'disabled' ? ['nothing of this runs: the job is disabled'] : []),
        ...(held === 'clock not trusted' ? ['nothing of this runs before the clock is trusted'] : []),
        ...notes,
      ],
    };
  }

  /** The next runs of what is no job yet, by its `when`. @throws InvalidJobError */
  preview(when: unknown, count: number): Preview {
    const { clock, defaults } = this.#options;
    return preview(parseJob({ name: 'preview', when }, defaults), clock.wallNow(), count, defaults);
  }

  /** @throws InvalidJobError, DuplicateJobError, TooManyJobsError, JobNotStoredError (rejects) */
  add(json: unknown): Promise<void> {
    return this.#change(async () => {
      const job = parseJob(json, this.#options.defaults);
      const { name } = job.definition;
      if (this.#jobs.has(name) || this.#unreadable.has(name)) throw new DuplicateJobError(name);
      if (this.#jobs.size + this.#unreadable.size >= this.#maxJobs) {
        throw new TooManyJobsError(name, this.#maxJobs);
      }
      await this.#stored(name, () => this.#options.store.setJob(job.definition));
      this.#schedule.add(job);
      await this.#changed(job);
    });
  }

  /** @throws InvalidJobError, UnknownJobError, JobNotStoredError (rejects) */
  update(json: unknown): Promise<void> {
    return this.#change(() => this.#replace(parseJob(json, this.#options.defaults)));
  }

  /** @throws UnknownJobError, JobUnreadableError, JobNotStoredError (rejects) */
  enable(name: string, enabled: boolean): Promise<void> {
    return this.#change(async () => {
      const job = this.#job(name);
      if (job.definition.enabled === enabled) return;
      await this.#replace({ ...job, definition: { ...job.definition, enabled } });
    });
  }

  /** @throws UnknownJobError, JobNotStoredError (rejects) */
  remove(name: string): Promise<void> {
    return this.#change(async () => {
      if (!this.#unreadable.has(name)) this.#job(name);
      await this.#stored(name, () => this.#options.store.deleteJob(name));
      this.#unreadable.delete(name);
      if (!this.#jobs.delete(name)) return;
      this.#schedule.remove(name);
      this.#runs.forget(name);
      await this.#notes.forget(name);
    });
  }

  /** Begins a run by hand, and waits for its end for a little while. @throws UnknownJobError, JobUnreadableError (rejects) */
  async run(name: string): Promise<RunReport> {
    this.#job(name);
    this.#byHand = undefined;
    this.#schedule.run(name);
    // What it led to was told while it was called.
    const led = this.#byHand as ByHand | undefined;
    if (led === undefined) return { outcome: 'waiting' };
    if ('reason' in led) return { outcome: 'skipped', reason: led.reason };
    return this.#patiently(led);
  }

  /** Nothing begins any more; runs that go on may end within the deadline. */
  async close(deadlineMs: Millis): Promise<void> {
    this.#unread = 'the server stops';
    this.#ending.abort(new Error(this.#unread));
    this.#schedule.close();
    await this.#changing;
    await this.#runs.close(deadlineMs);
    await this.#notes.close();
  }

  #fire(effect: FireEffect): void {
    const begun = this.#runs.begin(effect);
    if (effect.why === 'by hand') this.#byHand = begun;
  }

  #leave(effect: MissedEffect | SkippedEffect): void {
    this.#runs.leave(effect);
    if (effect.type === 'skipped') this.#byHand = effect;
  }

  async #patiently({ record, ended }: BegunRun): Promise<RunRecord> {
    const { clock } = this.#options;
    let cancel = (): void => undefined;
    const patience = new Promise<RunRecord>((resolve) => {
      cancel = clock.schedule(clock.now() + RUN_MS, () => resolve(record));
    });
    const told = await Promise.race([ended, patience]);
    cancel();
    return told;
  }

  #take(stored: readonly StoredJob[]): void {
    const memories = new Map<string, JobMemory | undefined>();
    for (const one of stored) {
      const job = this.#read(one);
      if (job === undefined) continue;
      const { name } = job.definition;
      const note = readNote(one.note);
      this.#jobs.set(name, job);
      this.#notes.restore(name, one.note, note?.last);
      memories.set(name, note === undefined ? undefined : memoryFor(job.definition, note));
    }
    this.#unread = undefined;
    for (const [name, memory] of memories) this.#schedule.add(this.#jobs.get(name)!, memory);
    this.#notes.start();
  }

  /** `undefined` for what cannot be run, which is kept and told of. */
  #read({ name, text }: StoredJob): Job | undefined {
    let json: unknown = text;
    try {
      json = JSON.parse(text);
      const job = parseJob(json, this.#options.defaults);
      if (job.definition.name !== name) throw new Error(`it says that its name is "${job.definition.name}"`);
      if (this.#jobs.size >= this.#maxJobs) throw new TooManyJobsError(name, this.#maxJobs);
      return job;
    } catch (error) {
      const reason = messageOf(error);
      this.#unreadable.set(name, { json, reason });
      this.#options.logger.error('a job cannot be run as it is stored', { job: name, reason });
      return undefined;
    }
  }

  async #replace(job: Job): Promise<void> {
    const { name } = job.definition;
    const isUnreadable = this.#unreadable.has(name);
    if (!isUnreadable) this.#job(name);
    await this.#stored(name, () => this.#options.store.setJob(job.definition));
    this.#unreadable.delete(name);
    if (isUnreadable) this.#schedule.add(job);
    else this.#schedule.update(job);
    await this.#changed(job);
  }

  async #changed(job: Job): Promise<void> {
    const { name } = job.definition;
    this.#jobs.set(name, job);
    await this.#notes.saveSoon(name);
  }

  /** @throws UnknownJobError, JobUnreadableError, JobsNotReadError */
  #job(name: string): Job {
    this.#assertRead();
    const unreadable = this.#unreadable.get(name);
    if (unreadable !== undefined) throw new JobUnreadableError(name, unreadable.reason);
    const job = this.#jobs.get(name);
    if (job === undefined) throw new UnknownJobError(name);
    return job;
  }

  #assertRead(): void {
    if (this.#unread !== undefined) throw new JobsNotReadError(this.#unread);
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const change = this.#changing.then(() => {
      this.#assertRead();
      return work();
    });
    this.#changing = change.catch(() => undefined);
    return change;
  }

  /** Lets the store take a change of a job. @throws JobNotStoredError (rejects) */
  async #stored(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#doubtful.delete(name);
    } catch (error) {
      // It may have taken what it did not answer to.
      const isRefused = REFUSALS.includes((error as { readonly code?: unknown }).code);
      if (!isRefused) this.#putRight(name);
      throw new JobNotStoredError(name, error);
    }
  }

  /** Has the store hold again what holds here. */
  #putRight(name: string): void {
    const isAtWork = this.#doubtful.size > 0;
    this.#doubtful.add(name);
    if (!isAtWork) void this.#putAllRight();
  }

  async #putAllRight(): Promise<void> {
    const { clock, store, logger } = this.#options;
    const { signal } = this.#ending;
    for (
      let pauseMs = FIRST_PAUSE_MS;
      this.#doubtful.size > 0;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    ) {
      await pause(clock, pauseMs, signal).catch(() => undefined);
      if (signal.aborted) {
        logger.error('a change that was refused may be in the settings store', { jobs: [...this.#doubtful] });
        return;
      }
      await this.#change(async () => {
        for (const name of [...this.#doubtful]) {
          const job = this.#jobs.get(name);
          if (job !== undefined) await store.setJob(job.definition);
          else if (!this.#unreadable.has(name)) await store.deleteJob(name);
          this.#doubtful.delete(name);
        }
      }).catch(() => undefined);
    }
  }
}

type ByHand = BegunRun | SkippedEffect;
