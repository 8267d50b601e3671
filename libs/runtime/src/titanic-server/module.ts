import { ContainerModule, type ServiceIdentifier } from 'inversify';
import type { Part } from '../lifecycle/executive.js';
import { connectEndpoint } from '../server/endpoint.js';
import { RaspyServer } from '../server/raspy-server.js';
import { serverOptions, type ServerSurroundings, type ServerValues } from '../server/surroundings.js';
import { TitanicFace } from './titanic-face.js';
import { titanicPart, type TitanicValues } from './titanic-values.js';

/** The parts of a Titanic in a process of its own, in the order in which they start. */
export const TITANIC_PARTS: ServiceIdentifier<readonly Part[]> = Symbol.for('raspy.TITANIC_PARTS');

/** Binds {@link TITANIC_PARTS} as a singleton: the store, its names on the bus, what sends, and its own server. */
export function titanicModule(
  surroundings: ServerSurroundings<ServerValues & TitanicValues>,
): ContainerModule {
  const { settings, clock, logger, transport } = surroundings;
  return new ContainerModule(({ bind }) => {
    bind(TITANIC_PARTS)
      .toResolvedValue(() => {
        const endpoint = connectEndpoint(settings.brokerIp, settings.brokerPort);
        const titanic = titanicPart(surroundings);
        const face = new TitanicFace({
          endpoint,
          services: () => titanic.services,
          heartbeatIntervalMs: settings.heartbeatMs,
          heartbeatLiveness: settings.liveness,
          clock,
          logger,
          ...(transport !== undefined && { transport }),
        });
        const server = new RaspyServer({
          ...serverOptions(surroundings, () => endpoint),
          statistics: () => titanic.statistics(),
          wellBeing: () => titanic.healthy,
        });
        return [titanic, face, titanic.dispatch(() => face.bus), server];
      })
      .inSingletonScope();
  });
}
