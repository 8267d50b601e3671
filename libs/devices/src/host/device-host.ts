import { Subject, type Observable } from 'rxjs';
import { describeDeviceType, type CommandDescription, type DeviceTypeDescription } from '../describe.js';
import {
  DuplicateDeviceError,
  HostClosedError,
  TooManyDevicesError,
  UnknownCommandError,
  UnknownDeviceError,
  UnknownValueError,
} from '../errors.js';
import type { Reading } from '../reading.js';
import { builtInCommands, describeCommands } from './built-in-commands.js';
import { checkDeviceConfig, type DeviceConfig } from './device-config.js';
import { HostedDevice, type DeviceState } from './hosted-device.js';
import { resolveHostOptions, type DeviceHostOptions, type ResolvedHostOptions } from './options.js';

/** A new reading, or a new quality of the last one. */
export interface DeviceChange {
  readonly device: string;
  readonly value: string;
  readonly reading: Reading;
}

/** A device was added, opened, lost, or removed. */
export interface DeviceStateChange {
  readonly device: string;
  readonly state: DeviceState | 'removed';
  /** Why it failed. */
  readonly reason?: string;
}

/** One device in a list; plain JSON. */
export interface DeviceSummary {
  readonly name: string;
  readonly oid: string;
  /** Title of its type. */
  readonly title: string;
  readonly state: DeviceState;
  /** Why it failed. */
  readonly reason?: string;
  /** The latest reading of each value. */
  readonly values: Readonly<Record<string, Reading>>;
}

/** All about one device; plain JSON. */
export interface DeviceInfo extends DeviceSummary {
  readonly type: DeviceTypeDescription;
  /** Its own commands and the built-in ones that it can obey. */
  readonly commands: Readonly<Record<string, CommandDescription>>;
  /** As it was written. */
  readonly config: Readonly<Record<string, unknown>>;
  /** -1 also when the device turned out not to be pollable. */
  readonly pollSeconds: number;
  readonly log: boolean;
}

/**
 * Holds devices: opens them by their drivers, keeps their readings, executes commands, tries again what failed.
 *
 * It knows no network; whoever does calls these functions and passes on what `changes$` tells. A driver that throws,
 * hangs or sends rubbish does harm to its own device alone.
 */
export class DeviceHost {
  /** Each new reading and each change of quality, hot; completes at {@link DeviceHost.close}, never errors. */
  readonly changes$: Observable<DeviceChange>;
  /** Each change of a device's state, hot; completes at {@link DeviceHost.close}, never errors. */
  readonly states$: Observable<DeviceStateChange>;

  readonly #options: ResolvedHostOptions;
  readonly #devices = new Map<string, HostedDevice>();
  readonly #changes = new Subject<DeviceChange>();
  readonly #states = new Subject<DeviceStateChange>();
  #closing: Promise<void> | undefined;

  /** @throws HostOptionError when an option has no meaning */
  constructor(options: DeviceHostOptions) {
    this.#options = resolveHostOptions(options);
    this.changes$ = this.#changes.asObservable();
    this.states$ = this.#states.asObservable();
  }

  /**
   * Adds a device and begins to open it; {@link DeviceHost.opened} tells when that has ended. A device that cannot
   * be opened is there all the same, in the state `failed`, and is tried again.
   *
   * @param config - may come from anywhere: it is checked and copied
   * @throws InvalidConfigError listing all mistakes with their paths
   * @throws DuplicateDeviceError, TooManyDevicesError, HostClosedError
   */
  add(config: DeviceConfig): void {
    if (this.#closing !== undefined) throw new HostClosedError();
    const checked = checkDeviceConfig(config, this.#options.registry);
    const { name } = checked;
    if (this.#devices.has(name)) throw new DuplicateDeviceError(name);
    const { maxDevices } = this.#options;
    if (this.#devices.size >= maxDevices) throw new TooManyDevicesError(name, maxDevices);
    const device = new HostedDevice(checked, this.#options, {
      reading: (value, reading) => this.#changes.next({ device: name, value, reading }),
      state: (state, reason) =>
        this.#states.next({ device: name, state, ...(reason !== undefined && { reason }) }),
    });
    this.#devices.set(name, device);
    device.open();
  }

  /**
   * Closes a device and forgets it: at once for everybody else, resolving when its driver has closed it.
   * @throws UnknownDeviceError
   */
  async remove(name: string): Promise<void> {
    const device = this.#device(name);
    this.#devices.delete(name);
    await device.close();
    this.#states.next({ device: name, state: 'removed' });
  }

  /**
   * Resolves when the latest attempt to open the device (or each of them, without a name) has ended, whichever way.
   * @throws UnknownDeviceError
   */
  async opened(name?: string): Promise<void> {
    const devices = name === undefined ? [...this.#devices.values()] : [this.#device(name)];
    await Promise.all(devices.map((device) => device.opened()));
  }

  /** Names of all devices, sorted. */
  keys(): string[] {
    return [...this.#devices.keys()].sort();
  }

  /** All devices with their readings, sorted by name. */
  list(): DeviceSummary[] {
    return this.keys().map((name) => this.#summary(this.#devices.get(name)!));
  }

  /** @throws UnknownDeviceError */
  info(name: string): DeviceInfo {
    const device = this.#device(name);
    const type = describeDeviceType(device.config.driver.type);
    return {
      ...this.#summary(device),
      type,
      commands: { ...type.commands, ...describeCommands(device) },
      config: device.config.written,
      pollSeconds: device.pollSeconds,
      log: device.log,
    };
  }

  /**
   * The latest readings of a device by value.
   * @throws UnknownDeviceError
   */
  get(name: string): Record<string, Reading>;
  /**
   * The latest reading of one value.
   * @throws UnknownDeviceError, UnknownValueError
   */
  get(name: string, value: string): Reading;
  get(name: string, value?: string): Reading | Record<string, Reading> {
    const { readings } = this.#device(name);
    if (value === undefined) return readings.all();
    const reading = readings.get(value);
    if (reading === undefined) throw new UnknownValueError(name, value, readings.names());
    return reading;
  }

  /**
   * Executes a command, its own or a built-in one, after those that the device was given before.
   *
   * @param args - may come from anywhere: checked by the contract. Default `{}`
   * @returns the command's result as plain JSON, `null` when it has none
   * @throws UnknownDeviceError, UnknownCommandError, InvalidArgumentError, DeviceUnavailableError, DeviceBusyError,
   * HostClosedError: it was not executed
   * @throws CommandRefusedError: its driver did not execute it
   * @throws CommandFailedError, CommandTimeoutError: it may have been executed
   */
  async execute(name: string, command: string, args: unknown = {}): Promise<unknown> {
    if (this.#closing !== undefined) throw new HostClosedError();
    const device = this.#device(name);
    const { commands } = device.config.driver.type;
    if (Object.hasOwn(commands, command)) return device.execute(command, args);
    const builtIns = builtInCommands(device);
    const builtIn = builtIns.get(command);
    if (builtIn === undefined) {
      throw new UnknownCommandError(name, command, [...Object.keys(commands), ...builtIns.keys()]);
    }
    return builtIn(args);
  }

  /** Closes all devices and completes the streams; each driver has `operationTimeoutMs` to close. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all(this.keys().map((name) => this.remove(name)));
    this.#changes.complete();
    this.#states.complete();
  }

  #device(name: string): HostedDevice {
    const device = this.#devices.get(name);
    if (device === undefined) throw new UnknownDeviceError(name);
    return device;
  }

  #summary(device: HostedDevice): DeviceSummary {
    const { name, driver } = device.config;
    return {
      name,
      oid: driver.type.oid,
      title: driver.type.title,
      state: device.state,
      ...(device.reason !== undefined && { reason: device.reason }),
      values: device.readings.all(),
    };
  }
}
