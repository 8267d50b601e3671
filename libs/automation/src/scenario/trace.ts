import type { Millis } from '@raspy/clock';

/** `fired`: why a run began; `saw`: what it read; `sent`: a command, request or value, and what came of it; `said`: a line of its log. */
export type TraceKind = 'fired' | 'skipped' | 'saw' | 'sent' | 'said' | 'ended' | 'state';

export interface TraceEntry {
  /** Unix milliseconds by the wall clock. */
  readonly at: Millis;
  /** Number of the run, from 1; 0 when it belongs to none. */
  readonly run: number;
  readonly kind: TraceKind;
  /** At most 500 characters. */
  readonly text: string;
}

/** How many entries are kept of a scenario. */
export const TRACE_LENGTH = 200;
const MAX_TEXT = 500;

/** The last things that a scenario did; the oldest make room. */
export class Trace {
  readonly #entries: TraceEntry[] = [];

  add(at: Millis, run: number, kind: TraceKind, text: string): void {
    this.#entries.push({ at, run, kind, text: bounded(text, MAX_TEXT) });
    if (this.#entries.length > TRACE_LENGTH) this.#entries.shift();
  }

  /** The oldest first. */
  list(): readonly TraceEntry[] {
    return [...this.#entries];
  }
}

/** A text cut to a length, which says so at its end. */
export function bounded(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** JSON for people, in little room. */
export function shortJson(value: unknown): string {
  return bounded(value === undefined ? 'nothing' : JSON.stringify(value), 200);
}
