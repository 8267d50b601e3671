import { join } from 'node:path';
import {
  DeviceHost,
  DeviceRegistry,
  type DeviceConfig,
  type DeviceDriver,
  type RaspyPlugin,
} from '@raspy/devices';
import { connectEndpoint } from '../server/endpoint.js';
import { serverOptions, type ServerSurroundings } from '../server/surroundings.js';
import { DeviceServer } from './device-server.js';

/** What a device server is composed of. */
export interface CreateDeviceServerOptions extends ServerSurroundings {
  /** @default none */
  readonly drivers?: Iterable<DeviceDriver>;
  /** Plugins whose drivers it has. @default none */
  readonly plugins?: readonly RaspyPlugin[];
  readonly devices: readonly DeviceConfig[];
  /** Where the broker is. @default the address and port of the settings */
  readonly endpoint?: () => string;
}

/**
 * A device server of plain constructors, for a process that has no container: that would cost it more memory than all else
 * that serves devices.
 */
export function createDeviceServer(options: CreateDeviceServerOptions): DeviceServer {
  const { drivers = [], plugins = [] } = options;
  const registry = new DeviceRegistry(drivers);
  for (const plugin of plugins) registry.addPlugin(plugin);
  return deviceServerOf(registry, options);
}

/** A device server whose devices have the drivers of a registry. What it remembers is in `devices/<service>` of its data folder. */
export function deviceServerOf(
  registry: DeviceRegistry,
  options: Omit<CreateDeviceServerOptions, 'drivers'>,
): DeviceServer {
  const { settings, devices, plugins = [], clock, logger } = options;
  const endpoint = options.endpoint ?? (() => connectEndpoint(settings.brokerIp, settings.brokerPort));
  return new DeviceServer({
    ...serverOptions(options, endpoint),
    host: (memory) =>
      new DeviceHost({ registry, clock, log: logger, ...(memory !== undefined && { memory }) }),
    devices,
    finders: plugins.flatMap(({ finder }) => finder ?? []),
    memoryFolder: join(settings.dataDir, 'devices', settings.service),
    kvChpPort: settings.kvChpPort,
  });
}
