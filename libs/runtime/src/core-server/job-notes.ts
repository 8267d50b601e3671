import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { JobDefinition, JobMemory } from '@raspy/automation';
import type { Logger } from '../log/logger.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';
import { pause } from '../server/pause.js';
import { messageOf, RunNotNotedError } from './errors.js';
import { subjectOf, type JobNote, type RunRecord } from './job-note.js';

/** What {@link JobNotes} are told. */
export interface JobNotesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Writes a note, durably. */
  readonly write: (name: string, note: string) => Promise<void>;
  /** The job and its memory now; `undefined` when there is none of the name. */
  readonly jobOf: (name: string) => { definition: JobDefinition; memory: JobMemory } | undefined;
  readonly names: () => readonly string[];
}

/** What changed without a run is written so often: a memory card is not to be worn out. */
const SWEEP_MS: Millis = 60_000;
/** A run whose note the store does not take for so long is not done. */
const NOTE_MS: Millis = 10_000;
const FIRST_PAUSE_MS: Millis = 100;
const LONGEST_PAUSE_MS: Millis = 2_000;

/**
 * What came of the jobs, kept in the settings store. That a run has come is durable before it is done, so that it is not done
 * again after a restart; what changes otherwise is written within a minute.
 */
export class JobNotes {
  readonly #options: JobNotesOptions;
  readonly #limiter: RepeatLimiter;
  readonly #last = new Map<string, RunRecord>();
  /** As the store has them. */
  readonly #written = new Map<string, string>();
  /** The latest writing of each job: they come one after the other, in order. */
  readonly #writing = new Map<string, Promise<void>>();
  #isClosed = false;
  #cancel: Cancel = () => undefined;

  constructor(options: JobNotesOptions) {
    this.#options = options;
    this.#limiter = new RepeatLimiter(options.logger, options.clock);
  }

  /** Writes what has changed from now on. */
  start(): void {
    const { clock } = this.#options;
    this.#cancel = clock.schedule(clock.now() + SWEEP_MS, () => {
      void this.#sweep().then(() => {
        if (!this.#isClosed) this.start();
      });
    });
  }

  /** How a job's last run went. */
  last(name: string): RunRecord | undefined {
    return this.#last.get(name);
  }

  /** Takes over what the store has of a job: the text, and the run that is in it. */
  restore(name: string, text: string | undefined, last: RunRecord | undefined): void {
    if (text !== undefined) this.#written.set(name, text);
    if (last === undefined) return;
    if (last.outcome !== 'begun') {
      this.#last.set(name, last);
      return;
    }
    const reason = 'the server ended before the run did';
    this.#last.set(name, { ...last, outcome: 'unknown', reason });
    this.#options.logger.error('nobody knows whether a run of a job was done', { job: name, reason });
  }

  /**
   * A run has begun; resolves when that is durable.
   * @param signal - ends waiting for the store
   * @throws RunNotNotedError (rejects) when the store does not take it in time: the run must not be done then
   */
  async begun(name: string, record: RunRecord, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + NOTE_MS;
    this.#last.set(name, record);
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await this.save(name);
        return;
      } catch (error) {
        if (signal.aborted || clock.now() + pauseMs > until) {
          throw new RunNotNotedError(name, error);
        }
      }
      try {
        await pause(clock, pauseMs, signal);
      } catch (error) {
        throw new RunNotNotedError(name, error);
      }
    }
  }

  /** Something has changed of a job's last run; another one, that came meanwhile, stays. Written when the store can. */
  changed(name: string, record: RunRecord): void {
    const last = this.#last.get(name);
    if (last !== undefined && last.run !== record.run && last.at >= record.at) return;
    this.#last.set(name, record);
    void this.saveSoon(name);
  }

  /** Writes what is known of a job now, unless the store has it. */
  save(name: string): Promise<void> {
    const before = this.#writing.get(name) ?? Promise.resolve();
    const writing = before.catch(() => undefined).then(() => this.#write(name));
    this.#writing.set(name, writing);
    return writing;
  }

  /** As {@link JobNotes.save}, and never rejects: what the store does not take now it is given within a minute. */
  async saveSoon(name: string): Promise<void> {
    try {
      await this.save(name);
    } catch (error) {
      this.#tellNotStored(error);
    }
  }

  /** Resolves when nothing is being written of a job any more, which is forgotten. */
  async forget(name: string): Promise<void> {
    await this.#writing.get(name)?.catch(() => undefined);
    this.#writing.delete(name);
    this.#written.delete(name);
    this.#last.delete(name);
  }

  /** Writes what the store does not have yet. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    for (const name of this.#options.names()) {
      try {
        await this.save(name);
      } catch (error) {
        this.#tellNotStored(error);
        // A store that is down is not asked for each of them.
        return;
      }
    }
  }

  #tellNotStored(error: unknown): void {
    this.#limiter.log('warn', 'note', 'what came of jobs is not stored yet', { reason: messageOf(error) });
  }

  async #write(name: string): Promise<void> {
    const job = this.#options.jobOf(name);
    if (job === undefined) return;
    const last = this.#last.get(name);
    const note: JobNote = {
      memory: job.memory,
      of: subjectOf(job.definition),
      ...(last !== undefined && { last }),
    };
    const text = JSON.stringify(note);
    if (text === this.#written.get(name)) return;
    // What becomes of a writing that fails is not known.
    this.#written.delete(name);
    await this.#options.write(name, text);
    this.#written.set(name, text);
  }
}
