import type { LogStoreOptions } from './log-options.js';
import type { LogStore } from './log-store.js';
import { NodeLogFiles } from './node-log-files.js';
import { openStore } from './open-store.js';

/**
 * Opens the store of a folder, and makes it if there is none. One process at a time; which is for the caller to ensure.
 * Damage never makes it fail: all sound records are taken, and `findings` tells the rest.
 * @throws (rejects) {@link LogStoreError} LOG_FORMAT or LOG_UNUSABLE; RangeError for options that have no meaning; what
 * `replay` throws
 */
export function openLogStore(options: LogStoreOptions): Promise<LogStore> {
  return openStore(new NodeLogFiles(options.folder), options);
}
