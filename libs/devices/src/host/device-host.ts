import { Subject, type Observable } from 'rxjs';
import { describeDeviceType, type CommandDescription, type DeviceTypeDescription } from '../describe.js';
import {
  DuplicateDeviceError,
  HostClosedError,
  InvalidConfigError,
  TooManyDevicesError,
  UnknownCommandError,
  UnknownDeviceError,
  UnknownValueError,
  type Mistake,
} from '../errors.js';
import { subdevicesOf, writableValues, type DeviceType } from '../device-type.js';
import type { Reading } from '../reading.js';
import { conditionMistakes } from '../safety/condition-mistakes.js';
import type { SafetyEvent } from '../safety/events.js';
import type { SafetyState } from '../safety/safety-state.js';
import { allCommands, builtInCommand, type BuiltInTarget } from './built-in-commands.js';
import { checkDeviceConfig, deviceConfigMistakes, type DeviceConfig } from './device-config.js';
import type { DeviceMember } from './device-member.js';
import type { CommandOutcome, ExecuteOptions } from './device-work.js';
import { HostedDevice, type DeviceState } from './hosted-device.js';
import { resolveHostOptions, type DeviceHostOptions, type ResolvedHostOptions } from './options.js';
import type { GrantedLease } from './output-guard.js';
import { SafetyControl } from './safety-control.js';

/** A new reading, or a new quality of the last one. */
export interface DeviceChange {
  readonly device: string;
  readonly value: string;
  readonly reading: Reading;
}

/** A device was added, opened, lost, or removed; its sub-devices with it. */
export interface DeviceStateChange {
  readonly device: string;
  readonly state: DeviceState | 'removed';
  /** Why it failed. */
  readonly reason?: string;
}

/** The guard of a device's output is in another state than before. */
export interface DeviceSafetyChange {
  readonly device: string;
  readonly safety: SafetyState;
}

/** One device in a list; plain JSON. */
export interface DeviceSummary {
  readonly name: string;
  readonly oid: string;
  /** Title of its type. */
  readonly title: string;
  /** Name of the device that it is a part of. */
  readonly parent?: string;
  readonly state: DeviceState;
  /** Why it failed. */
  readonly reason?: string;
  /** The latest reading of each value. */
  readonly values: Readonly<Record<string, Reading>>;
  /** It was found by its plugin, and nobody has configured it: it is only read. */
  readonly found?: true;
  /** What the plugin that found it has to say of it. */
  readonly note?: string;
  /** Of a guarded output: what it is set to, its lease, and what keeps it from being used. */
  readonly safety?: SafetyState;
}

/** All about one device; plain JSON. */
export interface DeviceInfo extends DeviceSummary {
  readonly type: DeviceTypeDescription;
  /** Its own commands and the built-in ones that it can obey. */
  readonly commands: Readonly<Record<string, CommandDescription>>;
  /** What its type asks for, as it was written; that of the whole for a sub-device. */
  readonly config: Readonly<Record<string, unknown>>;
  /** -1 also when the device turned out not to be pollable. */
  readonly pollSeconds: number;
  readonly log: boolean;
}

/** How a device came to its host. */
export interface AddOptions {
  /** A plugin has found it, and nobody has configured it. @default false */
  readonly found?: boolean;
  /** What people should know of it, of one that was found. */
  readonly note?: string;
}

/** A name that can be addressed. */
interface Addressed {
  readonly device: HostedDevice;
  readonly member: DeviceMember;
}

/**
 * Holds devices: opens them by their drivers, keeps their readings, executes commands, guards outputs, tries again what
 * failed.
 *
 * It knows no network; whoever does calls these functions and passes on what `changes$` tells. A driver that throws,
 * hangs or sends rubbish does harm to its own device alone. Outputs whose type declares safety are guarded here,
 * whatever else of the home is gone.
 */
export class DeviceHost {
  /** Each new reading and each change of quality, hot; completes at {@link DeviceHost.close}, never errors. */
  readonly changes$: Observable<DeviceChange>;
  /** Each change of a device's state, hot; completes at {@link DeviceHost.close}, never errors. */
  readonly states$: Observable<DeviceStateChange>;
  /** What the guards did and found, hot; completes at {@link DeviceHost.close}, never errors. */
  readonly safetyEvents$: Observable<SafetyEvent>;
  /** Each change of a guard's state, hot; completes at {@link DeviceHost.close}, never errors. */
  readonly safety$: Observable<DeviceSafetyChange>;

  readonly #options: ResolvedHostOptions;
  readonly #devices = new Map<string, HostedDevice>();
  readonly #addressed = new Map<string, Addressed>();
  /** Devices that were found and not configured, with what there is to say of them. */
  readonly #found = new Map<string, string | undefined>();
  readonly #changes = new Subject<DeviceChange>();
  readonly #states = new Subject<DeviceStateChange>();
  readonly #safety: SafetyControl;
  #closing: Promise<void> | undefined;

  /** @throws HostOptionError when an option has no meaning */
  constructor(options: DeviceHostOptions) {
    this.#options = resolveHostOptions(options);
    this.changes$ = this.#changes.asObservable();
    this.states$ = this.#states.asObservable();
    this.#safety = new SafetyControl(this.#options, (name, value) =>
      this.#addressed.get(name)?.member.readings.get(value),
    );
    this.safetyEvents$ = this.#safety.events$;
    this.safety$ = this.#safety.changes$;
  }

  /**
   * Adds a device and begins to open it; {@link DeviceHost.opened} tells when that has ended. A device that cannot
   * be opened is there all the same, in the state `failed`, and is tried again. Conditions may name devices that are
   * added later: until then they do not hold.
   *
   * @param config - may come from anywhere: it is checked and copied
   * @throws InvalidConfigError listing all mistakes with their paths; also for one that was found and could be driven:
   * that is for people to decide
   * @throws DuplicateDeviceError, TooManyDevicesError, HostClosedError
   */
  add(config: DeviceConfig, { found = false, note }: AddOptions = {}): void {
    if (this.#closing !== undefined) throw new HostClosedError();
    const checked = checkDeviceConfig(config, this.#options.registry);
    if (found && isDriven(checked.driver.type)) {
      const message = `"${checked.driver.type.oid}" has values that can be set: what is only found is not driven`;
      throw new InvalidConfigError(checked.name, [{ path: 'oid', message }]);
    }
    const { name } = checked;
    const { maxDevices } = this.#options;
    const device = new HostedDevice(checked, this.#options, this.#safety, {
      reading: (member, value, reading) => {
        this.#safety.input(member, value, reading);
        this.#changes.next({ device: member, value, reading });
      },
      state: (state, reason) =>
        this.#states.next({ device: name, state, ...(reason !== undefined && { reason }) }),
    });
    const taken = device.members.find((member) => this.#isTaken(member.name));
    if (taken !== undefined) throw new DuplicateDeviceError(taken.name);
    if (this.#devices.size >= maxDevices) throw new TooManyDevicesError(name, maxDevices);
    this.#devices.set(name, device);
    if (found) this.#found.set(name, note);
    for (const member of device.members) this.#addressed.set(member.name, { device, member });
    this.#safety.add(checked.safety, (member, output, value) => device.drive(member, output, value));
    device.open();
  }

  /**
   * Looks whether a configuration is right, as {@link DeviceHost.add} would, without doing anything.
   * @throws InvalidConfigError listing all mistakes with their paths
   */
  check(config: DeviceConfig): void {
    checkDeviceConfig(config, this.#options.registry);
  }

  /**
   * Gives a device a changed configuration: of the same name and oid; one that was found is configured then. Nothing else is touched, and the device itself is
   * opened anew only if its driver cannot take the change; its outputs are made safe before.
   *
   * @throws InvalidConfigError (rejects) listing all mistakes; nothing is changed then
   * @throws UnknownDeviceError, DeviceUnavailableError, HostClosedError (rejects)
   */
  async configure(config: DeviceConfig): Promise<'applied' | 'reopened'> {
    if (this.#closing !== undefined) throw new HostClosedError();
    const checked = checkDeviceConfig(config, this.#options.registry);
    const device = this.#configured(checked.name);
    const { oid } = device.config.driver.type;
    if (checked.driver.type.oid !== oid) {
      throw new InvalidConfigError(checked.name, [
        { path: 'oid', message: `cannot be changed from "${oid}": remove the device and add another` },
      ]);
    }
    if (checked.driver !== device.config.driver) {
      // What another plugin's device has inside may be different.
      await this.remove(checked.name);
      this.add(config);
      return 'reopened';
    }
    this.#safety.change(checked.safety);
    this.#found.delete(checked.name);
    return device.configure(checked);
  }

  /**
   * Makes a device's outputs safe, closes it and forgets it: at once for everybody else, resolving when its driver has
   * closed it.
   * @throws UnknownDeviceError
   */
  async remove(name: string): Promise<void> {
    const device = this.#configured(name);
    this.#devices.delete(name);
    this.#found.delete(name);
    const members = device.members.map((member) => member.name);
    for (const member of members) this.#addressed.delete(member);
    // When all ends, all outputs are made safe, and none trips for it.
    if (this.#closing === undefined)
      for (const member of device.members) this.#safety.gone(member.name, member.reported);
    try {
      await device.close();
    } finally {
      this.#safety.remove(members);
    }
    this.#states.next({ device: name, state: 'removed' });
  }

  /**
   * Resolves when the latest attempt to open the device (or each of them, without a name) has ended, whichever way.
   * @throws UnknownDeviceError
   */
  async opened(name?: string): Promise<void> {
    const devices = name === undefined ? [...this.#devices.values()] : [this.#find(name).device];
    await Promise.all(devices.map((device) => device.opened()));
  }

  /** Names of all devices and sub-devices, sorted. */
  keys(): string[] {
    return [...this.#addressed.keys()].sort();
  }

  /** All devices and sub-devices with their readings, sorted by name. */
  list(): DeviceSummary[] {
    return this.keys().map((name) => this.#summary(this.#addressed.get(name)!));
  }

  /** A device, or sub-device, and behind it what it has inside. @throws UnknownDeviceError */
  parts(name: string): DeviceSummary[] {
    const addressed = this.#find(name);
    const { device, member } = addressed;
    if (member.part !== undefined) return [this.#summary(addressed)];
    return device.members.map((one) => this.#summary({ device, member: one }));
  }

  /** The types that there are drivers for, as plain JSON, sorted by oid. */
  types(): DeviceTypeDescription[] {
    return this.#options.registry.describe();
  }

  /** Conditions that name a device or value that there is none of: until it is added, their outputs cannot be active. */
  danglingConditions(): readonly Mistake[] {
    return this.configurations().flatMap(({ name, safety }) =>
      conditionMistakes(
        safety,
        { device: name, output: this.#safety.outputOf(name) ?? '' },
        (device, value) => this.#addressed.get(device)?.member.readings.get(value) !== undefined,
      ).map(({ path, message }) => ({ path: `${name}: safety.${path}`, message })),
    );
  }

  /** What is wrong with the configuration of a device, by itself; nothing when it could be added. */
  mistakesIn(config: unknown): readonly Mistake[] {
    return deviceConfigMistakes(config, this.#options.registry);
  }

  /** The configuration of each device, as it was written, sorted by name. */
  configurations(): DeviceConfig[] {
    return [...this.#devices.keys()].sort().map((name) => this.#devices.get(name)!.config.whole);
  }

  /** Whether a device, or what it is a part of, was found and is not configured. */
  isFound(name: string): boolean {
    return this.#found.has(this.#addressed.get(name)?.device.config.name ?? name);
  }

  /** Which piece of hardware a configuration means, as its driver tells; `undefined` when it does not, or it is wrong. */
  addressOf(config: DeviceConfig): string | undefined {
    try {
      const { driver, parsed } = checkDeviceConfig(config, this.#options.registry);
      return driver.addressOf?.(parsed);
    } catch {
      return undefined;
    }
  }

  /** @throws UnknownDeviceError */
  info(name: string): DeviceInfo {
    const addressed = this.#find(name);
    const { device, member } = addressed;
    return {
      ...this.#summary(addressed),
      type: describeDeviceType(member.type),
      commands: allCommands(this.#target(addressed)),
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
    const { readings } = this.#find(name).member;
    if (value === undefined) return readings.all();
    const reading = readings.get(value);
    if (reading === undefined) throw new UnknownValueError(name, value, readings.names());
    return reading;
  }

  /**
   * Executes a command, its own or a built-in one, after those that the device was given before.
   *
   * @param args - may come from anywhere: checked by the contract. Default `{}`
   * @returns the command's result as plain JSON, and bytes where the command brings some
   * @throws UnknownDeviceError, UnknownCommandError, InvalidArgumentError, DeviceUnavailableError, DeviceBusyError,
   * SafetyRefusedError, HostClosedError: it was not executed
   * @throws CommandRefusedError: its driver did not execute it
   * @throws CommandFailedError, CommandTimeoutError: it may have been executed
   */
  async execute(
    name: string,
    command: string,
    args: unknown = {},
    options: ExecuteOptions = {},
  ): Promise<CommandOutcome> {
    if (this.#closing !== undefined) throw new HostClosedError();
    const addressed = this.#find(name);
    const { device, member } = addressed;
    const target = this.#target(addressed);
    if (Object.hasOwn(member.type.commands, command) || command === 'set') {
      return device.execute(member, command, args, options);
    }
    const builtIn = builtInCommand(target, command);
    if (builtIn === undefined) throw new UnknownCommandError(name, command, Object.keys(allCommands(target)));
    return { result: (await builtIn(args)) ?? null, bytes: [] };
  }

  /**
   * Lets a lease last for so many milliseconds from now on.
   * @throws UnknownLeaseError when it has ended: the output is in its fail-safe state, or somebody else has it
   * @throws SafetyRefusedError when that is longer than the device allows; the lease stays as it was
   */
  renew(lease: string, leaseMs: number): GrantedLease {
    return this.#safety.renew(lease, leaseMs);
  }

  /** Ends a lease: its output is driven to the fail-safe state. @throws UnknownLeaseError when it has ended */
  release(lease: string): void {
    this.#safety.release(lease);
  }

  /** Makes all outputs safe, closes all devices and completes the streams; each driver has `operationTimeoutMs` for each. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#devices.keys()].map((name) => this.remove(name)));
    this.#safety.close();
    this.#changes.complete();
    this.#states.complete();
  }

  /** Also while the outputs of a device that was removed are being made safe. */
  #isTaken(name: string): boolean {
    return this.#addressed.has(name) || this.#safety.outputOf(name) !== undefined;
  }

  #find(name: string): Addressed {
    const addressed = this.#addressed.get(name);
    if (addressed === undefined) throw new UnknownDeviceError(name);
    return addressed;
  }

  #configured(name: string): HostedDevice {
    const device = this.#devices.get(name);
    if (device !== undefined) return device;
    const whole = this.#addressed.get(name)?.device.config.name;
    throw new UnknownDeviceError(name, whole && `it is a part of "${whole}"`);
  }

  #target({ device, member }: Addressed): BuiltInTarget {
    return { device, member, guarded: this.#safety.guarded(member.name) };
  }

  #summary({ device, member }: Addressed): DeviceSummary {
    const safety = this.#safety.stateOf(member.name);
    const whole = device.config.name;
    const note = this.#found.get(whole);
    return {
      name: member.name,
      oid: member.type.oid,
      title: member.type.title,
      ...(member.part !== undefined && { parent: device.config.name }),
      state: device.state,
      ...(device.reason !== undefined && { reason: device.reason }),
      values: member.readings.all(),
      ...(this.#found.has(whole) && { found: true as const }),
      ...(note !== undefined && { note }),
      ...(safety !== undefined && { safety }),
    };
  }
}

/** Whether devices of a type can be set, or are guarded, or have such inside. */
function isDriven(type: DeviceType): boolean {
  return (
    type.safety !== undefined ||
    writableValues(type).length > 0 ||
    Object.values(subdevicesOf(type)).some(isDriven)
  );
}
