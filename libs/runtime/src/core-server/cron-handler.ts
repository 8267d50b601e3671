import { MAX_PREVIEW } from '@raspy/automation';
import {
  serviceHandler,
  StatusCode,
  type ServiceHandler,
  type ServiceHandlerOptions,
} from '@raspy/mdp-protocol';
import type { CronJobs } from './cron-jobs.js';
import { cronService } from './cron-service.js';
import { howMany, refusing, yesOrNo, type StatusByCode } from './refusals.js';

/** Statuses for the codes of errors about jobs; any other is a failure of ours and tells no details. */
const STATUS: StatusByCode = {
  INVALID_JOB: StatusCode.BAD_REQUEST,
  DUPLICATE_JOB: StatusCode.BAD_REQUEST,
  JOB_UNREADABLE: StatusCode.BAD_REQUEST,
  UNKNOWN_JOB: StatusCode.NOT_FOUND,
  TOO_MANY_JOBS: StatusCode.ERROR,
  JOBS_NOT_READ: StatusCode.ERROR,
  JOB_NOT_STORED: StatusCode.ERROR,
};

const USUAL_COUNT = 5;

/** Serves the jobs of a home: an unknown one is 404, a wrong one 400 with all mistakes, each with its reason. */
export function cronHandler(
  jobs: CronJobs,
  options: Pick<ServiceHandlerOptions, 'clock' | 'onError'> = {},
): ServiceHandler {
  return serviceHandler(
    cronService,
    {
      listKeys: () => told(() => jobs.keys()),
      list: () => told(() => jobs.list()),
      info: ({ job }) => told(() => jobs.info(job)),
      add: ({ job }) => told(() => jobs.add(job)),
      update: ({ job }) => told(() => jobs.update(job)),
      remove: ({ job }) => told(() => jobs.remove(job)),
      enable: ({ job, enabled = true }) => told(() => jobs.enable(job, yesOrNo(enabled))),
      run: ({ job }) => told(() => jobs.run(job)),
      preview: ({ when, count = USUAL_COUNT }) => told(() => jobs.preview(when, howMany(count, MAX_PREVIEW))),
      next: ({ job, count = USUAL_COUNT }) => told(() => jobs.next(job, howMany(count, MAX_PREVIEW))),
    },
    options,
  );
}

function told<T>(work: () => T | Promise<T>): Promise<T> {
  return refusing(STATUS, work);
}
