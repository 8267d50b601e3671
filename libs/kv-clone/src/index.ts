/**
 * Clone: a key/value tree with snapshot, sequence and gap detection, on the five frames of RFC 12 and the three of
 * RasPy's manual.
 * @packageDocumentation
 */
export { CloneServer } from './server/clone-server.js';
export {
  KvAbortedError,
  KvClosedError,
  KvConflictError,
  KvError,
  KvLimitError,
  KvNotSyncedError,
  KvOfflineError,
  KvOutsideSubtreeError,
  KvTooManyPendingError,
  KvUnknownOutcomeError,
  KvValueError,
} from './errors.js';
export { jsonValues } from './client/kv-codec.js';
export { KvClient } from './client/kv-client.js';
export { KvOptionError } from './option-error.js';
export { KvPublisherClient } from './client/kv-publisher-client.js';
export { KvSubscriberClient } from './client/kv-subscriber-client.js';
export { startKvServer } from './server/start-kv-server.js';
export { TypedKv } from './client/typed-kv.js';
export type {
  CloneServerOptions,
  KvMachineEvent,
  KvServerEffects,
  KvServerPort,
} from './server/clone-server.js';
export type { EntryLimits, EntryRefusal } from './limits.js';
export type { KvChange, KvEntry } from './client/entries.js';
export type { KvClientStatistics } from './client/client-counters.js';
export type { KvClientStatus } from './client/kv-session.js';
export type { KvCodec, StandardResult, StandardSchema } from './client/kv-codec.js';
export type { KvCommit, KvStorage, KvStorageStatistics, KvStored, StoredEntry } from './storage.js';
export type { KvDropCause, KvServerEvent } from './server/events.js';
export type { KvErrorCode, KvLimitReason } from './errors.js';
export type {
  KvClientOptions,
  KvConnectOptions,
  KvDeleteOptions,
  KvEndpoints,
  KvGetOptions,
  KvSetIfOptions,
  KvSetOptions,
} from './client/options.js';
export type { KvMalformed, KvWire } from './codec.js';
export type { KvServerOptions, ResolvedKvServerOptions } from './server/options.js';
export type { KvServerStatistics } from './server/statistics.js';
export type { RunningKvServer, StartKvServerOptions } from './server/start-kv-server.js';
export type { TypedKvChange, TypedKvEntry, UntypedKv } from './client/typed-kv.js';
