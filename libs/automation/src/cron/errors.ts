/** Codes of {@link CronError}: compare these rather than classes, since two copies of the library may meet. */
export type CronErrorCode =
  | 'CRON_EXPRESSION'
  | 'CRON_OPTION'
  | 'TIME_ZONE'
  | 'INVALID_JOB'
  | 'DUPLICATE_JOB'
  | 'UNKNOWN_JOB'
  | 'TOO_MANY_JOBS';

/** One mistake in the JSON form of a job. */
export interface JobMistake {
  /** Where it is, e.g. `when.cron`; empty for the job as a whole. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** Base of all errors about jobs. */
export abstract class CronError extends Error {
  abstract readonly code: CronErrorCode;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A cron expression cannot be read, or names a date that never comes. */
export class CronExpressionError extends CronError {
  readonly code = 'CRON_EXPRESSION';
  constructor(
    readonly expression: string,
    /** Which character is wrong, the first is 1. */
    readonly position: number,
    readonly reason: string,
  ) {
    super(`character ${position} of "${expression}": ${reason}`);
  }
}

/** An option of the machine or the schedule has no meaning; the message names it. */
export class CronOptionError extends CronError {
  readonly code = 'CRON_OPTION';
}

/** There is no such time zone. */
export class TimeZoneError extends CronError {
  readonly code = 'TIME_ZONE';
  constructor(readonly timeZone: string) {
    super(
      `there is no time zone "${timeZone}": take a name such as Europe/Paris, UTC, or an offset such as +01:00`,
    );
  }
}

/** The JSON form of a job is wrong; nothing was changed. All mistakes are listed with their paths. */
export class InvalidJobError extends CronError {
  readonly code = 'INVALID_JOB';
  constructor(
    /** Name of the job as far as it can be told. */
    readonly job: string,
    readonly mistakes: readonly JobMistake[],
  ) {
    super(
      `the job "${job}" is wrong: ${mistakes.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}`,
    );
  }
}

/** There is a job of this name already. */
export class DuplicateJobError extends CronError {
  readonly code = 'DUPLICATE_JOB';
  constructor(readonly job: string) {
    super(`there is a job "${job}" already: update it, or choose another name`);
  }
}

/** There is no job of this name. */
export class UnknownJobError extends CronError {
  readonly code = 'UNKNOWN_JOB';
  constructor(readonly job: string) {
    super(`there is no job "${job}"`);
  }
}

/** There are as many jobs as the limit allows. */
export class TooManyJobsError extends CronError {
  readonly code = 'TOO_MANY_JOBS';
  constructor(
    readonly job: string,
    readonly limit: number,
  ) {
    super(`there are ${limit} jobs, the limit; "${job}" was not added`);
  }
}
