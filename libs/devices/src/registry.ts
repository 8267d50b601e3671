import { describeDeviceType, type DeviceTypeDescription } from './describe.js';
import type { DeviceDriver } from './driver.js';
import { DuplicateDriverError, type Mistake } from './errors.js';
import type { RaspyPlugin } from './plugin.js';

/** A driver, and the short name of the plugin that brought it. */
interface Registered {
  readonly driver: DeviceDriver;
  readonly plugin: string | undefined;
}

/** The drivers that a host may use, by the oid of their type. Several plugins may have one for the same oid. */
export class DeviceRegistry {
  readonly #drivers = new Map<string, Registered[]>();

  /** @throws DuplicateDriverError when two of them serve one oid */
  constructor(drivers: Iterable<DeviceDriver> = []) {
    for (const driver of drivers) this.add(driver);
  }

  /**
   * @param plugin - short name of the plugin that brings it, by which a configuration may choose. @default none
   * @throws DuplicateDriverError when that plugin has a driver for its oid already
   */
  add(driver: DeviceDriver, plugin?: string): void {
    const { oid } = driver.type;
    const registered = this.#drivers.get(oid) ?? [];
    if (registered.some((other) => other.plugin === plugin)) throw new DuplicateDriverError(oid);
    this.#drivers.set(oid, [...registered, { driver, plugin }]);
  }

  /** Adds all drivers of a plugin. @throws DuplicateDriverError when they are there already */
  addPlugin(plugin: RaspyPlugin): void {
    for (const driver of plugin.drivers) this.add(driver, plugin.name);
  }

  /** The driver of an oid, of the plugin that is named or the only one; `undefined` when there is none such. */
  get(oid: string, plugin?: string): DeviceDriver | undefined {
    return this.find(oid, plugin).driver;
  }

  /** The driver that a configuration means, or what is wrong with it. */
  find(oid: string, plugin?: string): { readonly driver?: DeviceDriver; readonly mistake?: Mistake } {
    const registered = this.#drivers.get(oid) ?? [];
    if (registered.length === 0) {
      const known = this.oids().join(', ') || 'none; load a plugin';
      return { mistake: { path: 'oid', message: `no driver for "${oid}"; there are: ${known}` } };
    }
    const fitting = plugin === undefined ? registered : registered.filter((one) => one.plugin === plugin);
    if (fitting.length === 1) return { driver: fitting[0]!.driver };
    const plugins = registered.map((one) => one.plugin ?? '(no plugin)').join(', ');
    const message =
      plugin === undefined
        ? `several plugins have a driver for "${oid}": say which, one of ${plugins}`
        : `the plugin "${plugin}" has no driver for "${oid}"; these have: ${plugins}`;
    return { mistake: { path: 'driver', message } };
  }

  /** All oids, sorted. */
  oids(): string[] {
    return [...this.#drivers.keys()].sort();
  }

  /** The types of all drivers as plain JSON, sorted by oid; of several drivers for one oid each is told. */
  describe(): DeviceTypeDescription[] {
    return this.oids().flatMap((oid) =>
      this.#drivers.get(oid)!.map(({ driver }) => describeDeviceType(driver.type)),
    );
  }
}
