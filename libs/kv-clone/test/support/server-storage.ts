import type { KvCommit, KvStorage, KvStorageStatistics, KvStored, StoredEntry } from '../../src/storage.js';
import { Disk } from './server-disk.js';

/** A storage in memory, whose commits can be held up and made to fail. */
export class FakeStorage implements KvStorage {
  readonly disk = new Disk();
  readonly commits: KvCommit[] = [];
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  /** What `load` rejects with. */
  loadError: Error | undefined;
  /** What a commit rejects with, asked for each. */
  commitError: () => Error | undefined = () => undefined;
  /** What a commit waits for. */
  held: Promise<void> = Promise.resolve();
  #isBusy = false;

  constructor(entries: readonly StoredEntry[] = [], reservedSeq = 0) {
    this.disk.write({ puts: entries, deletes: [], reservedSeq });
  }

  load(): Promise<KvStored> {
    this.calls.push('load');
    if (this.loadError !== undefined) return Promise.reject(this.loadError);
    const { entries, reservedSeq } = this.disk;
    return Promise.resolve({ reservedSeq, entries: [...entries.values()] });
  }

  async commit(commit: KvCommit): Promise<void> {
    if (this.#isBusy) throw new Error('two commits at a time');
    this.#isBusy = true;
    this.calls.push('commit');
    this.commits.push(commit);
    const error = this.commitError();
    await this.held;
    this.#isBusy = false;
    if (error !== undefined) throw error;
    this.disk.write(commit);
  }

  statistics(): KvStorageStatistics {
    return { commits: this.commits.length, bytesGiven: 0, bytesWritten: 0 };
  }

  close(): Promise<void> {
    if (this.#isBusy) throw new Error('closed while a commit is under way');
    this.calls.push('close');
    return Promise.resolve();
  }
}
