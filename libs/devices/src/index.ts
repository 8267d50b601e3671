/**
 * Devices: contracts declared once, drivers that fulfil them, and the host that runs them. No sockets.
 * @packageDocumentation
 */
export { checkPlugin, definePlugin, PLUGIN_API_VERSION } from './plugin.js';
export { defineDeviceType, deriveDeviceType } from './device-type.js';
export { describeDeviceType } from './describe.js';
export { deviceTypePage } from './type-page.js';
export { BUILT_IN_COMMANDS, DEVICE_NAME_PATTERN, MEMBER_NAME_PATTERN, OID_PATTERN } from './names.js';
export { deviceConfigMistakes, deviceConfigSchema } from './host/device-config.js';
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
  SafetyRefusedError,
  TooManyDevicesError,
  UnknownCommandError,
  UnknownDeviceError,
  UnknownLeaseError,
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
  DerivedType,
  DeviceType,
  NoMembers,
  ReadableName,
  SubdeviceName,
  SubdevicesOf,
  SubdeviceTypes,
  ValueAccess,
  ValueDefinition,
  ValueDefinitions,
  ValueKind,
  ValueName,
  ValueOf,
  ValuesOf,
  WritableName,
} from './device-type.js';
export type { CommandDescription, DeviceTypeDescription, JsonSchema, ValueDescription } from './describe.js';
export type {
  CommandHandler,
  CommandHandlers,
  CommandOutput,
  DeviceDriver,
  DeviceLog,
  DeviceSession,
  DeviceUpdate,
  DriverContext,
  FailedUpdate,
  SessionPart,
  ValueUpdate,
  WriteHandler,
  WriteHandlers,
} from './driver.js';
export type { Calibration } from './host/calibration.js';
export type { CommandOutcome, ExecuteOptions } from './host/device-work.js';
export type {
  AddOptions,
  DeviceChange,
  DeviceInfo,
  DeviceSafetyChange,
  DeviceStateChange,
  DeviceSummary,
} from './host/device-host.js';
export type { DeviceConfig } from './host/device-config.js';
export type { DeviceErrorCode, Mistake } from './errors.js';
export type { DeviceHostOptions } from './host/options.js';
export type { DeviceState } from './host/hosted-device.js';
export type { DeviceFinder, FinderSession, FoundDevice } from './finder.js';
export type { RaspyPlugin } from './plugin.js';
export type { GrantedLease } from './host/output-guard.js';
export type { Reading, ReadingQuality } from './reading.js';
export type { SafetyMemory } from './safety/safety-memory.js';
export type { SavedSafety } from './safety/saved.js';
export type { SafetyEvent, SafetyEventType } from './safety/events.js';
export type { BudgetState, SafetyState } from './safety/safety-state.js';
export type {
  BootState,
  BudgetLimit,
  Condition,
  DutyLimit,
  OutputValue,
  SafetyConfig,
  SafetyDefinition,
  SafetyLimits,
  SafetyRule,
} from './safety/definition.js';
