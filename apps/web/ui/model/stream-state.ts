import type { TreeStatus } from './types.js';

/** A stream without a sign of life for so long is lost: the server sends one each 15 s. Milliseconds. */
export const SILENCE_MS = 40_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** How the stream of events stands. */
export interface StreamState {
  readonly phase: 'connecting' | 'live' | 'lost';
  /** What the server knows of the tree, as far as it was told. */
  readonly tree: TreeStatus;
  /** Since when what is shown may no longer hold: unix milliseconds; absent while it is current, and before the first snapshot. */
  readonly staleSince?: number;
  /** Whether there was a snapshot ever. */
  readonly everLive: boolean;
  /** Of the last event; where to resume. */
  readonly lastId?: string;
  /** The event that has to come before what is shown is current again. */
  readonly awaited?: string;
  /** Attempts since the stream was live. */
  readonly attempts: number;
  /** Of the last sign of life. */
  readonly heardAt: number;
}

export type StreamInput =
  | { readonly type: 'open' }
  /** Bytes of any kind. */
  | { readonly type: 'heard' }
  | { readonly type: 'event'; readonly event: string; readonly id?: string; readonly tree?: TreeStatus }
  | { readonly type: 'lost' };

export function initialStream(now: number): StreamState {
  return { phase: 'connecting', tree: 'syncing', everLive: false, attempts: 0, heardAt: now };
}

/** Whether what is shown is what is. */
export function isCurrent(state: StreamState): boolean {
  return state.phase === 'live' && state.tree === 'synced';
}

/** The state after an input. An open connection is not live before the server has said something: until then old values are old. */
export function streamStep(state: StreamState, input: StreamInput, now: number): StreamState {
  const next = applied(state, input, now);
  if (isCurrent(next)) {
    const { staleSince: _, ...current } = next;
    return current;
  }
  return next.everLive && next.staleSince === undefined
    ? { ...next, staleSince: lastCurrent(state, now) }
    : next;
}

function applied(state: StreamState, input: StreamInput, now: number): StreamState {
  switch (input.type) {
    case 'open': {
      const { awaited: _, ...rest } = state;
      return { ...rest, phase: 'connecting', heardAt: now };
    }
    case 'heard':
      return { ...state, heardAt: now };
    case 'lost':
      return { ...state, phase: 'lost', attempts: state.attempts + 1 };
    case 'event':
      return heardEvent(
        { ...state, heardAt: now, ...(input.tree !== undefined && { tree: input.tree }) },
        input,
      );
  }
}

/**
 * A server begins with its status and the id of its latest event; what was missed, or a snapshot, comes behind it. So that
 * status alone makes nothing current unless nothing was missed, and its id is no place to resume from.
 */
function heardEvent(
  state: StreamState,
  { event, id }: StreamInput & { readonly type: 'event' },
): StreamState {
  if (event === 'snapshot') {
    return live({ ...state, ...(state.tree === 'syncing' && { tree: 'synced' }) }, id);
  }
  if (state.phase === 'live') return event === 'status' ? state : live(state, id);
  if (event === 'status' && state.awaited === undefined) {
    return id !== undefined && id === state.lastId
      ? live(state, id)
      : { ...state, ...(id !== undefined && { awaited: id }) };
  }
  const next = { ...state, ...(id !== undefined && state.lastId !== undefined && { lastId: id }) };
  return reaches(id, state.awaited) ? live(next, id) : next;
}

function live({ awaited: _, ...state }: StreamState, id: string | undefined): StreamState {
  return { ...state, phase: 'live', everLive: true, attempts: 0, ...(id !== undefined && { lastId: id }) };
}

/** Whether an event is the awaited one, or a later one of the same run of the server. */
function reaches(id: string | undefined, awaited: string | undefined): boolean {
  if (id === undefined || awaited === undefined) return false;
  const [epoch, seq] = id.split(':');
  const [awaitedEpoch, awaitedSeq] = awaited.split(':');
  return epoch === awaitedEpoch && Number(seq) >= Number(awaitedSeq);
}

/** Values were known to be current when the server was heard last. */
function lastCurrent(state: StreamState, now: number): number {
  return isCurrent(state) ? Math.min(state.heardAt, now) : now;
}

/** Whether nothing was heard for too long. */
export function isSilent(state: StreamState, now: number): boolean {
  return now - state.heardAt > SILENCE_MS;
}

/** Milliseconds until the next attempt: 0.5 s, doubled up to 10 s, of which `random` (0 to 1) takes up to a third away. */
export function pauseMs(attempts: number, random: number): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1));
  return Math.round(whole * (1 - random / 3));
}
