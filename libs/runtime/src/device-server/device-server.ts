import { mkdir } from 'node:fs/promises';
import type { Millis } from '@raspy/clock';
import type { DeviceConfig, DeviceFinder, DeviceHost, SafetyMemory } from '@raspy/devices';
import { KvClient } from '@raspy/kv-clone';
import { lockDataDir } from '../lifecycle/data-dir-lock.js';
import type { Part } from '../lifecycle/executive.js';
import { kvClientEndpoints } from '../server/endpoint.js';
import { RaspyServer, type RaspyServerOptions } from '../server/raspy-server.js';
import type { Statistics } from '../server/sub-services.js';
import { NO_CHANGES, type DeviceOverlay } from './device-overlay.js';
import { DeviceList } from './device-list.js';
import { DeviceStatistics } from './device-statistics.js';
import type { DeviceChanges } from './device-differences.js';
import { DeviceValues } from './device-values.js';
import { devicesHandler } from './devices-handler.js';
import { FoundDevices } from './found-devices.js';
import { lostMemory, type ServerMemory } from './server-memory.js';
import { SettingsMirror } from './settings-mirror.js';

/** What a {@link DeviceServer} is told. */
export interface DeviceServerOptions extends RaspyServerOptions {
  /** Makes the host, which the server closes, around what it remembers. */
  readonly host: (memory: SafetyMemory | undefined) => DeviceHost;
  /** The devices of the settings, opened when the server starts. */
  readonly devices: readonly DeviceConfig[];
  /** Find devices that nobody has configured. @default nobody looks */
  readonly finders?: readonly DeviceFinder[];
  /**
   * Folder of this server alone, made when it is not there: what it remembers of keyed commands, guarded outputs and
   * changes of its devices. @default it remembers nothing
   */
  readonly memoryFolder?: string;
  /** First port of the key/value tree by CHP. @default 0, the broker's + 6 */
  readonly kvChpPort?: number;
}

/** Requests for devices that are served at a time: a slow command of one device must not hold up the others. */
const CONCURRENCY = 8;
/** How long the start waits for what is found first, so that whoever asks at once is told of it. */
const FIRST_LOOK_MS = 2_000;

/**
 * A server of devices: its host opens them, `<hostname>.<service>.devices` tells of them and executes commands, and the
 * key/value tree is told every reading.
 *
 * The host comes first at the start and last at the end: outputs are driven to their safe or boot state before the bus is
 * looked for, and guarded until nothing else is left.
 */
export class DeviceServer implements Part {
  /** `<hostname>.<service>` */
  readonly name: string;
  /** Resolves when another server has taken the name for good. */
  readonly lost: Promise<Error>;
  readonly #options: DeviceServerOptions;
  #lose: (reason: Error) => void = () => undefined;
  #running: Running | undefined;
  #unlock: (() => Promise<void>) | undefined;
  #memory: ServerMemory | undefined;

  constructor(options: DeviceServerOptions) {
    this.#options = options;
    this.name = `${options.hostname}.${options.service}`;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  /**
   * Opens the devices, claims the name and serves. A device that cannot be opened is listed as failed and tried again.
   *
   * @throws InvalidConfigError, DuplicateDeviceError (rejects) for a device whose configuration is wrong
   * @throws EnvironmentError (rejects) when a server of this name lives, or its folder is another process's
   */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await this.#remember();
      const running = await this.#openDevices();
      this.#running = running;
      await running.server.start(signal);
      void running.server.lost.then(this.#lose);
      this.#tellValues(running);
      // One that did not get through when the change was made.
      if (running.list.changes !== NO_CHANGES) running.mirror.store(running.list.changes);
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /** Lets commands that run finish, within the deadline, makes outputs safe and closes the devices. */
  async stop(deadlineMs: Millis): Promise<void> {
    await this.#running?.server.stop(deadlineMs);
    await this.#end();
  }

  /**
   * Takes another list of devices from the settings. Devices that are the same in both are not touched; one that is wrong
   * or fails is told of, and harms no other.
   */
  applyDevices(devices: readonly DeviceConfig[]): Promise<DeviceChanges> {
    if (this.#running === undefined) return Promise.reject(new Error('the server does not run'));
    return this.#running.list.replaceSettings(devices);
  }

  async #remember(): Promise<void> {
    const { memoryFolder, clock, logger } = this.#options;
    if (memoryFolder === undefined) return;
    try {
      await mkdir(memoryFolder, { recursive: true, mode: 0o700 });
    } catch (error) {
      this.#memory = this.#lost(error);
      return;
    }
    this.#unlock = await lockDataDir(memoryFolder);
    const { HostMemory } = await import('./host-memory.js');
    try {
      this.#memory = await HostMemory.open({ folder: memoryFolder, clock, logger });
    } catch (error) {
      this.#memory = this.#lost(error);
    }
  }

  /** A disk that cannot be used must not keep outputs from being guarded, as those of a host that was killed are to be. */
  #lost(error: unknown): ServerMemory {
    const { message } = error as Error;
    this.#options.logger.error(
      'the devices are guarded without a record: keyed commands, budgets and changes of devices are refused',
      { reason: message },
    );
    return lostMemory(message);
  }

  async #openDevices(): Promise<Running> {
    const { devices, logger, endpoint, clock, transport } = this.#options;
    const memory = this.#memory;
    const host = this.#options.host(memory);
    const mirror = new SettingsMirror({
      endpoint: endpoint(),
      server: this.name,
      clock,
      logger,
      ...(transport !== undefined && { transport }),
    });
    const list = new DeviceList({
      host,
      settings: devices,
      logger,
      ...(memory !== undefined && {
        keep: async (changes: DeviceOverlay) => {
          await memory.keepChanges(changes);
          mirror.store(changes);
        },
      }),
    });
    try {
      await list.open(await this.#changes(mirror));
    } catch (error) {
      mirror.close();
      await host.close();
      throw error;
    }
    const found = await this.#find(list);
    const server = this.#serverOf(host, list, found);
    return {
      host,
      list,
      mirror,
      found,
      server,
      statistics: new DeviceStatistics(server.registry, host, clock),
    };
  }

  /** Its own record is what counts; on a board where it has none yet, the home's settings store may have a copy. */
  async #changes(mirror: SettingsMirror): Promise<DeviceOverlay> {
    const memory = this.#memory;
    if (memory === undefined) return NO_CHANGES;
    if (!memory.isNew) return memory.changes;
    const copy = await mirror.restore();
    if (copy === undefined) return memory.changes;
    await memory.keepChanges(copy);
    this.#options.logger.info('changes of the devices were taken over from the settings store');
    return copy;
  }

  async #find(list: DeviceList): Promise<FoundDevices> {
    const { finders = [], clock, logger } = this.#options;
    const found = new FoundDevices({ finders, clock, logger });
    found.found$.subscribe((devices) => void list.replaceFound(devices));
    found.open();
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = clock.schedule(clock.now() + FIRST_LOOK_MS, resolve);
    });
    await Promise.race([found.looked(), patience]);
    cancel();
    return found;
  }

  #serverOf(host: DeviceHost, list: DeviceList, found: FoundDevices): RaspyServer {
    const { clock, logger, subServices = [] } = this.#options;
    const memory = this.#memory;
    return new RaspyServer({
      ...this.#options,
      statistics: () => this.#statistics(),
      subServices: [
        ...subServices,
        {
          suffix: 'devices',
          concurrency: CONCURRENCY,
          handle: devicesHandler(host, list, {
            clock,
            troubles: () => found.troubles,
            ...(memory !== undefined && { idempotency: memory }),
            onError: (error, action) => {
              logger.error('a request for devices failed', { action, error: String(error) });
            },
          }),
        },
      ],
    });
  }

  #statistics(): Statistics {
    const running = this.#running;
    if (running === undefined) return {};
    const devices = running.host.list();
    const guards = devices.flatMap(({ safety }) => (safety === undefined ? [] : [safety]));
    return {
      ...this.#options.statistics?.(),
      'devices.count': devices.length,
      'devices.failed': devices.filter(({ state }) => state === 'failed').length,
      'devices.tripped': guards.filter(({ state }) => state === 'tripped').length,
      ...(this.#memory !== undefined && { 'devices.disk.bytesWritten': this.#memory.bytesWritten }),
    };
  }

  /** Only now: until the name is claimed, another server may speak under it. */
  #tellValues(running: Running): void {
    const { endpoint, clock, logger, transport, kvChpPort = 0 } = this.#options;
    const { server, host } = running;
    const tree = new KvClient({
      endpoints: kvClientEndpoints(endpoint(), kvChpPort),
      read: false,
      clock,
      ...(transport !== undefined && { transport }),
    });
    const { instanceId } = server;
    const values = new DeviceValues({ host, tree, server: server.name, instanceId, clock, logger });
    values.start();
    this.#running = { ...running, tree, values };
  }

  async #end(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.list.end();
    running?.values?.leave();
    // Outputs are made safe before anything is waited for, and that is still told.
    await running?.host.close();
    running?.values?.stop();
    running?.statistics.close();
    await running?.found.close();
    await running?.tree?.close();
    running?.mirror.close();
    await this.#memory?.close();
    this.#memory = undefined;
    await this.#unlock?.();
    this.#unlock = undefined;
  }
}

/** What there is while it runs. */
interface Running {
  readonly host: DeviceHost;
  readonly list: DeviceList;
  readonly mirror: SettingsMirror;
  readonly found: FoundDevices;
  readonly server: RaspyServer;
  readonly statistics: DeviceStatistics;
  readonly tree?: KvClient;
  readonly values?: DeviceValues;
}
