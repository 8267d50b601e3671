/**
 * The library as inversify modules: tokens, and modules that are functions of options.
 * @packageDocumentation
 */
import type { Clock } from '@raspy/clock';
import type { Transport } from '@raspy/wire';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { KvClient } from './client/kv-client.js';
import type { KvClientOptions } from './client/options.js';
import { startKvServer, type RunningKvServer, type StartKvServerOptions } from './server/start-kv-server.js';

/** Where time comes from; the token that all of RasPy's libraries share. */
export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('raspy.CLOCK');
/** What carries messages; likewise. */
export const TRANSPORT: ServiceIdentifier<Transport> = Symbol.for('raspy.TRANSPORT');
/** The process's client of the tree. */
export const KV_CLIENT: ServiceIdentifier<KvClient> = Symbol.for('raspy.KV_CLIENT');
/** The tree of this process; starting takes time, so ask with `getAsync`. */
export const KV_SERVER: ServiceIdentifier<RunningKvServer> = Symbol.for('raspy.KV_SERVER');

/** Binds {@link KV_CLIENT}; needs {@link CLOCK} and {@link TRANSPORT}. Unbinding closes the client. */
export function kvClientModule(options: Omit<KvClientOptions, 'clock' | 'transport'> = {}): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(KV_CLIENT)
      .toResolvedValue(
        (clock: Clock, transport: Transport) => new KvClient({ ...options, clock, transport }),
        [CLOCK, TRANSPORT],
      )
      .inSingletonScope()
      .onDeactivation((client) => client.close());
  });
}

/** Binds {@link KV_SERVER}; needs {@link CLOCK} and {@link TRANSPORT}. Unbinding closes it. */
export function kvServerModule(
  options: Omit<StartKvServerOptions, 'clock' | 'transport'> = {},
): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(KV_SERVER)
      .toResolvedValue(
        (clock: Clock, transport: Transport) => startKvServer({ ...options, clock, transport }),
        [CLOCK, TRANSPORT],
      )
      .inSingletonScope()
      .onDeactivation((server) => server.close());
  });
}
