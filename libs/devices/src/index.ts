/**
 * Devices: contracts declared once, drivers that fulfil them, and the host that runs them. No sockets.
 * @packageDocumentation
 */
export { checkPlugin, definePlugin, PLUGIN_API_VERSION } from './plugin.js';
export { defineDeviceType } from './device-type.js';
export { describeDeviceType } from './describe.js';
export { BUILT_IN_COMMANDS, DEVICE_NAME_PATTERN, MEMBER_NAME_PATTERN, OID_PATTERN } from './names.js';
export { deviceConfigSchema } from './host/device-config.js';
export { DeviceHost } from './host/device-host.js';
export { DeviceRegistry } from './registry.js';
export {
  CommandFailedError,
  CommandRefusedError,
  CommandTimeoutError,
  DeviceBusyError,
  DeviceError,
  DeviceTypeError,
  DeviceUnavailableError,
  DuplicateDeviceError,
  DuplicateDriverError,
  HostClosedError,
  HostOptionError,
  InvalidArgumentError,
  InvalidConfigError,
  PluginError,
  TooManyDevicesError,
  UnknownCommandError,
  UnknownDeviceError,
  UnknownValueError,
} from './errors.js';
export type { BuiltInCommand } from './names.js';
export type {
  CommandArgs,
  CommandDefinition,
  CommandDefinitions,
  CommandName,
  ConfigInputOf,
  ConfigOf,
  DeviceType,
  ValueDefinition,
  ValueDefinitions,
  ValueKind,
  ValueName,
  ValueOf,
  ValuesOf,
} from './device-type.js';
export type { CommandDescription, DeviceTypeDescription, JsonSchema, ValueDescription } from './describe.js';
export type {
  CommandHandler,
  CommandHandlers,
  DeviceDriver,
  DeviceLog,
  DeviceSession,
  DeviceUpdate,
  DriverContext,
  FailedUpdate,
  ValueUpdate,
} from './driver.js';
export type { DeviceChange, DeviceInfo, DeviceStateChange, DeviceSummary } from './host/device-host.js';
export type { DeviceConfig } from './host/device-config.js';
export type { DeviceErrorCode, Mistake } from './errors.js';
export type { DeviceHostOptions } from './host/options.js';
export type { DeviceState } from './host/hosted-device.js';
export type { RaspyPlugin } from './plugin.js';
export type { Reading, ReadingQuality } from './reading.js';
