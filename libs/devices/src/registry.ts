import { describeDeviceType, type DeviceTypeDescription } from './describe.js';
import type { DeviceDriver } from './driver.js';
import { DuplicateDriverError } from './errors.js';

/** The drivers that a host may use, by the oid of their type. */
export class DeviceRegistry {
  readonly #drivers = new Map<string, DeviceDriver>();

  /** @throws DuplicateDriverError when two of them serve one oid */
  constructor(drivers: Iterable<DeviceDriver> = []) {
    for (const driver of drivers) this.add(driver);
  }

  /** @throws DuplicateDriverError when there is a driver for its oid already */
  add(driver: DeviceDriver): void {
    const { oid } = driver.type;
    if (this.#drivers.has(oid)) throw new DuplicateDriverError(oid);
    this.#drivers.set(oid, driver);
  }

  /** The driver of an oid, `undefined` when there is none. */
  get(oid: string): DeviceDriver | undefined {
    return this.#drivers.get(oid);
  }

  /** All oids, sorted. */
  oids(): string[] {
    return [...this.#drivers.keys()].sort();
  }

  /** The types of all drivers as plain JSON, sorted by oid. */
  describe(): DeviceTypeDescription[] {
    return this.oids().map((oid) => describeDeviceType(this.#drivers.get(oid)!.type));
  }
}
