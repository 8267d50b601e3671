import type { Millis } from '@raspy/clock';
import type { MissedPolicy } from './job.js';

/** As many runs of a job are made up for at once: more would be a flood. */
export const MAX_CATCH_UP = 100;

/** A run whose time has come. */
export interface DueRun {
  /** Its instant by the wall clock. */
  readonly due: Millis;
  /** How long ago that was. */
  readonly late: Millis;
}

/** What becomes of runs whose times have come, see {@link settle}. */
export interface Settled {
  /** To begin now, the earliest first; `missed`: its own time has passed. */
  readonly begin: readonly { readonly due: Millis; readonly why: 'due' | 'missed' }[];
  /** Not to be run any more. */
  readonly lost: readonly DueRun[];
}

/** How many of the runs that have come {@link settle} wants to see. */
export function lookBack(policy: MissedPolicy): number {
  return policy === 'all' ? MAX_CATCH_UP + 1 : 2;
}

/**
 * Decides on runs whose times have come. The last of them is on time when it is late by no more than `graceMs`; the others
 * were missed, and the policy decides.
 *
 * @param runs - the newest first
 */
export function settle(
  runs: readonly DueRun[],
  policy: MissedPolicy,
  windowMs: Millis,
  graceMs: Millis,
): Settled {
  const newest = runs[0];
  const onTime = newest !== undefined && newest.late <= graceMs ? newest : undefined;
  const missed = onTime === undefined ? runs : runs.slice(1);
  // One that is on time makes up for those before it.
  const wanted = policy === 'all' ? MAX_CATCH_UP : policy === 'once' && onTime === undefined ? 1 : 0;
  const madeUpFor = missed.filter(({ late }) => late <= windowMs).slice(0, wanted);
  const begin = madeUpFor.reverse().map(({ due }) => ({ due, why: 'missed' as const }));
  return {
    begin: onTime === undefined ? begin : [...begin, { due: onTime.due, why: 'due' }],
    lost: missed.slice(madeUpFor.length),
  };
}
