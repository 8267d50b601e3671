/**
 * A durable store of keys and values in an append-only log: many commits share one flush, and nothing acknowledged is lost.
 * @packageDocumentation
 */
export { LogStore } from './log-store.js';
export { LogStoreError } from './log-error.js';
export { openLogStore } from './open-log-store.js';
export type { DamagedFile, LogFindings, LogStatistics } from './log-store.js';
export type { LogChange } from './batch.js';
export type { LogStoreErrorCode } from './log-error.js';
export type { LogStoreOptions, ReplayEvent } from './log-options.js';
