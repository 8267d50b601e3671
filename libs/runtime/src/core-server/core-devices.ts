import type { Clock } from '@raspy/clock';
import { DeviceHost, DeviceRegistry, type DeviceConfig, type RaspyPlugin } from '@raspy/devices';
import type { KvClient } from '@raspy/kv-clone';
import { DeviceList } from '../device-server/device-list.js';
import { NO_CHANGES } from '../device-server/device-overlay.js';
import { DeviceValues } from '../device-server/device-values.js';
import { devicesHandler } from '../device-server/devices-handler.js';
import type { Logger } from '../log/logger.js';
import type { SubService } from '../server/raspy-server.js';

/** What {@link CoreDevices} are made of. */
export interface CoreDevicesOptions {
  readonly plugins: readonly RaspyPlugin[];
  readonly devices: readonly DeviceConfig[];
  /** `<hostname>.<service>` */
  readonly server: string;
  readonly instanceId: string;
  readonly tree: KvClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CONCURRENCY = 4;

/**
 * The few devices that the core server has itself, such as the clock of the board. Nothing is remembered of them: what guards
 * outputs belongs into a device server.
 */
export class CoreDevices {
  readonly subService: SubService;
  readonly #host: DeviceHost;
  readonly #list: DeviceList;
  readonly #values: DeviceValues;

  constructor(options: CoreDevicesOptions) {
    const { plugins, devices, server, instanceId, tree, clock, logger } = options;
    const registry = new DeviceRegistry();
    for (const plugin of plugins) registry.addPlugin(plugin);
    this.#host = new DeviceHost({ registry, clock, log: logger });
    this.#list = new DeviceList({ host: this.#host, settings: devices, logger });
    this.#values = new DeviceValues({ host: this.#host, tree, server, instanceId, clock, logger });
    this.subService = {
      suffix: 'devices',
      concurrency: CONCURRENCY,
      handle: devicesHandler(this.#host, this.#list, {
        clock,
        onError: (error, action) => {
          logger.error('a request for devices failed', { action, error: String(error) });
        },
      }),
    };
  }

  /** Opens the devices. @throws InvalidConfigError (rejects) */
  open(): Promise<void> {
    return this.#list.open(NO_CHANGES);
  }

  /** Tells their readings; only when nobody else has the name of the server. */
  start(): void {
    this.#values.start();
  }

  async close(): Promise<void> {
    this.#values.leave();
    await this.#host.close();
    this.#values.stop();
  }
}
