/**
 * What every RasPy program is made of: settings, log, life cycle, the services each server answers, hand tools.
 * @packageDocumentation
 */
export { bindEndpoint, connectEndpoint, kvClientEndpoints, peerEndpoint } from './server/endpoint.js';
export {
  boundPortSetting,
  brokerSettings,
  builtinTitanicSetting,
  coreSettings,
  exporterSettings,
  kvServerSettings,
  LOG_LEVELS,
  maxMessageSetting,
  programSettings,
  serverSettings,
  serviceSetting,
  titanicSettings,
  toolSettings,
  webSettings,
} from './config/common-settings.js';
export { complain, UsageError } from './lifecycle/complain.js';
export { cronService } from './core-server/cron-service.js';
export { devicesService } from './device-server/devices-service.js';
export { scenarioService, scenariosService } from './core-server/scenarios/scenario-service.js';
export { devicesSetting } from './config/devices-setting.js';
export { EnvironmentError, ExitCode, exitCodeOf } from './lifecycle/exit-code.js';
export { Executive } from './lifecycle/executive.js';
export { decimal, integer, oneOf, path, settingKey, structure, text, toggle } from './config/setting.js';
export { Interruption, InterruptedError } from './lifecycle/interruption.js';
export { loadSettings, readSettings } from './config/load-settings.js';
export { main, nodeHost } from './lifecycle/node-host.js';
export { lockDataDir } from './lifecycle/data-dir-lock.js';
export { prepareDataDir } from './lifecycle/data-dir.js';
export { readServerSections } from './config/server-sections.js';
export { serverOptions } from './server/surroundings.js';
export { RaspyServer } from './server/raspy-server.js';
export { renderHelp } from './config/help.js';
export { RepeatLimiter } from './log/repeat-limiter.js';
export { runServer, startLog } from './lifecycle/run-server.js';
export { SettingsError } from './config/settings-error.js';
export { Exporters } from './statistics/exporters.js';
export { StatisticsBoard } from './statistics/board.js';
export { StatisticsMirror } from './statistics/statistics-mirror.js';
export { silentLogger } from './log/logger.js';
export { supervise } from './lifecycle/supervise.js';
export { VERSION } from './version.js';
export { withTracing } from './lifecycle/tracing.js';
export { wantsColour } from './lifecycle/host.js';
export type { LockSystem, ReleaseDataDir } from './lifecycle/data-dir-lock.js';
export type { Composition, ServerContext, ServerDefinition, ServerShape } from './lifecycle/run-server.js';
export type { ExecutiveOptions, Part } from './lifecycle/executive.js';
export type { RaspyServerOptions, SubService } from './server/raspy-server.js';
export type { FileScope } from './config/load-settings.js';
export type { KvSockets } from './server/endpoint.js';
export type { HelpText } from './config/help.js';
export type { LineLevel, LogFields, Logger } from './log/logger.js';
export type { ExportersOptions, ExporterValues } from './statistics/exporters.js';
export type { StatisticsMirrorOptions } from './statistics/statistics-mirror.js';
export type { LoadedSettings } from './config/load-settings.js';
export type { LogLevel } from './config/common-settings.js';
export type {
  MachineFacts,
  Reading,
  Setting,
  SettingOptions,
  SettingsOf,
  SettingsShape,
  SettingValues,
} from './config/setting.js';
export type { Output, ParentChannel, ProgramHost } from './lifecycle/host.js';
export type { ServerSection, ServerSections } from './config/server-sections.js';
export type { ServerSurroundings, ServerValues } from './server/surroundings.js';
export type { RepeatLimits } from './log/repeat-limiter.js';
export type { SettingProblem } from './config/settings-error.js';
export type { Statistics } from './server/sub-services.js';
export type { SuperviseOptions } from './lifecycle/supervise.js';
export type { OpenTelemetry, TracingOptions } from './lifecycle/tracing.js';
