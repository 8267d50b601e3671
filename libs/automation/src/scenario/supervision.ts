import type { Millis } from '@raspy/clock';
import type { SandboxEnd } from '../sandbox/sandbox.js';
import type { Firing } from './firing.js';

/**
 * `off`: disabled, or core runs in safe mode; `idle`: nothing to do; `stopping`: it was told to end, and what it held is
 * being given back; `waiting to restart`: it failed, and begins again after a pause; `quarantined`: it failed too often,
 * and begins again only by hand.
 */
export type SupervisionState = 'off' | 'idle' | 'running' | 'stopping' | 'waiting to restart' | 'quarantined';

export type SkipReason = 'still running' | 'too many waiting' | 'stopped' | 'quarantined' | 'off';

export type SupervisionEffect =
  | { readonly type: 'start'; readonly firing: Firing }
  /** The run is to be ended; its end has to be told. */
  | { readonly type: 'stop' }
  /** A firing that begins nothing. */
  | { readonly type: 'skipped'; readonly firing: Firing; readonly reason: SkipReason }
  | { readonly type: 'restarting'; readonly inMs: Millis; readonly reason: string }
  | { readonly type: 'quarantined'; readonly reason: string };

export interface SupervisionOptions {
  readonly overlap: 'skip' | 'restart' | 'queue';
  /** Whether a run that failed begins again. */
  readonly restartsAfterError: boolean;
  /** Whether a run that was lost through no fault of its own begins again. */
  readonly restartsWhenLost: boolean;
}

/** So many failures within this time are too many. */
export const QUARANTINE_FAILURES = 3;
export const QUARANTINE_WINDOW_MS: Millis = 60_000;
/** Firings that wait for a run to end; more are left out. */
export const MAX_QUEUED = 10;
const FIRST_PAUSE_MS: Millis = 1_000;
const LONGEST_PAUSE_MS: Millis = 60_000;
/** Who ran for so long begins again with the shortest pause. */
const HEALTHY_MS: Millis = 60_000;
/** A thread that dies again so soon is not started at once any more. */
const LOST_AGAIN_MS: Millis = 10_000;

/** Decides when the runs of one scenario begin and end: one at a time. */
export class Supervision {
  readonly #options: SupervisionOptions;
  #state: SupervisionState = 'off';
  #reason: string | undefined;
  /** What comes after the end of the run that is stopping. */
  #then: 'idle' | 'off' = 'idle';
  #current: Firing | undefined;
  #startedAt: Millis = 0;
  #queue: Firing[] = [];
  #failures: Millis[] = [];
  #pauseMs: Millis = FIRST_PAUSE_MS;
  #lostAt: Millis = -Infinity;
  #restartAt: Millis = Infinity;

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  get state(): SupervisionState {
    return this.#state;
  }

  /** Why it waits, or is quarantined. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Firings that wait for the run to end. */
  get queued(): number {
    return this.#queue.length;
  }

  /** When `tick` is to be called. */
  get nextDeadline(): Millis {
    return this.#restartAt;
  }

  /** Firings count from now on; a quarantine is over. */
  on(): readonly SupervisionEffect[] {
    if (this.#state === 'off' || this.#state === 'quarantined') this.#rest();
    else if (this.#state === 'stopping') this.#then = 'idle';
    this.#forgive();
    return [];
  }

  /** The run ends, and none begins any more. */
  off(): readonly SupervisionEffect[] {
    const skipped = this.#dropQueue('off');
    this.#then = 'off';
    if (this.#state === 'stopping') return skipped;
    if (this.#state === 'running') return [...skipped, ...this.#stopping()];
    this.#enter('off');
    return skipped;
  }

  /** Something fires the scenario. */
  fire(now: Millis, firing: Firing): readonly SupervisionEffect[] {
    switch (this.#state) {
      case 'idle':
        return this.#start(now, firing);
      case 'off':
        return [{ type: 'skipped', firing, reason: 'off' }];
      case 'quarantined':
        return [{ type: 'skipped', firing, reason: 'quarantined' }];
      case 'stopping':
        if (this.#then === 'off') return [{ type: 'skipped', firing, reason: 'off' }];
        break;
      case 'running':
        if (this.#options.overlap === 'restart') {
          this.#then = 'idle';
          return [...this.#replaceQueue(firing), ...this.#stopping()];
        }
    }
    if (this.#options.overlap === 'restart') return this.#replaceQueue(firing);
    if (this.#options.overlap === 'skip') return [{ type: 'skipped', firing, reason: 'still running' }];
    if (this.#queue.length >= MAX_QUEUED) return [{ type: 'skipped', firing, reason: 'too many waiting' }];
    this.#queue.push(firing);
    return [];
  }

  /** Somebody runs it: at once when it waits or is quarantined; while it runs, as its overlap rule says. */
  run(now: Millis, firing: Firing): readonly SupervisionEffect[] {
    if (this.#state !== 'quarantined' && this.#state !== 'waiting to restart') return this.fire(now, firing);
    this.#forgive();
    return this.#start(now, firing);
  }

  /** Somebody stops it: until it is fired or run again; nothing that waits begins. */
  stop(): readonly SupervisionEffect[] {
    const skipped = this.#dropQueue('stopped');
    if (this.#state === 'waiting to restart') this.#rest();
    if (this.#state !== 'running') return skipped;
    this.#then = 'idle';
    return [...skipped, ...this.#stopping()];
  }

  /** The run is over, and what it held was given back. */
  ended(now: Millis, end: SandboxEnd): readonly SupervisionEffect[] {
    const wasStopping = this.#state === 'stopping';
    const failed = end.kind === 'failed' && end.reason !== 'lost';
    if (failed) this.#failures = [...this.#failures.filter((at) => now - at < QUARANTINE_WINDOW_MS), now];
    if (wasStopping && this.#then === 'off') {
      this.#enter('off');
      return [];
    }
    if (failed && this.#failures.length >= QUARANTINE_FAILURES) return this.#quarantine(textOf(end));
    if (end.kind !== 'failed' || wasStopping) return this.#next(now);
    const { restartsAfterError, restartsWhenLost } = this.#options;
    if (end.reason === 'lost') {
      if (!restartsWhenLost) return this.#next(now);
      const again = now - this.#lostAt < LOST_AGAIN_MS;
      this.#lostAt = now;
      return this.#pause(now, again ? this.#nextPause(now) : 0, textOf(end));
    }
    return restartsAfterError ? this.#pause(now, this.#nextPause(now), textOf(end)) : this.#next(now);
  }

  tick(now: Millis): readonly SupervisionEffect[] {
    if (now < this.#restartAt) return [];
    // What took the place of the run that failed goes first.
    const firing =
      this.#options.overlap === 'restart' && this.#queue.length > 0 ? this.#queue.shift()! : this.#again();
    return this.#start(now, firing);
  }

  #again(): Firing {
    return { ...this.#current!, again: this.#current!.again ?? 'after an error' };
  }

  #start(now: Millis, firing: Firing): readonly SupervisionEffect[] {
    this.#enter('running');
    this.#current = firing;
    this.#startedAt = now;
    return [{ type: 'start', firing }];
  }

  #stopping(): readonly SupervisionEffect[] {
    this.#enter('stopping');
    return [{ type: 'stop' }];
  }

  #pause(now: Millis, inMs: Millis, reason: string): readonly SupervisionEffect[] {
    this.#enter('waiting to restart', reason);
    this.#restartAt = now + inMs;
    return [{ type: 'restarting', inMs, reason }, ...(inMs === 0 ? this.tick(now) : [])];
  }

  #nextPause(now: Millis): Millis {
    if (now - this.#startedAt >= HEALTHY_MS) this.#pauseMs = FIRST_PAUSE_MS;
    const pause = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pause, LONGEST_PAUSE_MS);
    return pause;
  }

  #quarantine(reason: string): readonly SupervisionEffect[] {
    const skipped = this.#dropQueue('quarantined');
    this.#enter('quarantined', reason);
    return [...skipped, { type: 'quarantined', reason }];
  }

  #next(now: Millis): readonly SupervisionEffect[] {
    const firing = this.#queue.shift();
    if (firing !== undefined) return this.#start(now, firing);
    this.#rest();
    return [];
  }

  #rest(): void {
    this.#enter('idle');
  }

  #enter(state: SupervisionState, reason?: string): void {
    this.#state = state;
    this.#reason = reason;
    this.#restartAt = Infinity;
  }

  #forgive(): void {
    this.#failures = [];
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  #replaceQueue(firing: Firing): readonly SupervisionEffect[] {
    const skipped = this.#dropQueue('still running');
    this.#queue.push(firing);
    return skipped;
  }

  #dropQueue(reason: SkipReason): readonly SupervisionEffect[] {
    return this.#queue.splice(0).map((firing) => ({ type: 'skipped', firing, reason }));
  }
}

/** An end for people. */
export function textOf(end: SandboxEnd): string {
  if (end.kind !== 'failed') return end.kind;
  const place = end.line === undefined ? '' : ` (line ${end.line}, column ${end.column ?? 1})`;
  return `${end.reason}: ${end.message}${place}`;
}
