import type { Millis } from '@raspy/clock';
import type { DeviceConfig, DeviceHost } from '@raspy/devices';
import type { Part } from '../lifecycle/executive.js';
import { RaspyServer, type RaspyServerOptions } from '../server/raspy-server.js';
import { devicesHandler } from './devices-handler.js';

/** What a {@link DeviceServer} is told. */
export interface DeviceServerOptions extends RaspyServerOptions {
  /** Made for this server, which closes it. */
  readonly host: DeviceHost;
  /** Opened when the server starts. */
  readonly devices: readonly DeviceConfig[];
}

/** Requests for devices that are served at a time: a slow command of one device must not hold up the others. */
const CONCURRENCY = 4;

/** A server of devices: its host opens them, `<hostname>.<service>.devices` tells of them and executes commands. */
export class DeviceServer implements Part {
  readonly #options: DeviceServerOptions;
  readonly #server: RaspyServer;

  constructor(options: DeviceServerOptions) {
    const { host, clock, logger, subServices = [] } = options;
    this.#options = options;
    this.#server = new RaspyServer({
      ...options,
      subServices: [
        ...subServices,
        {
          suffix: 'devices',
          concurrency: CONCURRENCY,
          handle: devicesHandler(host, {
            clock,
            onError: (error, action) => {
              logger.error('a request for devices failed', { action, error: String(error) });
            },
          }),
        },
      ],
    });
  }

  /** `<hostname>.<service>` */
  get name(): string {
    return this.#server.name;
  }

  /** Resolves when another server has taken the name for good. */
  get lost(): Promise<Error> {
    return this.#server.lost;
  }

  /**
   * Claims the name, opens the devices and serves. A device that cannot be opened is listed as failed and tried again.
   *
   * @throws InvalidConfigError, DuplicateDeviceError (rejects) for a device whose configuration is wrong
   * @throws EnvironmentError (rejects) when a server of this name lives
   */
  async start(signal: AbortSignal): Promise<void> {
    const { host, devices } = this.#options;
    try {
      for (const device of devices) host.add(device);
      await this.#server.start(signal);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /** Lets commands that run finish, within the deadline, and closes the devices. */
  async stop(deadlineMs: Millis): Promise<void> {
    await this.#server.stop(deadlineMs);
    await this.#options.host.close();
  }
}
