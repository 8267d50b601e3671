import type { CronPort } from '@raspy/automation';
import type { CronJobs } from '../cron-jobs.js';

/** The jobs of the home as scenarios change them. */
export function cronPortOf(jobs: CronJobs): CronPort {
  return {
    add: (job) => jobs.add(job),
    update: (job) => jobs.update(job),
    remove: (name) => jobs.remove(name),
    enable: (name, enabled) => jobs.enable(name, enabled),
    run: async (name) => {
      await jobs.run(name);
    },
  };
}
