import type { Millis } from '@raspy/clock';
import type { DeviceConfig, DeviceHost } from '@raspy/devices';
import { KvClient } from '@raspy/kv-clone';
import type { Part } from '../lifecycle/executive.js';
import { kvClientEndpoints } from '../server/endpoint.js';
import { RaspyServer, type RaspyServerOptions } from '../server/raspy-server.js';
import { DeviceValues } from './device-values.js';
import { devicesHandler } from './devices-handler.js';

/** What a {@link DeviceServer} is told. */
export interface DeviceServerOptions extends RaspyServerOptions {
  /** Made for this server, which closes it. */
  readonly host: DeviceHost;
  /** Opened when the server starts. */
  readonly devices: readonly DeviceConfig[];
  /** First port of the key/value tree by CHP. @default 0, the broker's + 6 */
  readonly kvChpPort?: number;
}

/** Requests for devices that are served at a time: a slow command of one device must not hold up the others. */
const CONCURRENCY = 4;

/**
 * A server of devices: its host opens them, `<hostname>.<service>.devices` tells of them and executes commands, and the
 * key/value tree is told every reading.
 */
export class DeviceServer implements Part {
  readonly #options: DeviceServerOptions;
  readonly #server: RaspyServer;
  #tree: KvClient | undefined;
  #values: DeviceValues | undefined;

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
    this.#tellValues();
  }

  /** Lets commands that run finish, within the deadline, and closes the devices. */
  async stop(deadlineMs: Millis): Promise<void> {
    await this.#server.stop(deadlineMs);
    this.#values?.stop();
    await this.#tree?.close();
    await this.#options.host.close();
  }

  /** Only now: until the name is claimed, another server may speak under it. */
  #tellValues(): void {
    const { host, endpoint, clock, logger, transport, kvChpPort = 0 } = this.#options;
    const { name: server, instanceId } = this.#server;
    const tree = new KvClient({
      endpoints: kvClientEndpoints(endpoint(), kvChpPort),
      read: false,
      clock,
      ...(transport !== undefined && { transport }),
    });
    this.#tree = tree;
    this.#values = new DeviceValues({ host, tree, server, instanceId, clock, logger });
    this.#values.start();
  }
}
