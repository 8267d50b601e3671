import type { Clock } from '@raspy/clock';
import type { Transport } from '@raspy/wire';
import type { serverSettings } from '../config/common-settings.js';
import type { SettingsOf } from '../config/setting.js';
import type { Logger } from '../log/logger.js';
import type { StatisticsBoard } from '../statistics/board.js';
import type { RaspyServerOptions } from './raspy-server.js';

/** The values of the settings that every server has. */
export type ServerValues = SettingsOf<typeof serverSettings> & { readonly service: string };

/** What a server is composed with; the context of `compose` is one. */
export interface ServerSurroundings<V extends ServerValues = ServerValues> {
  readonly settings: V;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
  /** Whoever tells the statistics of all servers of this process. @default nobody */
  readonly board?: StatisticsBoard;
}

/** The options that a server takes from its surroundings. */
export function serverOptions(
  { settings, clock, logger, transport, board }: ServerSurroundings,
  endpoint: () => string,
): RaspyServerOptions {
  return {
    hostname: settings.hostname,
    service: settings.service,
    endpoint,
    clock,
    logger,
    heartbeatIntervalMs: settings.heartbeatMs,
    heartbeatLiveness: settings.liveness,
    ...(transport !== undefined && { transport }),
    ...(board !== undefined && { board }),
  };
}
