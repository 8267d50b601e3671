import { access, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@raspy/clock';
import type { StoredEntry } from '@raspy/kv-clone';
import { openKvLog, type KvLogStorage } from '@raspy/kv-clone/storage-log';
import { lockDataDir } from '../lifecycle/data-dir-lock.js';
import type { Logger } from '../log/logger.js';

/** What {@link migrateLmdbStore} is told. */
export interface Migration {
  /** The folder of the store, which there need not be. */
  readonly from: string;
  /** The folder of the log; the caller owns it. */
  readonly to: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const COMMIT_ENTRIES = 1_000;
const COMMIT_BYTES = 2 ** 20;

/**
 * Takes over the tree of a home from the time when LMDB kept it: all of it is in the log, on the disk, before the old folder
 * becomes `<from>.migrated`. One that was interrupted is begun anew at the next start. LMDB is loaded here only, and only then.
 * @throws StoreError, LogStoreError or EnvironmentError (rejects) when it cannot be read, not be written, or is in use
 */
export async function migrateLmdbStore({ from, to, clock, logger }: Migration): Promise<void> {
  if (!(await exists(join(from, 'data.mdb')))) return;
  const unlock = await lockDataDir(from);
  const log = await openKvLog({ folder: to, clock });
  try {
    // Written with the last commit: nothing is missing then but the folder's new name, or it came back from a backup.
    if ((await log.load()).reservedSeq === 0) await copy(from, log, clock, logger);
    const migrated = `${from}.migrated`;
    await rename(from, migrated).then(
      () =>
        logger.info('the tree is kept in a log now; its old store is not read any more', { store: migrated }),
      (error: unknown) =>
        logger.warn("the tree's old store is not read any more, but cannot be renamed: remove it", {
          store: from,
          error: String(error),
        }),
    );
  } finally {
    await log.close();
    await unlock();
  }
}

async function copy(from: string, log: KvLogStorage, clock: Clock, logger: Logger): Promise<void> {
  const { openLmdbStore } = await import('@raspy/storage-lmdb');
  const store = await openLmdbStore({ folder: from, clock, onCorrupt: 'setAside' });
  try {
    const { setAside } = store;
    if (setAside !== undefined) {
      logger.error('what was saved is damaged and was set aside; all values start anew', { setAside });
    }
    const stored = await store.keyValue().load();
    let puts: StoredEntry[] = [];
    let bytes = 0;
    for (const entry of stored.entries) {
      puts.push(entry);
      bytes += entry.body.length;
      if (puts.length < COMMIT_ENTRIES && bytes < COMMIT_BYTES) continue;
      await log.commit({ puts, deletes: [], reservedSeq: 0 });
      puts = [];
      bytes = 0;
    }
    // Of a store that was set aside it is not known which sequences it used; those of the clock are above any.
    const isUnknown = (await readdir(from)).some((name) => name.includes('.broken-'));
    const leastSeq = isUnknown ? Math.max(1, Math.floor(clock.wallNow())) : 1;
    await log.commit({ puts, deletes: [], reservedSeq: Math.max(stored.reservedSeq, leastSeq) });
  } finally {
    await store.close();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
