import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { bindEndpoint, peerEndpoint } from '../server/endpoint.js';
import { RaspyServer } from '../server/raspy-server.js';
import { serverOptions, type ServerSurroundings, type ServerValues } from '../server/surroundings.js';
import { BrokerPart } from './broker-part.js';
import { KvPart } from './kv-part.js';

/** The broker; it starts first. */
export const BROKER: ServiceIdentifier<BrokerPart> = Symbol.for('raspy.BROKER_PART');
/** The key/value tree; it starts after the broker, whose port its ports follow. */
export const KV_TREE: ServiceIdentifier<KvPart> = Symbol.for('raspy.KV_PART');
/** The broker's own server, `<hostname>.broker`, an ordinary one on the bus that it serves. */
export const BROKER_SERVER: ServiceIdentifier<RaspyServer> = Symbol.for('raspy.BROKER_SERVER');

/** The values of the settings that a program with a broker has. */
export interface BrokerValues extends ServerValues {
  /** The most that one message may have, in MiB; for single frames and for all of a message together. */
  readonly maxMessageMb: number;
  /** A changed value is on disk within so many milliseconds. */
  readonly kvFlushMs: number;
  readonly kvMaxKeys: number;
  /** Whether sequences of 4 bytes are taken from publishers. */
  readonly kvLegacy4: boolean;
}

/** Binds {@link BROKER}, {@link KV_TREE} and {@link BROKER_SERVER} as singletons. */
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
    bind(KV_TREE)
      .toResolvedValue(
        (broker: BrokerPart) =>
          new KvPart({
            broker: () => broker.endpoint,
            chpPort: settings.kvChpPort,
            dataDir: settings.dataDir,
            flushMs: settings.kvFlushMs,
            maxKeys: settings.kvMaxKeys,
            legacy4: settings.kvLegacy4,
            clock,
            logger,
            ...(transport !== undefined && { transport }),
          }),
        [BROKER],
      )
      .inSingletonScope();
    bind(BROKER_SERVER)
      .toResolvedValue(
        (broker: BrokerPart, tree: KvPart) =>
          new RaspyServer({
            ...serverOptions(surroundings, () => peerEndpoint(broker.endpoint)),
            statistics: () => ({ ...broker.statistics(), ...tree.statistics() }),
            wellBeing: () => tree.healthy,
          }),
        [BROKER, KV_TREE],
      )
      .inSingletonScope();
  });
}
