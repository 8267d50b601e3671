import type { Clock } from '@raspy/clock';
import type { Logger, StatisticsBoard } from '@raspy/runtime';
import type { ServerPlan } from '@raspy/runtime/supervisor';
import type { Transport } from '@raspy/wire';
import type { DriverLoader } from './drivers.js';
import type { HomeValues } from './home-settings.js';

/** What one life of a server is composed with. */
export interface ServerSurroundings {
  readonly plan: Pick<ServerPlan, 'name' | 'settings' | 'devices'>;
  /** Where the broker is. @default the address and port of the settings */
  readonly endpoint?: () => string;
  readonly load: DriverLoader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default zeromq, one for the process */
  readonly transport?: Transport;
  /** Takes the registries of those that run in this process. */
  readonly board?: StatisticsBoard;
}

/** A plan has those settings of a home that its kind of server needs. */
export function contextOf({ plan, clock, logger, transport, board }: ServerSurroundings) {
  return {
    settings: { ...(plan.settings as unknown as HomeValues), service: plan.name },
    clock,
    logger,
    ...(transport !== undefined && { transport }),
    ...(board !== undefined && { board }),
  };
}
