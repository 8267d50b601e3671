/**
 * The clients as inversify modules: tokens, and modules that are functions of options.
 * @packageDocumentation
 */
import type { Clock } from '@raspy/clock';
import type { MdpClient } from '@raspy/mdp-protocol';
import type { Transport } from '@raspy/wire';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import type { TitanicClientOptions } from './client/options.js';
import { SettingsClient, type SettingsClientOptions } from './client/settings-client.js';
import type { SettingsStore } from './client/settings-store.js';
import { TitanicClient } from './client/titanic-client.js';

/** Where time comes from; the token that all of RasPy's libraries share. */
export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('raspy.CLOCK');
/** What carries messages; likewise. */
export const TRANSPORT: ServiceIdentifier<Transport> = Symbol.for('raspy.TRANSPORT');
/** The process's client of the bus; likewise. `mdpClientModule` of `@raspy/mdp-protocol/di` binds it. */
export const MDP_CLIENT: ServiceIdentifier<MdpClient> = Symbol.for('raspy.MDP_CLIENT');
/** The process's client of Titanic. */
export const TITANIC_CLIENT: ServiceIdentifier<TitanicClient> = Symbol.for('raspy.TITANIC_CLIENT');
/** Titanic's settings store. */
export const SETTINGS_STORE: ServiceIdentifier<SettingsStore> = Symbol.for('raspy.SETTINGS_STORE');

/** Binds {@link TITANIC_CLIENT} and {@link SETTINGS_STORE}; needs {@link CLOCK} and {@link MDP_CLIENT}, over which they ask. */
export function titanicClientModule(
  options: Omit<TitanicClientOptions, 'clock'> & { readonly settings?: SettingsClientOptions } = {},
): ContainerModule {
  const { settings, ...client } = options;
  return new ContainerModule(({ bind }) => {
    bind(TITANIC_CLIENT)
      .toResolvedValue(
        (clock: Clock, mdp: MdpClient) => new TitanicClient(mdp, { ...client, clock }),
        [CLOCK, MDP_CLIENT],
      )
      .inSingletonScope();
    bind(SETTINGS_STORE)
      .toResolvedValue((mdp: MdpClient) => new SettingsClient(mdp, settings), [MDP_CLIENT])
      .inSingletonScope();
  });
}
