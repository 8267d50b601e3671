/**
 * The library as inversify modules: tokens, and modules that are functions of options.
 * @packageDocumentation
 */
import { systemClock, type Clock } from '@raspy/clock';
import { defaultTransport, type Transport } from '@raspy/wire';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { startBroker, type RunningBroker, type StartBrokerOptions } from './broker/start-broker.js';
import { MdpClient } from './client/mdp-client.js';
import type { MdpClientOptions } from './client/options.js';
import { MmiClient } from './client/mmi.js';
import { MdpWorker } from './worker/mdp-worker.js';
import type { MdpWorkerOptions } from './worker/options.js';

/** Where time comes from. */
export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('raspy.CLOCK');
/** What carries messages. */
export const TRANSPORT: ServiceIdentifier<Transport> = Symbol.for('raspy.TRANSPORT');
/** The process's client. */
export const MDP_CLIENT: ServiceIdentifier<MdpClient> = Symbol.for('raspy.MDP_CLIENT');
/** Questions to the broker, over the process's client. */
export const MMI_CLIENT: ServiceIdentifier<MmiClient> = Symbol.for('raspy.MMI_CLIENT');
/** Workers; many of a kind, so ask for all of them. */
export const MDP_WORKER: ServiceIdentifier<MdpWorker> = Symbol.for('raspy.MDP_WORKER');
/** The broker of this process; starting takes time, so ask with `getAsync`. */
export const BROKER: ServiceIdentifier<RunningBroker> = Symbol.for('raspy.BROKER');

/** Binds {@link CLOCK} to the machine's clock and {@link TRANSPORT} to libzmq; tests bind their own instead. */
export function machineModule(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(CLOCK).toConstantValue(systemClock);
    bind(TRANSPORT).toResolvedValue(defaultTransport, []).inSingletonScope();
  });
}

/** Binds {@link MDP_CLIENT} and {@link MMI_CLIENT}; needs {@link CLOCK} and {@link TRANSPORT}. Unbinding closes the client. */
export function mdpClientModule(
  options: Omit<MdpClientOptions, 'clock' | 'transport'> = {},
): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(MDP_CLIENT)
      .toResolvedValue(
        (clock: Clock, transport: Transport) => new MdpClient({ ...options, clock, transport }),
        [CLOCK, TRANSPORT],
      )
      .inSingletonScope()
      .onDeactivation((client) => client.close());
    bind(MMI_CLIENT)
      .toResolvedValue((client: MdpClient) => new MmiClient(client), [MDP_CLIENT])
      .inSingletonScope();
  });
}

/** Adds a {@link MDP_WORKER}; needs {@link CLOCK} and {@link TRANSPORT}. Unbinding closes it, gracefully. */
export function mdpWorkerModule(options: Omit<MdpWorkerOptions, 'clock' | 'transport'>): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(MDP_WORKER)
      .toResolvedValue(
        (clock: Clock, transport: Transport) => new MdpWorker({ ...options, clock, transport }),
        [CLOCK, TRANSPORT],
      )
      .inSingletonScope()
      .onDeactivation((worker) => worker.close());
  });
}

/** Binds {@link BROKER}; needs {@link CLOCK} and {@link TRANSPORT}. Unbinding closes it. */
export function brokerModule(options: Omit<StartBrokerOptions, 'clock' | 'transport'> = {}): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(BROKER)
      .toResolvedValue(
        (clock: Clock, transport: Transport) => startBroker({ ...options, clock, transport }),
        [CLOCK, TRANSPORT],
      )
      .inSingletonScope()
      .onDeactivation((broker) => broker.close());
  });
}
