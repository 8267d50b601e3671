import type { SafetyRule } from './safety/definition.js';

/** Codes of {@link DeviceError}: compare these rather than classes, since two copies of the library may meet. */
export type DeviceErrorCode =
  | 'DEVICE_TYPE'
  | 'PLUGIN'
  | 'DUPLICATE_DRIVER'
  | 'DUPLICATE_DEVICE'
  | 'TOO_MANY_DEVICES'
  | 'INVALID_CONFIG'
  | 'INVALID_ARGUMENT'
  | 'UNKNOWN_DEVICE'
  | 'UNKNOWN_VALUE'
  | 'UNKNOWN_COMMAND'
  | 'COMMAND_REFUSED'
  | 'SAFETY_REFUSED'
  | 'UNKNOWN_LEASE'
  | 'COMMAND_FAILED'
  | 'COMMAND_TIMEOUT'
  | 'DEVICE_UNAVAILABLE'
  | 'DEVICE_BUSY'
  | 'HOST_CLOSED'
  | 'HOST_OPTION';

/** One mistake in a JSON document. */
export interface Mistake {
  /** Where it is, e.g. `config.probes[2].id`; empty for the document as a whole. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** Base of all errors of this library. */
export abstract class DeviceError extends Error {
  abstract readonly code: DeviceErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A device type is declared wrongly; its author has to mend it. All mistakes are listed. */
export class DeviceTypeError extends DeviceError {
  readonly code = 'DEVICE_TYPE';
  constructor(
    readonly oid: string,
    readonly mistakes: readonly string[],
  ) {
    super(`device type "${oid}" is declared wrongly: ${mistakes.join('; ')}`);
  }
}

/** What a plugin exports is not a plugin of this API version. All mistakes are listed. */
export class PluginError extends DeviceError {
  readonly code = 'PLUGIN';
  constructor(
    readonly plugin: string,
    readonly mistakes: readonly string[],
  ) {
    super(`plugin "${plugin}" cannot be used: ${mistakes.join('; ')}`);
  }
}

/** Two drivers serve one oid: remove one of them. */
export class DuplicateDriverError extends DeviceError {
  readonly code = 'DUPLICATE_DRIVER';
  constructor(readonly oid: string) {
    super(`there are two drivers for "${oid}": use one of the plugins that bring it`);
  }
}

/** A device of this name is there already: names are unique in a host. */
export class DuplicateDeviceError extends DeviceError {
  readonly code = 'DUPLICATE_DEVICE';
  constructor(readonly device: string) {
    super(`there is a device "${device}" already: remove it first, or choose another name`);
  }
}

/** The host holds as many devices as its `maxDevices` allows. */
export class TooManyDevicesError extends DeviceError {
  readonly code = 'TOO_MANY_DEVICES';
  constructor(
    readonly device: string,
    readonly limit: number,
  ) {
    super(`the host holds ${limit} devices, its limit; "${device}" was not added`);
  }
}

/** The configuration of a device is wrong; nothing was added. All mistakes are listed with their paths. */
export class InvalidConfigError extends DeviceError {
  readonly code = 'INVALID_CONFIG';
  constructor(
    /** Name of the device as far as it can be told. */
    readonly device: string,
    readonly mistakes: readonly Mistake[],
  ) {
    super(`the configuration of device "${device}" is wrong: ${formatMistakes(mistakes)}`);
  }
}

/** The arguments of a command are wrong; it was not executed. All mistakes are listed with their paths. */
export class InvalidArgumentError extends DeviceError {
  readonly code = 'INVALID_ARGUMENT';
  constructor(
    readonly device: string,
    readonly command: string,
    readonly mistakes: readonly Mistake[],
  ) {
    super(`wrong arguments for "${command}" of "${device}": ${formatMistakes(mistakes)}`);
  }
}

/** The host has no device of this name. */
export class UnknownDeviceError extends DeviceError {
  readonly code = 'UNKNOWN_DEVICE';
  constructor(
    readonly device: string,
    /** What there is instead. */
    hint?: string,
  ) {
    super(`there is no device "${device}"${hint === undefined ? '' : `: ${hint}`}`);
  }
}

/** The device's type declares no value of this name. */
export class UnknownValueError extends DeviceError {
  readonly code = 'UNKNOWN_VALUE';
  constructor(
    readonly device: string,
    readonly value: string,
    readonly known: readonly string[],
  ) {
    super(`"${device}" has no value "${value}"; it has: ${known.join(', ') || 'none'}`);
  }
}

/** Neither the device's type nor the host knows this command. */
export class UnknownCommandError extends DeviceError {
  readonly code = 'UNKNOWN_COMMAND';
  constructor(
    readonly device: string,
    readonly command: string,
    readonly known: readonly string[],
  ) {
    super(`"${device}" has no command "${command}"; it has: ${known.join(', ')}`);
  }
}

/**
 * Thrown by a driver's command handler: the command was not carried out and the device is as it was.
 * The asker gets the reason; readings keep their quality, unlike after any other error of a handler.
 */
export class CommandRefusedError extends DeviceError {
  readonly code = 'COMMAND_REFUSED';
}

/** The driver threw while it executed the command, which may have been carried out in part; `cause` tells more. */
export class CommandFailedError extends DeviceError {
  readonly code = 'COMMAND_FAILED';
  constructor(
    readonly device: string,
    readonly command: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`"${command}" of "${device}" failed: ${reason}`, options);
  }
}

/** The driver did not finish the command in time; it may still carry it out. */
export class CommandTimeoutError extends DeviceError {
  readonly code = 'COMMAND_TIMEOUT';
  constructor(
    readonly device: string,
    readonly command: string,
    readonly timeoutMs: number,
  ) {
    super(`"${command}" of "${device}" did not end within ${timeoutMs} ms; it may still take effect`);
  }
}

/** The device is not open, so the command was not executed; the host keeps trying to open it. */
export class DeviceUnavailableError extends DeviceError {
  readonly code = 'DEVICE_UNAVAILABLE';
  constructor(
    readonly device: string,
    readonly reason: string,
  ) {
    super(`"${device}" is not available: ${reason}`);
  }
}

/** As many commands wait for the device as the host's `maxQueuedCommands` allows; this one was not executed. */
export class DeviceBusyError extends DeviceError {
  readonly code = 'DEVICE_BUSY';
  constructor(
    readonly device: string,
    readonly limit: number,
  ) {
    super(`${limit} commands wait for "${device}" already; try again later`);
  }
}

/** The host was closed. */
export class HostClosedError extends DeviceError {
  readonly code = 'HOST_CLOSED';
  constructor() {
    super('the device host was closed');
  }
}

/** An option of the host has no meaning; the message names it. */
export class HostOptionError extends DeviceError {
  readonly code = 'HOST_OPTION';
}

function formatMistakes(mistakes: readonly Mistake[]): string {
  return mistakes.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/** The guard of an output does not let this be done now; nothing was done. The message says what would be needed. */
export class SafetyRefusedError extends DeviceError {
  readonly code = 'SAFETY_REFUSED';
  constructor(
    readonly device: string,
    readonly rule: SafetyRule,
    reason: string,
    /** Milliseconds until the rule would let it be done, where that is known. */
    readonly retryAfterMs?: number,
  ) {
    super(`"${device}" is guarded: ${reason}`);
  }
}

/** There is no such lease, or not any more: the output is in its fail-safe state, or somebody else controls it. */
export class UnknownLeaseError extends DeviceError {
  readonly code = 'UNKNOWN_LEASE';
  constructor(readonly lease: string) {
    super('there is no such lease any more: the output may be in its fail-safe state; set it anew');
  }
}
