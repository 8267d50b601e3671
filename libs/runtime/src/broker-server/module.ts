import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { bindEndpoint, peerEndpoint } from '../server/endpoint.js';
import { RaspyServer } from '../server/raspy-server.js';
import { serverOptions, type ServerSurroundings, type ServerValues } from '../server/surroundings.js';
import { BrokerPart } from './broker-part.js';

/** The broker; it starts first. */
export const BROKER: ServiceIdentifier<BrokerPart> = Symbol.for('raspy.BROKER_PART');
/** The broker's own server, `<hostname>.broker`, an ordinary one on the bus that it serves. */
export const BROKER_SERVER: ServiceIdentifier<RaspyServer> = Symbol.for('raspy.BROKER_SERVER');

/** The values of the settings that a program with a broker has. */
export interface BrokerValues extends ServerValues {
  /** The most that one message may have, in MiB; for single frames and for all of a message together. */
  readonly maxMessageMb: number;
}

/** Binds {@link BROKER} and {@link BROKER_SERVER} as singletons. */
export function brokerModule(surroundings: ServerSurroundings<BrokerValues>): ContainerModule {
  const { settings, clock, logger, transport } = surroundings;
  const maxMessageBytes = settings.maxMessageMb * 1024 * 1024;
  return new ContainerModule(({ bind }) => {
    bind(BROKER)
      .toResolvedValue(
        () =>
          new BrokerPart({
            endpoint: bindEndpoint(settings.brokerIp, settings.brokerPort),
            heartbeatIntervalMs: settings.heartbeatMs,
            heartbeatLiveness: settings.liveness,
            maxMessageBytes,
            socket: { maxFrameBytes: maxMessageBytes },
            clock,
            logger,
            ...(transport !== undefined && { transport }),
          }),
      )
      .inSingletonScope();
    bind(BROKER_SERVER)
      .toResolvedValue(
        (broker: BrokerPart) =>
          new RaspyServer({
            ...serverOptions(surroundings, () => peerEndpoint(broker.endpoint)),
            statistics: () => broker.statistics(),
          }),
        [BROKER],
      )
      .inSingletonScope();
  });
}
