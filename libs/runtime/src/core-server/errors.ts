/** Codes of {@link CronServerError}. */
export type CronServerErrorCode = 'JOBS_NOT_READ' | 'JOB_NOT_STORED' | 'JOB_UNREADABLE' | 'RUN_NOT_NOTED';

/** Base of the errors of a core server about its jobs. */
export abstract class CronServerError extends Error {
  abstract readonly code: CronServerErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The settings store has not been read yet: nobody knows which jobs there are, and none runs. */
export class JobsNotReadError extends CronServerError {
  readonly code = 'JOBS_NOT_READ';
  constructor(readonly reason: string) {
    super(`the jobs were not read from the settings store yet, and none runs: ${reason}`);
  }
}

/** The settings store did not take a change, so that nothing was changed. */
export class JobNotStoredError extends CronServerError {
  readonly code = 'JOB_NOT_STORED';
  constructor(
    readonly job: string,
    cause: unknown,
  ) {
    super(
      `nothing was changed, since the settings store did not take the job "${job}": ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** What the settings store has under this name is no job that can be run; it is kept as it is. */
export class JobUnreadableError extends CronServerError {
  readonly code = 'JOB_UNREADABLE';
  constructor(
    readonly job: string,
    readonly reason: string,
  ) {
    super(`"${job}" cannot be run as it is stored: ${reason}; update or remove it`);
  }
}

/** The settings store did not take that a run has come, so that it was not done: it might be done twice after a restart. */
export class RunNotNotedError extends CronServerError {
  readonly code = 'RUN_NOT_NOTED';
  constructor(
    readonly job: string,
    cause: unknown,
  ) {
    super(
      `a run of "${job}" was not done, since the settings store could not note that it came: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** What an exception says of itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
