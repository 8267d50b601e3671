/**
 * Titanic (RFC 9): durable requests to services that sleep, and a settings store, over Majordomo.
 * @packageDocumentation
 */
export { brokerBus } from './server/broker-bus.js';
export { clientBus } from './server/client-bus.js';
export { CloseNotStoredError } from './client/close-not-stored-error.js';
export {
  InvalidTitanicReplyError,
  ReplyTimeoutError,
  ReplyUnreadableError,
  RequestDeadError,
  RequestExpiredError,
  SettingsStoreError,
  TitanicError,
  TitanicNotStoredError,
  TitanicRefusedError,
  TitanicStorageError,
  UnknownRequestError,
} from './errors.js';
export { memorySettings } from './client/memory-settings.js';
export { memoryTitanicStorage } from './storage/memory-storage.js';
export { openTitanicLog } from './storage/log-storage.js';
export { parseIni } from './ini/parse-ini.js';
export { readIniStores } from './ini/read-ini-stores.js';
export { SettingsClient } from './client/settings-client.js';
export { startTitanicWorkers } from './server/worker-face.js';
export { Titanic } from './server/titanic.js';
export { titanicAdmin } from './admin.js';
export { TitanicClient } from './client/titanic-client.js';
export { TitanicMachine } from './machine/titanic-machine.js';
export { TitanicOptionError } from './option-error.js';
export type { AttemptOptions, Moment, RefusalReason, Ticket, TicketAnswer } from './machine/effects.js';
export type { AttemptOutcome } from './machine/attempts.js';
export type { BusBroker } from './server/broker-bus.js';
export type { ClientBusOptions } from './server/client-bus.js';
export type { Entropy, RequestId } from './request-id.js';
export type { Entry, EntryState, Place, WallDeadline } from './machine/entry.js';
export type { IniEntry, IniFileProblem, IniStores } from './ini/read-ini-stores.js';
export type { IniProblem, ParsedIni } from './ini/parse-ini.js';
export type { Lane } from './machine/lane.js';
export type { MemoryTitanicStorage } from './storage/memory-storage.js';
export type { NewRequest } from './machine/titanic-machine.js';
export type {
  OnExpire,
  RequestProgress,
  RequestRecord,
  SettingKey,
  StoredRequest,
  TitanicChange,
  TitanicStorage,
  TitanicStorageStatistics,
  TitanicStored,
} from './storage.js';
export type { OpenTitanicOptions, RunningTitanicStatistics } from './server/titanic.js';
export type { RequestReport, RequestState } from './admin.js';
export type { RunningTitanicWorkers, TitanicWorkersOptions } from './server/worker-face.js';
export type { SettingName, SettingsStore } from './client/settings-store.js';
export type { SettingsClientOptions } from './client/settings-client.js';
export type { SettingsLimits } from './server/settings-table.js';
export type { TargetPolicy, TitanicOptions } from './machine/options.js';
export type { TitanicBus } from './server/bus.js';
export type {
  TitanicCallOptions,
  TitanicClientOptions,
  TitanicReplyOptions,
  TitanicRunOptions,
  TitanicSubmitOptions,
} from './client/options.js';
export type { TitanicCounters, TitanicStatistics } from './machine/statistics.js';
export type { TitanicEffect, TitanicEvent } from './machine/effects.js';
export type { TitanicErrorCode } from './errors.js';
export type { TitanicLogOptions } from './storage/log-storage.js';
export type { TitanicRequester } from './client/titanic-client.js';
export type { TitanicService, TitanicServiceName, TitanicServices } from './server/services.js';
export type { TitanicStatus } from './client/status.js';
