import type { Millis } from '@raspy/clock';
import type { JobDefinition } from './job.js';

/** The time as the machine is told it. */
export interface Instant {
  /** Monotonic. */
  readonly now: Millis;
  /** By the wall clock, which may step. */
  readonly wall: Millis;
  /** Whether the wall clock can be believed. */
  readonly trusted: boolean;
}

/** Why a run began: its time came; its time was missed and is made up for; somebody asked for it. */
export type RunReason = 'due' | 'missed' | 'by hand';

/** A run begins. A job that does something is running until its end is told. */
export interface FireEffect {
  readonly type: 'fire';
  /** Number of the run, for telling its end; never used again. */
  readonly run: number;
  readonly job: JobDefinition;
  /** The instant that it is for, by the wall clock; its jitter and lateness are not part of it. */
  readonly due: Millis;
  readonly why: RunReason;
}

/** Runs whose time passed while nobody could run them, and that are not made up for. */
export interface MissedEffect {
  readonly type: 'missed';
  readonly job: JobDefinition;
  /** The last of them. */
  readonly due: Millis;
  /** How many; with `more`, there may have been more, which nobody counts. */
  readonly count: number;
  readonly more: boolean;
  /** The policy is not to make up for it, or not for one as old. */
  readonly reason: 'policy' | 'window';
}

/** A run that came while others of its job went on, and that its overlap rule or a limit left out. */
export interface SkippedEffect {
  readonly type: 'skipped';
  readonly job: JobDefinition;
  readonly due: Millis;
  readonly reason: 'still running' | 'too many waiting' | 'too many at once';
}

export type CronEffect = FireEffect | MissedEffect | SkippedEffect;

/** What has to outlive the process for a job's missed runs to be known: JSON, instants of the wall clock. */
export interface JobMemory {
  /** Every run up to here was decided on. */
  readonly settled?: Millis;
  /** The last run that came by the calendar. */
  readonly lastDue?: Millis;
  /** When a run last began. */
  readonly lastRun?: Millis;
}

/** A job as it stands. */
export interface JobState {
  readonly job: JobDefinition;
  /** When it runs next by the wall clock, jitter included; absent when it is held, or has no run any more. */
  readonly next?: Millis;
  readonly lastRun?: Millis;
  /** Runs that go on, and those that wait for them. */
  readonly running: number;
  readonly waiting: number;
  /** Why nothing begins by itself. */
  readonly held?: 'disabled' | 'clock not trusted' | 'no run any more';
}
