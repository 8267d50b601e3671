import 'reflect-metadata';
import type { Composition, ServerSurroundings, ServerValues, SettingsOf } from '@raspy/runtime';
import { CORE_SERVER, coreServerModule } from '@raspy/runtime/core-server';
import { Container } from 'inversify';
import { clockDevice, plugin as clockPlugin } from './clock.js';
import type { coreAppSettings } from './definition.js';

/** The server of jobs and scenarios, with the clock of the board. */
export function composeCore(
  surroundings: ServerSurroundings<ServerValues & SettingsOf<typeof coreAppSettings>>,
): Composition {
  const { settings } = surroundings;
  const container = new Container();
  container.load(
    coreServerModule({
      ...surroundings,
      plugins: [clockPlugin],
      devices: [clockDevice('clock', settings.clock)],
    }),
  );
  const server = container.get(CORE_SERVER);
  return {
    parts: [server],
    ready: () => `as ${server.name} on tcp://${settings.brokerIp}:${settings.brokerPort}`,
  };
}
