import { MAX_PREVIEW } from '@raspy/automation';
import {
  ServiceRefusal,
  serviceHandler,
  StatusCode,
  type ServiceHandler,
  type ServiceHandlerOptions,
} from '@raspy/mdp-protocol';
import type { CronJobs } from './cron-jobs.js';
import { cronService } from './cron-service.js';

/** Statuses for the codes of errors about jobs; any other is a failure of ours and tells no details. */
const STATUS: Readonly<Record<string, StatusCode>> = {
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
      next: ({ job, count = USUAL_COUNT }) => told(() => jobs.next(job, howMany(count))),
    },
    options,
  );
}

function yesOrNo(enabled: unknown): boolean {
  if (typeof enabled === 'boolean') return enabled;
  throw new ServiceRefusal(StatusCode.BAD_REQUEST, 'enabled is true or false');
}

function howMany(count: unknown): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_PREVIEW)
    return count;
  throw new ServiceRefusal(StatusCode.BAD_REQUEST, `count is a whole number from 1 to ${MAX_PREVIEW}`);
}

async function told<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    const status = typeof code === 'string' ? STATUS[code] : undefined;
    throw status !== undefined && error instanceof Error
      ? new ServiceRefusal(status, error.message, { cause: error })
      : error;
  }
}
