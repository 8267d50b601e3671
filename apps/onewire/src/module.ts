import 'reflect-metadata';
import type { Composition, ServerSurroundings, ServerValues, SettingsOf } from '@raspy/runtime';
import { DEVICE_SERVER, deviceServerModules } from '@raspy/runtime/device-server';
import { Container } from 'inversify';
import { createOnewirePlugin } from 'raspy-plugin-onewire';
import type { onewireSettings } from './definition.js';

/** The device server with the 1-Wire plugin, on the buses of the settings. */
export function composeOnewire(
  surroundings: ServerSurroundings<ServerValues & SettingsOf<typeof onewireSettings>>,
): Composition {
  const { settings } = surroundings;
  const { devicesDir, owserver } = settings;
  const container = new Container();
  container.load(
    ...deviceServerModules({
      ...surroundings,
      plugins: [createOnewirePlugin({ devicesDir, owserver })],
      devices: settings.devices ?? [],
    }),
  );
  const server = container.get(DEVICE_SERVER);
  return {
    parts: [server],
    ready: () => `as ${server.name} on tcp://${settings.brokerIp}:${settings.brokerPort}`,
  };
}
