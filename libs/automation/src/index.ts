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
export { ConditionMachine, valueConditionSchemas } from './scenario/condition.js';
export {
  AFTER_ERROR,
  AFTER_RESTART,
  entrySchemas,
  fireSchemas,
  MAX_CODE_LENGTH,
  MAX_ENTRIES,
  MAX_FIRES,
  SCENARIO_MOMENTS,
  SCENARIO_OVERLAPS,
  VALUE_TYPES,
} from './scenario/definition.js';
export { DURATION_FORM, durationMs, MAX_DURATION_MS } from './scenario/duration.js';
export {
  DuplicateScenarioError,
  InvalidScenarioError,
  ScenarioCodeError,
  ScenarioError,
  ScenarioFileError,
  ScenarioRefusedError,
  ScenarioStoreError,
  TooManyScenariosError,
  UnknownScenarioError,
} from './scenario/errors.js';
export { FILE_FORMAT, FILE_VERSION } from './scenario/export-scenario.js';
export { MAX_FILE_LENGTH } from './scenario/import-scenario.js';
export { parseScenario } from './scenario/parse-scenario.js';
export { ScenarioManager } from './scenario/scenario-manager.js';
export {
  MAX_QUEUED,
  QUARANTINE_FAILURES,
  QUARANTINE_WINDOW_MS,
  Supervision,
} from './scenario/supervision.js';
export { AUTO_TOP_OFF } from './scenario/shipped/auto-top-off.js';
export { SHIPPED_SCENARIOS } from './scenario/shipped/shipped-scenarios.js';
export { THERMOSTAT } from './scenario/shipped/thermostat.js';
export { TRACE_LENGTH } from './scenario/trace.js';
export { SCENARIO_API, scenarioTypes } from './scenario/types-text.js';
export { MAX_VARIABLES_BYTES } from './scenario/variables.js';
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
export type {
  CodeMistake,
  Json,
  RunningProgram,
  SandboxEnd,
  SandboxEngine,
  SandboxHooks,
  SandboxLimits,
  SandboxProgram,
} from './sandbox/sandbox.js';
export type { ConditionEffect, ConditionState, ValueCondition } from './scenario/condition.js';
export type {
  Entry,
  EntryKind,
  Fire,
  ReadEntry,
  ScenarioDefinition,
  TimedEntry,
} from './scenario/definition.js';
export type { FileTrouble, ScenarioErrorCode, ScenarioMistake } from './scenario/errors.js';
export type { ScenarioFile } from './scenario/export-scenario.js';
export type { Firing, FiringReason } from './scenario/firing.js';
export type { HoldState } from './scenario/holds.js';
export type { ImportMapping } from './scenario/import-scenario.js';
export type { ScenarioDefaults } from './scenario/parse-scenario.js';
export type {
  CommandOptions,
  CronPort,
  DeviceTarget,
  HomeLease,
  HomePort,
  HomeReading,
  RequestOptions,
  ScenarioLog,
  ScenarioStore,
} from './scenario/ports.js';
export type { ScenarioInfo, ScenarioManagerOptions } from './scenario/scenario-manager.js';
export type { ScenarioStatus } from './scenario/status.js';
export type {
  SkipReason,
  SupervisionEffect,
  SupervisionOptions,
  SupervisionState,
} from './scenario/supervision.js';
export type { TraceEntry, TraceKind } from './scenario/trace.js';
export type { Place, SunEvent, SunlessDays } from './sun/sun-recurrence.js';
