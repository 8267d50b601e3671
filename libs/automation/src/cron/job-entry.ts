import type { Deadlined, Millis } from '@raspy/clock';
import { CalendarTiming } from './calendar-timing.js';
import { IntervalTiming } from './interval-timing.js';
import type { CronEffect, Instant, JobMemory, RunReason } from './effects.js';
import { lookBack, settle } from './late-runs.js';
import type { Job } from './parse-job.js';
import type { Timing } from './timing.js';

/** A run that may begin. */
export interface Candidate {
  readonly due: Millis;
  readonly why: RunReason;
}

/** A job in the machine: when it runs next, and what goes on. */
export class JobEntry implements Deadlined {
  /** In the time of `timing`; `Infinity` when there is no run any more. */
  deadline: Millis = Infinity;
  heapIndex = -1;
  lastRun: Millis | undefined;
  readonly running = new Set<number>();
  readonly waiting: Candidate[] = [];
  readonly timing: Timing;
  #jitter: Millis = 0;

  constructor(
    readonly job: Job,
    memory: JobMemory,
  ) {
    this.lastRun = memory.lastRun;
    this.timing =
      job.recurrence === undefined
        ? new IntervalTiming(job.everyMs!, memory)
        : new CalendarTiming(job.recurrence, memory);
  }

  get name(): string {
    return this.job.definition.name;
  }

  /** Whether it may run by itself now. */
  mayRun(trusted: boolean): boolean {
    const { enabled, runWhileClockUntrusted } = this.job.definition;
    return enabled && (trusted || runWhileClockUntrusted);
  }

  memory(trusted: boolean): JobMemory {
    return {
      ...this.timing.memory(trusted),
      ...(this.lastRun === undefined ? {} : { lastRun: this.lastRun }),
    };
  }

  /** Finds the next run. Jitter ends before the run after it, so that there is one to wait for at a time. */
  plan(at: Instant, random: () => number): void {
    const due = this.timing.next(at);
    const most = this.job.definition.jitterSeconds * 1000;
    this.#jitter =
      due === undefined || most === 0 ? 0 : Math.floor(random() * Math.min(most, this.timing.gapAfter(due)));
    this.deadline = due === undefined ? Infinity : due + this.#jitter;
  }

  /** Decides on the runs that have come; to be planned anew afterwards. */
  take(
    at: Instant,
    graceMs: Millis,
  ): { readonly begin: readonly Candidate[]; readonly lost: CronEffect | undefined } {
    const { definition: job } = this.job;
    const count = lookBack(job.missed);
    const runs = this.timing.take(at, this.#jitter, count);
    const { begin, lost } = settle(runs, job.missed, job.windowMs, graceMs);
    const last = lost[0];
    if (last === undefined) return { begin, lost: undefined };
    const reason = job.missed !== 'skip' && last.late > job.windowMs ? 'window' : 'policy';
    const more = runs.length === count;
    return { begin, lost: { type: 'missed', job, due: last.due, count: lost.length, more, reason } };
  }
}
