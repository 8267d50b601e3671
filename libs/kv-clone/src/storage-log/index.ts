/**
 * Last values in an append-only log: the storage of a key/value server that keeps its tree on disk.
 * @packageDocumentation
 */
export { openKvLog } from './log-storage.js';
export type { KvLogOptions, KvLogStatistics, KvLogStorage } from './log-storage.js';
