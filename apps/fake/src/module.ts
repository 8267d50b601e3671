import 'reflect-metadata';
import type { Composition, ServerSurroundings, ServerValues, SettingsOf } from '@raspy/runtime';
import { DEVICE_SERVER, deviceServerModules } from '@raspy/runtime/device-server';
import { Container } from 'inversify';
import { exampleDevices } from 'raspy-plugin-fake';
import type { fakeSettings } from './definition.js';
import { drivers } from './drivers.js';

/** The device server with the drivers of the fake plugin. */
export function composeFake(
  surroundings: ServerSurroundings<ServerValues & SettingsOf<typeof fakeSettings>>,
): Composition {
  const { settings } = surroundings;
  const container = new Container();
  container.load(
    ...deviceServerModules({
      ...surroundings,
      drivers,
      devices: settings.devices ?? exampleDevices,
    }),
  );
  const server = container.get(DEVICE_SERVER);
  return {
    parts: [server],
    ready: () => `as ${server.name} on tcp://${settings.brokerIp}:${settings.brokerPort}`,
  };
}
