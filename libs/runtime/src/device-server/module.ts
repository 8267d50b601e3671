import type { DeviceConfig, DeviceDriver, DeviceHost } from '@raspy/devices';
import { DEVICE_HOST, devicesModule } from '@raspy/devices/di';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { connectEndpoint } from '../server/endpoint.js';
import { serverOptions, type ServerSurroundings } from '../server/surroundings.js';
import { DeviceServer } from './device-server.js';

/** A server of devices. */
export const DEVICE_SERVER: ServiceIdentifier<DeviceServer> = Symbol.for('raspy.DEVICE_SERVER');

/** What {@link deviceServerModules} compose. */
export interface DeviceServerModuleOptions extends ServerSurroundings {
  readonly drivers: readonly DeviceDriver[];
  readonly devices: readonly DeviceConfig[];
  /** Where the broker is. @default the address and port of the settings */
  readonly endpoint?: () => string;
}

/** Bind {@link DEVICE_SERVER} as a singleton, with the host, registry and drivers that it needs. */
export function deviceServerModules(options: DeviceServerModuleOptions): ContainerModule[] {
  const { settings, clock, logger, drivers, devices } = options;
  const endpoint = options.endpoint ?? (() => connectEndpoint(settings.brokerIp, settings.brokerPort));
  return [
    devicesModule({ drivers, host: { clock, log: logger } }),
    new ContainerModule(({ bind }) => {
      bind(DEVICE_SERVER)
        .toResolvedValue(
          (host: DeviceHost) =>
            new DeviceServer({
              ...serverOptions(options, endpoint),
              host,
              devices,
              kvChpPort: settings.kvChpPort,
            }),
          [DEVICE_HOST],
        )
        .inSingletonScope();
    }),
  ];
}
