import type { DeviceConfig, DeviceDriver, DeviceRegistry, RaspyPlugin } from '@raspy/devices';
import { DEVICE_REGISTRY, devicesModule } from '@raspy/devices/di';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import type { ServerSurroundings } from '../server/surroundings.js';
import { deviceServerOf } from './create-device-server.js';
import type { DeviceServer } from './device-server.js';

/** A server of devices. */
export const DEVICE_SERVER: ServiceIdentifier<DeviceServer> = Symbol.for('raspy.DEVICE_SERVER');

/** What {@link deviceServerModules} compose. */
export interface DeviceServerModuleOptions extends ServerSurroundings {
  /** @default none */
  readonly drivers?: readonly DeviceDriver[];
  /** Plugins whose drivers it has. @default none */
  readonly plugins?: readonly RaspyPlugin[];
  readonly devices: readonly DeviceConfig[];
  /** Where the broker is. @default the address and port of the settings */
  readonly endpoint?: () => string;
}

/**
 * Bind {@link DEVICE_SERVER} as a singleton, with the registry and drivers that it needs. What it remembers is in the folder
 * `devices/<service>` of its data folder.
 */
export function deviceServerModules(options: DeviceServerModuleOptions): ContainerModule[] {
  const { drivers = [], plugins = [] } = options;
  return [
    devicesModule({ drivers, plugins }),
    new ContainerModule(({ bind }) => {
      bind(DEVICE_SERVER)
        .toResolvedValue((registry: DeviceRegistry) => deviceServerOf(registry, options), [DEVICE_REGISTRY])
        .inSingletonScope();
    }),
  ];
}
