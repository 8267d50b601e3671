import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { bindEndpoint, peerEndpoint } from '../server/endpoint.js';
import { RaspyServer } from '../server/raspy-server.js';
import { serverOptions, type ServerSurroundings, type ServerValues } from '../server/surroundings.js';
import { brokerBus } from '@raspy/titanic-store';
import type { Part } from '../lifecycle/executive.js';
import { titanicPart, type TitanicValues } from '../titanic-server/titanic-values.js';
import type { TitanicPart } from '../titanic-server/titanic-part.js';
import { BrokerPart } from './broker-part.js';
import { KvPart } from './kv-part.js';

/** Titanic's store in the broker's process, unless it is turned off; it starts before the broker. */
export const TITANIC: ServiceIdentifier<TitanicPart | undefined> = Symbol.for('raspy.TITANIC_PART');
/** The parts of a program with a broker, in the order in which they start. */
export const BROKER_PARTS: ServiceIdentifier<readonly Part[]> = Symbol.for('raspy.BROKER_PARTS');
/** The broker. */
export const BROKER: ServiceIdentifier<BrokerPart> = Symbol.for('raspy.BROKER_PART');
/** The key/value tree; it starts after the broker, whose port its ports follow. */
export const KV_TREE: ServiceIdentifier<KvPart> = Symbol.for('raspy.KV_PART');
/** The broker's own server, `<hostname>.broker`, an ordinary one on the bus that it serves. */
export const BROKER_SERVER: ServiceIdentifier<RaspyServer> = Symbol.for('raspy.BROKER_SERVER');

/** The values of the settings that a program with a broker has. */
export interface BrokerValues extends ServerValues, TitanicValues {
  /** Whether the broker serves `titanic.*` itself. */
  readonly titanic: boolean;
  /** The most that one message may have, in MiB; for single frames and for all of a message together. */
  readonly maxMessageMb: number;
  /** A changed value is on disk within so many milliseconds. */
  readonly kvFlushMs: number;
  readonly kvMaxKeys: number;
  /** Whether sequences of 4 bytes are taken from publishers. */
  readonly kvLegacy4: boolean;
}

/** Binds {@link BROKER_PARTS}, and each of them by its own name, as singletons. */
export function brokerModule(surroundings: ServerSurroundings<BrokerValues>): ContainerModule {
  const { settings, clock, logger, transport } = surroundings;
  const maxMessageBytes = settings.maxMessageMb * 1024 * 1024;
  return new ContainerModule(({ bind }) => {
    bind(TITANIC)
      .toResolvedValue(() => (settings.titanic ? titanicPart(surroundings) : undefined))
      .inSingletonScope();
    bind(BROKER)
      .toResolvedValue(
        (titanic: TitanicPart | undefined) =>
          new BrokerPart({
            ...(titanic !== undefined && { builtin: () => titanic.services }),
            endpoint: bindEndpoint(settings.brokerIp, settings.brokerPort),
            heartbeatIntervalMs: settings.heartbeatMs,
            heartbeatLiveness: settings.liveness,
            maxMessageBytes,
            socket: { maxFrameBytes: maxMessageBytes },
            clock,
            logger,
            ...(transport !== undefined && { transport }),
          }),
        [TITANIC],
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
        (broker: BrokerPart, tree: KvPart, titanic: TitanicPart | undefined) => {
          const server = new RaspyServer({
            ...serverOptions(surroundings, () => peerEndpoint(broker.endpoint)),
            statistics: () => ({
              ...broker.statistics(),
              ...tree.statistics(),
              ...titanic?.statistics(),
            }),
            wellBeing: () => tree.healthy && (titanic?.healthy ?? true),
          });
          broker.registerWaits(server.registry);
          return server;
        },
        [BROKER, KV_TREE, TITANIC],
      )
      .inSingletonScope();
    bind(BROKER_PARTS)
      .toResolvedValue(
        (titanic: TitanicPart | undefined, broker: BrokerPart, tree: KvPart, server: RaspyServer) =>
          titanic === undefined
            ? [broker, tree, server]
            : [titanic, broker, titanic.dispatch(() => brokerBus(broker.running)), tree, server],
        [TITANIC, BROKER, KV_TREE, BROKER_SERVER],
      )
      .inSingletonScope();
  });
}
