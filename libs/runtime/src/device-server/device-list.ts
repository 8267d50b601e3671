import type { DeviceConfig, DeviceHost, FoundDevice } from '@raspy/devices';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../log/logger.js';
import { deviceDifferences, type DeviceChanges } from './device-differences.js';
import { applyChanges, NO_CHANGES, withChanged, withRemoved, type DeviceOverlay } from './device-overlay.js';

/** What a {@link DeviceList} is told. */
export interface DeviceListOptions {
  readonly host: DeviceHost;
  /** The devices of the settings. */
  readonly settings: readonly DeviceConfig[];
  readonly logger: Logger;
  /** Keeps the changes; resolves when they would outlive a power cut. @default they end with the process */
  readonly keep?: (changes: DeviceOverlay) => Promise<void>;
}

/** A device that is only found cannot be removed: it would be found again. */
export class FoundDeviceError extends Error {
  readonly code = 'FOUND_DEVICE';

  constructor(device: string) {
    super(
      `"${device}" is not configured, but found: unplug it, or add a device of its address, which takes its place`,
    );
    this.name = 'FoundDeviceError';
  }
}

/**
 * The devices of a server: those of its settings, and what was changed while it ran, which outlives it; and beside them what
 * was found and nobody has configured, which is read and never kept.
 */
export class DeviceList {
  readonly #options: DeviceListOptions;
  #settings: readonly DeviceConfig[];
  #changes: DeviceOverlay = NO_CHANGES;
  #found: readonly FoundDevice[] = [];
  /** Those of them that are among the devices, by name. */
  readonly #shown = new Map<string, FoundDevice>();
  #ended = false;
  /** Devices that were found and cannot be added, so that it is said once. */
  readonly #refused = new Set<string>();
  /** One change after the other. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: DeviceListOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /** What was changed. */
  get changes(): DeviceOverlay {
    return this.#changes;
  }

  /**
   * Opens all devices. One of the settings that is wrong is an error; one that was added while the server ran before, and
   * is wrong now (as when its plugin is gone), is said loudly and left out.
   * @throws InvalidConfigError, DuplicateDeviceError (rejects)
   */
  async open(changes: DeviceOverlay): Promise<void> {
    const { host, logger } = this.#options;
    const resolved = applyChanges(this.#settings, changes);
    this.#changes = resolved.changes;
    this.#tellSuperseded(resolved.superseded);
    for (const device of resolved.devices) {
      if (this.#settings.includes(device)) host.add(device);
      else this.#addKept(device);
    }
    for (const { path, message } of host.danglingConditions()) {
      logger.error('a guarded output cannot be used until this is mended', { at: path, problem: message });
    }
    // Or it would hold again when the settings are edited back.
    if (resolved.superseded.length > 0) await this.#keep(resolved.changes).catch(told);
  }

  /** @throws InvalidConfigError, DuplicateDeviceError, TooManyDevicesError (rejects): nothing was changed */
  add(config: DeviceConfig): Promise<void> {
    return this.#next(async () => {
      // Or one that was found would be closed for it.
      this.#options.host.check(config);
      try {
        await this.#applyFound([config]);
        this.#options.host.add(config);
      } finally {
        await this.#applyFound();
      }
      await this.#keep(withChanged(this.#settings, this.#changes, config));
    });
  }

  /**
   * Changes members of a device's configuration; those that are not given stay.
   * @throws InvalidConfigError, UnknownDeviceError (rejects): nothing was changed
   */
  configure(name: string, members: Partial<DeviceConfig>): Promise<'applied' | 'reopened'> {
    return this.#next(async () => {
      const { host } = this.#options;
      const config = { ...this.configuration(name), ...members, name };
      const outcome = await host.configure(config);
      await this.#applyFound();
      await this.#keep(withChanged(this.#settings, this.#changes, config));
      return outcome;
    });
  }

  /** @throws UnknownDeviceError, FoundDeviceError (rejects) */
  remove(name: string): Promise<void> {
    return this.#next(async () => {
      if (this.#options.host.isFound(name)) throw new FoundDeviceError(name);
      await this.#options.host.remove(name);
      await this.#applyFound();
      await this.#keep(withRemoved(this.#settings, this.#changes, name));
    });
  }

  /** The whole configuration of a device. @throws UnknownDeviceError */
  configuration(name: string): DeviceConfig {
    const { host } = this.#options;
    const found = host.configurations().find((config) => config.name === name);
    if (found !== undefined) return found;
    const { parent = name } = host.info(name);
    return this.configuration(parent);
  }

  /**
   * Takes another list of the settings: only devices whose configuration differs are touched, and one that fails, or is
   * wrong, harms no other and is tried anew with the next list.
   */
  replaceSettings(settings: readonly DeviceConfig[]): Promise<DeviceChanges> {
    return this.#next(async () => {
      const { devices, changes, superseded } = applyChanges(settings, this.#changes);
      this.#tellSuperseded(superseded);
      await this.#applyFound(devices);
      const outcome = await this.#become(devices);
      await this.#applyFound();
      this.#settings = settings;
      if (superseded.length > 0) await this.#keep(changes);
      return outcome;
    });
  }

  /** Takes what is there now, whether it is configured or not. Never rejects. */
  replaceFound(found: readonly FoundDevice[]): Promise<void> {
    return this.#next(async () => {
      if (this.#ended) return;
      this.#found = found;
      await this.#applyFound();
    });
  }

  /** From now on nothing that is found is taken. */
  end(): void {
    this.#ended = true;
  }

  /** Whether a device is here that somebody has configured. */
  get isConfigured(): boolean {
    return this.#configured().length > 0;
  }

  /** Those that somebody has configured. */
  #configured(): DeviceConfig[] {
    const { host } = this.#options;
    return host.configurations().filter(({ name }) => !host.isFound(name));
  }

  /**
   * Adds what was found and is not configured, and removes what is not found any more or has been configured.
   * @param coming - devices that are about to be added: hardware and names are left to them
   */
  async #applyFound(coming: readonly DeviceConfig[] = []): Promise<void> {
    const { host } = this.#options;
    const configured = [...this.#configured(), ...coming];
    const names = new Set(configured.map(({ name }) => name));
    const addresses = new Set(configured.map((config) => host.addressOf(config)));
    const wanted = new Map<string, FoundDevice>();
    for (const found of this.#found) {
      const { device, address } = found;
      if (addresses.has(address)) continue;
      // A name that somebody else has: by its address it can be told from all others.
      const isFree = !names.has(device.name) && !wanted.has(device.name);
      const name = isFree ? device.name : address;
      if (!names.has(name)) wanted.set(name, { ...found, device: { ...device, name } });
    }
    for (const name of host.configurations().flatMap((one) => (host.isFound(one.name) ? one.name : []))) {
      if (isDeepStrictEqual(wanted.get(name), this.#shown.get(name))) continue;
      this.#shown.delete(name);
      await host.remove(name);
    }
    for (const found of wanted.values()) if (!host.isFound(found.device.name)) this.#addFound(found);
  }

  #addFound(found: FoundDevice): void {
    const { host, logger } = this.#options;
    const { device, address, note } = found;
    try {
      host.add(device, { found: true, ...(note !== undefined && { note }) });
      this.#shown.set(device.name, found);
    } catch (error) {
      if (this.#refused.has(address)) return;
      this.#refused.add(address);
      logger.warn('a device that was found is left out', {
        device: device.name,
        reason: (error as Error).message,
      });
    }
  }

  async #become(devices: readonly DeviceConfig[]): Promise<DeviceChanges> {
    const { host } = this.#options;
    const before = this.#configured();
    const oids = new Map(before.map(({ name, oid }) => [name, oid]));
    const wanted = new Map(devices.map((device) => [device.name, device]));
    const { added, removed, changed } = deviceDifferences(before, devices);
    const failed: Record<string, string> = {};
    const trying = async (names: readonly string[], work: (name: string) => unknown): Promise<string[]> => {
      for (const name of names) {
        try {
          await work(name);
        } catch (error) {
          failed[name] = (error as Error).message;
        }
      }
      return names.filter((name) => !Object.hasOwn(failed, name));
    };
    return {
      removed: await trying(removed, (name) => host.remove(name)),
      changed: await trying(changed, async (name) => {
        const device = wanted.get(name)!;
        if (device.oid === oids.get(name)) {
          await host.configure(device);
          return;
        }
        await host.remove(name);
        host.add(device);
      }),
      added: await trying(added, (name) => host.add(wanted.get(name)!)),
      failed,
    };
  }

  #tellSuperseded(devices: readonly string[]): void {
    if (devices.length === 0) return;
    this.#options.logger.warn(
      'the settings were edited after these devices were changed: the settings hold',
      {
        devices,
      },
    );
  }

  #addKept(device: DeviceConfig): void {
    const { host, logger } = this.#options;
    try {
      host.add(device);
    } catch (error) {
      logger.error(
        'a device that was added or changed while the server ran cannot be opened, and is left out',
        {
          device: device.name,
          reason: (error as Error).message,
        },
      );
    }
  }

  async #keep(changes: DeviceOverlay): Promise<void> {
    this.#changes = changes;
    const { keep, logger } = this.#options;
    try {
      await keep?.(changes);
    } catch (error) {
      logger.error('a change of the devices is in use, but could not be saved: it ends with the process', {
        reason: (error as Error).message,
      });
      throw error;
    }
  }

  #next<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(change);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** It is in the log, and in use all the same. */
function told(): void {
  // Nothing is left to do.
}
