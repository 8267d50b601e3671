import { VirtualClock } from '@raspy/clock';
import {
  DeviceHost,
  DeviceRegistry,
  type DeviceConfig,
  type DeviceDriver,
  type Reading,
} from '@raspy/devices';
import { SharedBuses } from '../src/buses/shared-buses.js';
import { deviceDrivers } from '../src/devices/drivers.js';
import { FakeBus } from './fake-bus.js';

/** A host with the drivers of this plugin on a fake bus, in virtual time. */
export class Rig {
  readonly clock = new VirtualClock();
  readonly bus = new FakeBus(this.clock);
  readonly buses = new SharedBuses(() => [this.bus]);
  readonly drivers: readonly DeviceDriver[] = deviceDrivers(this.buses);
  /** What was written to the log. */
  readonly logged: string[] = [];
  readonly host = new DeviceHost({
    registry: new DeviceRegistry(this.drivers),
    clock: this.clock,
    log: {
      debug: () => undefined,
      info: (message) => void this.logged.push(message),
      warn: (message, fields) => void this.logged.push(`${message}: ${String(fields?.['reason'])}`),
      error: (message) => void this.logged.push(message),
    },
  });

  /** Adds a device and lets it be opened and polled once. */
  async add(config: DeviceConfig): Promise<void> {
    this.host.add(config);
    await this.host.opened(config.name);
    await this.clock.advanceByAsync(8_000);
  }

  /** Lets the next poll come, and the measurements that it takes. */
  async nextPoll(): Promise<void> {
    await this.clock.advanceByAsync(10_000);
  }

  /** `24 good`, or `24 bad: why`. */
  shown(device: string, value: string): string {
    const { value: latest, quality, reason }: Reading = this.host.get(device, value);
    return `${String(latest)} ${quality}${reason === undefined ? '' : `: ${reason}`}`;
  }

  async end(): Promise<void> {
    const end = { isClosed: false };
    void this.host.close().then(() => (end.isClosed = true));
    for (let i = 0; !end.isClosed && i < 100; i++) await this.clock.advanceByAsync(1_000);
  }
}
