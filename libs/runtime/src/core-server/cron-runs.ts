import type { Clock, Millis } from '@raspy/clock';
import type { FireEffect, JobDefinition, MissedEffect, SkippedEffect } from '@raspy/automation';
import type { Logger } from '../log/logger.js';
import { mayHaveBeenDone, type CarryOut } from './carry-out.js';
import { messageOf } from './errors.js';
import type { RunRecord } from './job-note.js';
import type { JobNotes } from './job-notes.js';

/** What {@link CronRuns} are told. */
export interface CronRunsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names this run of the server; part of the names of runs. */
  readonly instanceId: string;
  readonly notes: JobNotes;
  /** Tells of a run, once; throws when nobody can be told now. */
  readonly publish: (job: string, event: string) => void;
  readonly carryOut: CarryOut;
  /** Takes the end of a run. */
  readonly finished: (run: number) => void;
}

/** Longer results are not kept. */
const MAX_RESULT_CHARACTERS = 1_000;

/** What was counted since the start. */
export interface RunCounts {
  readonly begun: number;
  readonly failed: number;
  /** Of which nobody knows whether they were done. */
  readonly unknown: number;
  readonly missed: number;
  readonly skipped: number;
  /** Events that nobody could be told. */
  readonly untold: number;
}

/** A run that has begun, as it began and as it ends; the end never rejects. */
export interface BegunRun {
  readonly record: RunRecord;
  readonly ended: Promise<RunRecord>;
}

/** Runs under way: each is noted, then told, then carried out. */
export class CronRuns {
  readonly #options: CronRunsOptions;
  /** Each with what ends it: one signal for all would have a listener for each. */
  readonly #running = new Map<
    string,
    { readonly ended: Promise<RunRecord>; readonly ending: AbortController }
  >();
  readonly #lost = new Map<string, { due: Millis; count: number; reason: string }>();
  readonly #counts = { begun: 0, failed: 0, unknown: 0, missed: 0, skipped: 0, untold: 0 };

  constructor(options: CronRunsOptions) {
    this.#options = options;
  }

  get counts(): RunCounts {
    return { ...this.#counts };
  }

  /** The latest run of a job that was missed for good or left out. */
  lost(job: string): { due: Millis; count: number; reason: string } | undefined {
    return this.#lost.get(job);
  }

  /** Begins a run. */
  begin(effect: FireEffect): BegunRun {
    const { clock, instanceId, finished } = this.#options;
    const { job, due, why } = effect;
    const run = `${instanceId}-${effect.run}`;
    // An event has no end to wait for.
    const outcome = job.does === undefined ? 'done' : 'begun';
    const record: RunRecord = { run, due, why, at: clock.wallNow(), outcome };
    this.#counts.begun++;
    const ending = new AbortController();
    const ended = this.#carry(job, record, ending.signal).finally(() => {
      this.#running.delete(run);
      finished(effect.run);
    });
    this.#running.set(run, { ended, ending });
    return { record, ended };
  }

  /** Says that runs were missed for good, or left out. */
  leave(effect: MissedEffect | SkippedEffect): void {
    const { logger } = this.#options;
    const { job, due, reason } = effect;
    const count = effect.type === 'missed' ? effect.count : 1;
    if (effect.type === 'missed') this.#counts.missed += count;
    else this.#counts.skipped++;
    this.#lost.set(job.name, { due, count, reason });
    const fields = { job: job.name, due: new Date(due).toISOString(), count, reason };
    if (effect.type === 'missed') logger.warn('runs of a job were missed', fields);
    else logger.warn('a run of a job was left out', fields);
  }

  forget(job: string): void {
    this.#lost.delete(job);
  }

  /** Lets runs that go on end, within the deadline; how others end is not known then. */
  async close(deadlineMs: Millis): Promise<void> {
    const { clock } = this.#options;
    let cancel = (): void => undefined;
    const deadline = new Promise<void>((resolve) => {
      cancel = clock.schedule(clock.now() + deadlineMs, resolve);
    });
    const running = [...this.#running.values()];
    const ended = Promise.all(running.map((one) => one.ended));
    await Promise.race([ended, deadline]);
    cancel();
    for (const { ending } of running) ending.abort(new Error('the server stops'));
    await ended;
  }

  /** Never rejects. */
  async #carry(job: JobDefinition, begun: RunRecord, signal: AbortSignal): Promise<RunRecord> {
    const { clock, notes, carryOut } = this.#options;
    const { name, does } = job;
    const ended = (end: Partial<RunRecord>): RunRecord => {
      const record = { ...begun, endedAt: clock.wallNow(), ...end };
      notes.changed(name, record);
      return record;
    };
    try {
      // What a person asks for is not asked again by a restart: it need not wait for the store.
      if (begun.why === 'by hand') notes.changed(name, begun);
      else await notes.begun(name, begun, signal);
    } catch (error) {
      return ended(this.#failed(name, error, 'failed'));
    }
    this.#publish(name, begun);
    if (does === undefined) return begun;
    try {
      const result = await carryOut(name, does, begun, signal);
      return ended({ outcome: 'done', ...shortResult(result) });
    } catch (error) {
      return ended(this.#failed(name, error, mayHaveBeenDone(error) ? 'unknown' : 'failed'));
    }
  }

  #failed(job: string, error: unknown, outcome: 'failed' | 'unknown'): Partial<RunRecord> {
    const reason = messageOf(error);
    this.#counts[outcome]++;
    const what =
      outcome === 'failed' ? 'a run of a job failed' : 'nobody knows whether a run of a job was done';
    this.#options.logger.error(what, { job, reason });
    return { outcome, reason };
  }

  #publish(job: string, { due, at, why, run }: RunRecord): void {
    try {
      this.#options.publish(job, JSON.stringify({ due, at, why, run }));
    } catch (error) {
      this.#counts.untold++;
      this.#options.logger.error('nobody could be told that a job has come', {
        job,
        reason: messageOf(error),
      });
    }
  }
}

function shortResult(result: unknown): Partial<RunRecord> {
  const text = JSON.stringify(result ?? null);
  return text.length <= MAX_RESULT_CHARACTERS ? { result: result ?? null } : {};
}
