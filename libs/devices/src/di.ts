import { ContainerModule, type ServiceIdentifier } from 'inversify';
import type { DeviceDriver } from './driver.js';
import { DeviceHost } from './host/device-host.js';
import type { DeviceHostOptions } from './host/options.js';
import type { RaspyPlugin } from './plugin.js';
import { DeviceRegistry } from './registry.js';

/** Bind each driver to it, as often as there are drivers. */
export const DEVICE_DRIVER: ServiceIdentifier<DeviceDriver> = Symbol.for('raspy.DEVICE_DRIVER');
/** Bind each plugin to it; its drivers can be told from those of others for the same oid. */
export const DEVICE_PLUGIN: ServiceIdentifier<RaspyPlugin> = Symbol.for('raspy.DEVICE_PLUGIN');
/** All drivers that are bound when it is first asked for. */
export const DEVICE_REGISTRY: ServiceIdentifier<DeviceRegistry> = Symbol.for('raspy.DEVICE_REGISTRY');
/** The host over the registry; closed when it is unbound. */
export const DEVICE_HOST: ServiceIdentifier<DeviceHost> = Symbol.for('raspy.DEVICE_HOST');

/** Options of {@link devicesModule}. */
export interface DevicesModuleOptions {
  /** Bound to DEVICE_DRIVER, beside those that others bind. @default none */
  readonly drivers?: readonly DeviceDriver[];
  /** Bound to DEVICE_PLUGIN, beside those that others bind. @default none */
  readonly plugins?: readonly RaspyPlugin[];
  /** Options of the host, except its registry. @default the host's own defaults */
  readonly host?: Omit<DeviceHostOptions, 'registry'>;
}

/** Binds DEVICE_REGISTRY and DEVICE_HOST as singletons, and the given drivers and plugins. */
export function devicesModule(options: DevicesModuleOptions = {}): ContainerModule {
  return new ContainerModule(({ bind }) => {
    for (const driver of options.drivers ?? []) bind(DEVICE_DRIVER).toConstantValue(driver);
    for (const plugin of options.plugins ?? []) bind(DEVICE_PLUGIN).toConstantValue(plugin);
    bind(DEVICE_REGISTRY)
      .toResolvedValue(
        (drivers: DeviceDriver[], plugins: RaspyPlugin[]) => {
          const registry = new DeviceRegistry(drivers);
          for (const plugin of plugins) registry.addPlugin(plugin);
          return registry;
        },
        [
          { isMultiple: true, serviceIdentifier: DEVICE_DRIVER },
          { isMultiple: true, serviceIdentifier: DEVICE_PLUGIN },
        ],
      )
      .inSingletonScope();
    bind(DEVICE_HOST)
      .toResolvedValue(
        (registry: DeviceRegistry) => new DeviceHost({ ...options.host, registry }),
        [DEVICE_REGISTRY],
      )
      .inSingletonScope()
      .onDeactivation((host) => host.close());
  });
}
