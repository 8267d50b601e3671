/**
 * The embedded storage engine: one LMDB file in a folder, and the storage ports of RasPy's libraries on it.
 * @packageDocumentation
 */
export { LmdbStore } from './lmdb-store.js';
export { openLmdbStore } from './open-store.js';
export { StoreError } from './store-error.js';
export type { LmdbStoreOptions } from './open-store.js';
export type { StoreErrorCode } from './store-error.js';
