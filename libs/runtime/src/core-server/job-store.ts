import type { JobDefinition } from '@raspy/automation';
import type { SettingsStore } from '@raspy/titanic-store';
import { frameText, textFrame } from '@raspy/wire';

/** Where the settings store has the jobs: this service, a section for what they are and one for what came of them. */
const SERVICE = 'cron';
const JOBS = 'jobs';
const MEMORY = 'memory';
/** Questions to the store at a time. */
const AT_ONCE = 32;

/** A job as the store has it. */
export interface StoredJob {
  readonly name: string;
  /** Text that should be the JSON form of a job. */
  readonly text: string;
  /** What was kept of it, as `readNote` reads it. */
  readonly note: string | undefined;
}

/** The jobs in the home's settings store: definitions apart from what changes with each run. */
export class JobStore {
  constructor(private readonly settings: SettingsStore) {}

  /** All jobs with what was kept of them; memory that is left of a job that was removed is swept out. */
  async load(): Promise<readonly StoredJob[]> {
    const [names, notes] = await Promise.all([
      this.settings.list(SERVICE, JOBS),
      this.settings.list(SERVICE, MEMORY),
    ]);
    const noted = new Set(notes);
    const jobs: StoredJob[] = [];
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const some = names.slice(at, at + AT_ONCE);
      jobs.push(...(await Promise.all(some.map((name) => this.#job(name, noted.has(name))))));
    }
    const left = notes.filter((name) => !names.includes(name));
    for (const name of left) await this.settings.delete(SERVICE, MEMORY, name);
    return jobs;
  }

  setJob(definition: JobDefinition): Promise<void> {
    return this.settings.set(SERVICE, JOBS, definition.name, textFrame(JSON.stringify(definition)));
  }

  /** The job before its memory: what is left of an interrupted removal is a memory alone, which the next `load` sweeps out. */
  async deleteJob(name: string): Promise<void> {
    await this.settings.delete(SERVICE, JOBS, name);
    await this.settings.delete(SERVICE, MEMORY, name).catch(() => undefined);
  }

  setNote(name: string, note: string): Promise<void> {
    return this.settings.set(SERVICE, MEMORY, name, textFrame(note));
  }

  async #job(name: string, isNoted: boolean): Promise<StoredJob> {
    const [job, note] = await Promise.all([
      this.settings.get(SERVICE, JOBS, name),
      isNoted ? this.settings.get(SERVICE, MEMORY, name) : undefined,
    ]);
    return {
      name,
      text: job === undefined ? '' : frameText(job),
      note: note === undefined ? undefined : frameText(note),
    };
  }
}
