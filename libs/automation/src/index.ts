/**
 * Jobs in time: cron expressions, intervals, sun events and one-shots. No sockets.
 * @packageDocumentation
 */
export { CronExpression, TIME_CHANGES } from './cron/cron-expression.js';
export { CronMachine, MAX_PARALLEL } from './cron/cron-machine.js';
export { CronSchedule } from './cron/cron-schedule.js';
export {
  CronError,
  CronExpressionError,
  CronOptionError,
  DuplicateJobError,
  InvalidJobError,
  TimeZoneError,
  TooManyJobsError,
  UnknownJobError,
} from './cron/errors.js';
export { jobSchema, MISSED_POLICIES, OVERLAP_RULES, placeSchema } from './cron/job.js';
export { MAX_CATCH_UP } from './cron/late-runs.js';
export { parseJob } from './cron/parse-job.js';
export { MAX_PREVIEW, preview } from './cron/preview.js';
export { OneShot } from './cron/recurrence.js';
export { TimeZone } from './cron/time-zone.js';
export { SUN_EVENTS, SunRecurrence } from './sun/sun-recurrence.js';
export type { TimeChange } from './cron/cron-expression.js';
export type { CronMachineOptions } from './cron/cron-machine.js';
export type { CronScheduleOptions } from './cron/cron-schedule.js';
export type {
  CronEffect,
  FireEffect,
  Instant,
  JobMemory,
  JobState,
  MissedEffect,
  RunReason,
  SkippedEffect,
} from './cron/effects.js';
export type { CronErrorCode, JobMistake } from './cron/errors.js';
export type { JobDefinition, JobInput, MissedPolicy, OverlapRule } from './cron/job.js';
export type { Job, JobDefaults } from './cron/parse-job.js';
export type { Preview, PreviewRun } from './cron/preview.js';
export type { Recurrence } from './cron/recurrence.js';
export type { ZoneChange } from './cron/time-zone.js';
export type { Place, SunEvent, SunlessDays } from './sun/sun-recurrence.js';
