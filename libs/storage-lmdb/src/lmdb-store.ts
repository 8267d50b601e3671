import { statfs } from 'node:fs/promises';
import { arch } from 'node:process';
import type { KvStorage, KvStorageStatistics } from '@raspy/kv-clone';
import { open, type RootDatabase } from 'lmdb';
import { FORMAT, FORMAT_KEY } from './format.js';
import { KeyValueTree } from './key-value-tree.js';
import { encodeNumber } from './record.js';
import type { StoreAccess, Tree } from './store-access.js';
import { commitFailure, fullError, StoreError } from './store-error.js';

const MAX_TREES = 16;
/** Address space, not memory or disk; LMDB doubles it when it is used up. Few maps fit beside each other in 32 bits. */
const MAP_BYTES = arch === 'arm' || arch === 'ia32' ? 2 ** 27 : 2 ** 30;
const PAGE_BYTES = 4_096;
/** Pages that a change of one record may have written anew, beside its value: its leaf, and a share of what leads there. */
const PAGES_A_RECORD = 2;
/** And those of a commit, whatever is in it: the way to the root, the list of free pages, the root's own tree. */
const PAGES_A_COMMIT = 16;
/** What a commit may need beside what it puts. */
const SPARE_BYTES = 2 ** 20;
const TREE_NAME = /^[a-z][a-z0-9-]{0,63}$/;
const BYTES = { encoding: 'binary', keyEncoding: 'binary', cache: false, compression: false } as const;

/** One LMDB environment in a folder, and the trees in it. {@link openLmdbStore} makes it. */
export class LmdbStore {
  /** Where the damaged data file is that was found, and replaced by a new one; `undefined` when there was none. */
  readonly setAside: string | undefined;
  readonly #folder: string;
  readonly #root: RootDatabase<Buffer, Uint8Array>;
  readonly #trees = new Map<string, Tree>();
  readonly #inUse = new Map<string, KeyValueTree>();
  readonly #writes = new Set<Promise<unknown>>();
  #commits = 0;
  #bytesGiven = 0;
  #bytesTold = 0;
  #failure: StoreError | undefined;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(folder: string, setAside: string | undefined) {
    this.#folder = folder;
    this.setAside = setAside;
    const options = {
      ...BYTES,
      path: folder,
      // A folder with a dot in its name would be taken for a file.
      noSubdir: false,
      maxDbs: MAX_TREES,
      maxReaders: 16,
      mapSize: MAP_BYTES,
      // LMDB would take the system's, which is 16,384 on a Pi 5: four times as much to write, for the same trees.
      pageSize: PAGE_BYTES,
      // A transaction is valid only when it is on the disk; which the overlapping way finds out by the machine's boot id.
      overlappingSync: false,
      // Batches are made here, and end before anyone else runs: nothing can come between their parts.
      eventTurnBatching: false,
      // Not declared by the package: counts the pages written, and leaves the files to their owner.
      trackMetrics: true,
      permissionsMode: 0o600,
    };
    this.#root = open<Buffer, Uint8Array>(options);
    if (this.#root.get(FORMAT_KEY) === undefined) {
      this.#root.transactionSync(() => void this.#root.put(FORMAT_KEY, encodeNumber(FORMAT_KEY, FORMAT)));
    }
    this.#bytesTold = this.#bytesWritten();
  }

  /**
   * The key/value tree of a name, for one user at a time: again after its `close`.
   * @param name - small letters, digits and `-`; up to 14 names in a store. @default 'kv'
   * @throws {@link StoreError} STORE_CLOSED; STORE_UNUSABLE while it is in use
   */
  keyValue(name = 'kv'): KvStorage {
    this.#assertUsable();
    if (!TREE_NAME.test(name))
      throw new RangeError(`${name} is no name for a tree: small letters, digits, -`);
    if (this.#inUse.has(name)) {
      throw new StoreError('STORE_UNUSABLE', `the tree ${name} in ${this.#folder} is in use: close it first`);
    }
    let tree = this.#trees.get(name);
    if (tree === undefined) {
      tree = this.#root.openDB<Buffer, Uint8Array>({ ...BYTES, name });
      this.#trees.set(name, tree);
    }
    const access: StoreAccess = {
      folder: this.#folder,
      write: (target, given, records, change) => this.#write(target, given, records, change),
      assertUsable: () => this.#assertUsable(),
    };
    const user = new KeyValueTree(access, tree, () => this.#inUse.delete(name));
    this.#inUse.set(name, user);
    return user;
  }

  /** What all its trees have written together, and what it wrote for itself, since it was opened; also after its end. */
  statistics(): KvStorageStatistics {
    return { commits: this.#commits, bytesGiven: this.#bytesGiven, bytesWritten: this.#bytesTold };
  }

  /** Waits for commits that are under way, then ends the store and all its trees. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    await Promise.allSettled(this.#writes);
    await this.#root.close();
  }

  #assertUsable(): void {
    if (this.#closed !== undefined) {
      throw new StoreError('STORE_CLOSED', `the store in ${this.#folder} is closed: open it again`);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(tree: Tree, given: number, records: number, change: () => void): Promise<number> {
    const write = this.#batch(tree, given, records, change);
    this.#writes.add(write);
    try {
      await write;
    } finally {
      this.#writes.delete(write);
    }
    this.#commits++;
    this.#bytesGiven += given;
    const before = this.#bytesTold;
    this.#bytesTold = this.#bytesWritten();
    return this.#bytesTold - before;
  }

  async #batch(tree: Tree, given: number, records: number, change: () => void): Promise<void> {
    // The package may corrupt its memory, and end the process, once a page that it writes is refused: where room is short it
    // is not let try. Somebody may still take the room meanwhile.
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < given + (records * PAGES_A_RECORD + PAGES_A_COMMIT) * PAGE_BYTES) {
      throw fullError(this.#folder);
    }
    try {
      await tree.batch(change);
    } catch (error) {
      throw await this.#failed(error, given);
    }
  }

  /** The package rejects with an error that holds a promise of the reason. */
  async #failed(error: unknown, given: number): Promise<StoreError> {
    const { commitError } = error as { commitError?: Promise<unknown> };
    const reason = (await commitError?.catch((cause: unknown) => cause)) ?? error;
    // A write that was cut short, as by a disk that becomes full, LMDB calls an input/output error.
    const { bavail, bsize } = await statfs(this.#folder);
    const failure = commitFailure(this.#folder, reason, bavail * bsize < 2 * given + SPARE_BYTES);
    // After a failed write of a meta page LMDB begins no transaction any more, which the package answers by never
    // settling; and after a failed sync a later one that succeeds proves nothing.
    if (failure.code === 'STORE_UNUSABLE') this.#failure = failure;
    return failure;
  }

  /** Pages that LMDB wrote since it was opened, and for each transaction the one meta page that makes it valid. */
  #bytesWritten(): number {
    const { pagesWritten, txns } = this.#root.getStats() as { pagesWritten: number; txns: number };
    return (pagesWritten + txns) * PAGE_BYTES;
  }
}
