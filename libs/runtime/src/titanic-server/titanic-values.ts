import type { titanicSettings } from '../config/common-settings.js';
import type { SettingsOf } from '../config/setting.js';
import type { ServerSurroundings, ServerValues } from '../server/surroundings.js';
import { TitanicPart } from './titanic-part.js';

/** The values of the settings that a program with a Titanic has. */
export type TitanicValues = SettingsOf<typeof titanicSettings>;

const HOUR_MS = 3_600_000;
const MIB = 1_048_576;

/** The part that the settings describe. */
export function titanicPart({
  settings,
  clock,
  logger,
}: ServerSurroundings<ServerValues & TitanicValues>): TitanicPart {
  return new TitanicPart({
    dataDir: settings.dataDir,
    maxRequests: settings.titanicMaxRequests,
    maxRequestsPerService: Math.max(1, Math.ceil(settings.titanicMaxRequests / 2)),
    maxBytes: settings.titanicMaxMb * MIB,
    retentionMs: settings.titanicRetentionHours * HOUR_MS,
    concurrency: settings.titanicConcurrency,
    attemptTimeoutMs: settings.titanicAttemptMs,
    maxAttempts: settings.titanicMaxAttempts,
    clock,
    logger,
    ...(settings.clockTrust === 'always' && { clockTrusted: () => true }),
  });
}
