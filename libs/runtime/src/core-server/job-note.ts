import type { Millis } from '@raspy/clock';
import type { JobDefinition, JobMemory, RunReason } from '@raspy/automation';

/** How a run ended: `begun` that it has not yet, `unknown` that it may have been done or not. */
export type RunOutcome = 'begun' | 'done' | 'failed' | 'unknown';

/** One run of a job, as it is kept and told; instants of the wall clock. */
export interface RunRecord {
  /** Names this run for good. */
  readonly run: string;
  /** The instant that it is for. */
  readonly due: Millis;
  readonly why: RunReason;
  /** When it began. */
  readonly at: Millis;
  readonly outcome: RunOutcome;
  readonly endedAt?: Millis;
  /** What a command returned, where that is short, or the id of a durable request. */
  readonly result?: unknown;
  /** Why it failed, or why its outcome is not known. */
  readonly reason?: string;
}

/** What outlives a restart of a job beside its definition; JSON. */
export interface JobNote {
  readonly memory: JobMemory;
  /** What the memory is about: after a change of that, what was missed before is no matter. */
  readonly of: string;
  readonly last?: RunRecord;
}

/** What a memory is about: when a job runs, and whether it does. */
export function subjectOf({ when, enabled }: JobDefinition): string {
  return JSON.stringify({ enabled, when });
}

const OUTCOMES: readonly unknown[] = ['begun', 'done', 'failed', 'unknown'];

/** Reads what was kept; what is damaged is as if it had never been. */
export function readNote(text: string | undefined): JobNote | undefined {
  let json: unknown;
  try {
    json = text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(json) || !isRecord(json['memory']) || typeof json['of'] !== 'string') return undefined;
  const last = readRecord(json['last']);
  return {
    memory: readMemory(json['memory']),
    of: json['of'],
    ...(last !== undefined && { last }),
  };
}

/** The memory with which a job goes on: all of it where it is about the job as it is, else when it last ran. */
export function memoryFor(definition: JobDefinition, { memory, of }: JobNote): JobMemory {
  if (of === subjectOf(definition)) return memory;
  const { settled: _, ...ran } = memory;
  return ran;
}

function readMemory(json: Readonly<Record<string, unknown>>): JobMemory {
  const members = (['settled', 'lastDue', 'lastRun'] as const).filter((name) => Number.isFinite(json[name]));
  return Object.fromEntries(members.map((name) => [name, json[name]]));
}

function readRecord(json: unknown): RunRecord | undefined {
  if (!isRecord(json)) return undefined;
  const { run, due, why, at, outcome } = json;
  const fits =
    typeof run === 'string' &&
    Number.isFinite(due) &&
    Number.isFinite(at) &&
    typeof why === 'string' &&
    OUTCOMES.includes(outcome);
  return fits ? (json as unknown as RunRecord) : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
