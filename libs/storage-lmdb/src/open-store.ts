import { access, constants, mkdir, open as openFile, rename } from 'node:fs/promises';
import { arch } from 'node:process';
import { join } from 'node:path';
import { systemClock, type Clock } from '@raspy/clock';
import { checkDataFile, type FileFinding } from './check-data-file.js';
import { LmdbStore } from './lmdb-store.js';
import { machineLayout } from './page-layout.js';
import { StoreError } from './store-error.js';

/** How {@link openLmdbStore} opens a store. */
export interface LmdbStoreOptions {
  /** Where its files are; made, for its owner alone, unless it is there. The folder that it is in must be there. */
  readonly folder: string;
  /**
   * What happens to a damaged store: the call rejects, or the files are renamed and a new store is begun.
   * @default 'fail'
   */
  readonly onCorrupt?: 'fail' | 'setAside';
  /** Names files that are set aside. @default the machine's clock */
  readonly clock?: Clock;
}

const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';

/**
 * Opens the store of a folder, and makes it if there is none. One process at a time; which is for the caller to ensure.
 * @throws {@link StoreError} (rejects) STORE_CORRUPT, STORE_FORMAT or STORE_UNUSABLE
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<LmdbStore> {
  const { folder, onCorrupt = 'fail', clock = systemClock } = options;
  const dataFile = join(folder, DATA_FILE);
  try {
    await makeFolder(folder);
    const finding = await look(folder, dataFile);
    let setAside: string | undefined;
    if (finding.state === 'foreign') {
      throw new StoreError(
        'STORE_FORMAT',
        `the store in ${folder} cannot be used (${finding.why}): ` +
          'start the version that wrote it, or choose another folder',
      );
    }
    if (finding.state === 'corrupt') {
      if (onCorrupt === 'fail') {
        throw new StoreError(
          'STORE_CORRUPT',
          `the store in ${folder} is damaged (${finding.why}): restore a copy, or move ${dataFile} away to begin anew`,
        );
      }
      setAside = await setFilesAside(folder, clock.wallNow());
    }
    const store = new LmdbStore(folder, setAside);
    // New files, and new names of old ones, are safe from a loss of power when the folder is.
    await syncFolder(folder);
    return store;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const { code } = error as { code?: string };
    throw new StoreError(
      'STORE_UNUSABLE',
      `the store in ${folder} cannot be opened (${code ?? String(error)}): ` +
        'give this user the right to read and write there, or choose another folder',
      { cause: error },
    );
  }
}

/** Node's `recursive` would never end in some places, as under `/proc`; and a typing error would make a path of folders. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    // What is there and is no folder shows when it is written.
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
}

/**
 * All that could make LMDB fail to open is looked at before: the package `lmdb` 3.5 ends the process by SIGSEGV when it
 * does, whatever the reason.
 */
async function look(folder: string, dataFile: string): Promise<FileFinding> {
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  // To append makes the files, as LMDB would, and finds a read-only disk even for root, whom `access` allows all.
  for (const file of [dataFile, join(folder, LOCK_FILE)]) {
    await (await openFile(file, 'a+', 0o600)).close();
  }
  const finding = checkDataFile(dataFile, machineLayout(arch));
  if (finding.state !== 'fresh') return finding;
  const file = await openFile(dataFile, 'r+');
  try {
    await file.truncate(0);
  } finally {
    await file.close();
  }
  return finding;
}

/** @returns where the data file is now */
async function setFilesAside(folder: string, now: number): Promise<string> {
  const stamp = new Date(now).toISOString().replaceAll(':', '-');
  const from = join(folder, DATA_FILE);
  let to = `${from}.broken-${stamp}`;
  // A clock without battery may show the same instant at each start.
  for (let count = 2; await exists(to); count++) to = `${from}.broken-${stamp}-${count}`;
  await rename(join(folder, LOCK_FILE), to.replace(DATA_FILE, LOCK_FILE));
  await rename(from, to);
  return to;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Windows and some network drives cannot sync a folder.
    if (!['EPERM', 'EINVAL', 'EISDIR'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
