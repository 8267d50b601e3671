/**
 * The core server: jobs in time, kept in the home's settings store and run by the clock.
 * @packageDocumentation
 */
export { CORE_SERVER, coreServerModule } from './module.js';
export { CoreServer } from './core-server.js';
export { cronService } from './cron-service.js';
export { mistakesInScenario } from './scenarios/mistakes.js';
export { scenarioService, scenariosService } from './scenarios/scenario-service.js';
export {
  CronServerError,
  JobNotStoredError,
  JobsNotReadError,
  JobUnreadableError,
  RunNotNotedError,
} from './errors.js';
export type { CoreServerModuleOptions, CoreValues } from './module.js';
export type { CoreServerOptions } from './core-server.js';
export type { CronServerErrorCode } from './errors.js';
export type { JobReport, RunReport } from './cron-jobs.js';
export type { RunOutcome, RunRecord } from './job-note.js';
