import { ContainerModule, type ServiceIdentifier } from 'inversify';
import type { DeviceDriver } from './driver.js';
import { DeviceHost } from './host/device-host.js';
import type { DeviceHostOptions } from './host/options.js';
import { DeviceRegistry } from './registry.js';

/** Bind each driver to it, as often as there are drivers. */
export const DEVICE_DRIVER: ServiceIdentifier<DeviceDriver> = Symbol.for('raspy.DEVICE_DRIVER');
/** All drivers that are bound when it is first asked for. */
export const DEVICE_REGISTRY: ServiceIdentifier<DeviceRegistry> = Symbol.for('raspy.DEVICE_REGISTRY');
/** The host over the registry; closed when it is unbound. */
export const DEVICE_HOST: ServiceIdentifier<DeviceHost> = Symbol.for('raspy.DEVICE_HOST');

/** Options of {@link devicesModule}. */
export interface DevicesModuleOptions {
  /** Bound to DEVICE_DRIVER, beside those that others bind. @default none */
  readonly drivers?: readonly DeviceDriver[];
  /** Options of the host, except its registry. @default the host's own defaults */
  readonly host?: Omit<DeviceHostOptions, 'registry'>;
}

/** Binds DEVICE_REGISTRY and DEVICE_HOST as singletons, and the given drivers. */
export function devicesModule(options: DevicesModuleOptions = {}): ContainerModule {
  return new ContainerModule(({ bind }) => {
    for (const driver of options.drivers ?? []) bind(DEVICE_DRIVER).toConstantValue(driver);
    bind(DEVICE_REGISTRY)
      .toResolvedValue(
        (drivers: DeviceDriver[]) => new DeviceRegistry(drivers),
        [{ isMultiple: true, serviceIdentifier: DEVICE_DRIVER }],
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
