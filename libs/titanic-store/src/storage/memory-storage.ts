import type { Frame, Frames } from '@raspy/wire';
import { settingText } from '../setting-names.js';
import type {
  RequestProgress,
  RequestRecord,
  SettingKey,
  TitanicChange,
  TitanicStorage,
  TitanicStorageStatistics,
  TitanicStored,
} from '../storage.js';

interface Kept {
  readonly record: RequestRecord;
  body: Frames;
  progress: RequestProgress | undefined;
  reply: Frames | undefined;
}

/** A storage that forgets with the process: for tests, and for homes that accept that. */
export interface MemoryTitanicStorage extends TitanicStorage {
  /** What a commit fails with from now on; `undefined`: it succeeds again. */
  failure: Error | undefined;
  /** A storage with what this one has now, as a restart would find it. */
  reopened(): MemoryTitanicStorage;
}

/** Makes an empty one. Commits succeed in a later microtask. */
export function memoryTitanicStorage(): MemoryTitanicStorage {
  return new MemoryStorage(new Map(), new Map());
}

class MemoryStorage implements MemoryTitanicStorage {
  failure: Error | undefined;
  readonly #requests: Map<string, Kept>;
  readonly #settings: Map<string, { readonly setting: SettingKey; readonly value: Frame }>;
  #commits = 0;

  constructor(
    requests: Map<string, Kept>,
    settings: Map<string, { readonly setting: SettingKey; readonly value: Frame }>,
  ) {
    this.#requests = requests;
    this.#settings = settings;
  }

  reopened(): MemoryTitanicStorage {
    const requests = [...this.#requests].map(([id, kept]) => [id, { ...kept }] as const);
    return new MemoryStorage(new Map(requests), new Map(this.#settings));
  }

  load(): Promise<TitanicStored> {
    return Promise.resolve({
      requests: [...this.#requests.values()].map(({ record, progress }) => ({
        record,
        progress,
        doubtful: false,
      })),
      settings: [...this.#settings.values()].map(({ setting }) => setting),
      damage: [],
    });
  }

  commit(changes: readonly TitanicChange[]): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.note(changes);
    this.#commits++;
    return Promise.resolve();
  }

  note(changes: readonly TitanicChange[]): void {
    for (const change of changes) this.#apply(change);
  }

  claim(
    request: RequestRecord,
    progress: RequestProgress,
    { durable }: { readonly durable: boolean },
  ): Promise<boolean> {
    if (durable && this.failure !== undefined) return Promise.reject(this.failure);
    this.note([{ type: 'progress', request, progress }]);
    return Promise.resolve(true);
  }

  body(id: string): Promise<Frames> {
    const kept = this.#requests.get(id);
    return kept === undefined ? Promise.reject(new Error(`no request ${id}`)) : Promise.resolve(kept.body);
  }

  reply(id: string): Promise<Frames> {
    const reply = this.#requests.get(id)?.reply;
    return reply === undefined ? Promise.reject(new Error(`no reply ${id}`)) : Promise.resolve(reply);
  }

  setting(setting: SettingKey): Promise<Frame | undefined> {
    return Promise.resolve(this.#settings.get(settingText(setting))?.value);
  }

  statistics(): TitanicStorageStatistics {
    return { commits: this.#commits, flushes: 0, bytesGiven: 0, bytesWritten: 0, bytesOnDisk: 0 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #apply(change: TitanicChange): void {
    switch (change.type) {
      case 'accept': {
        const { request: record, body } = change;
        this.#requests.set(record.id, { record, body, progress: undefined, reply: undefined });
        break;
      }
      case 'progress': {
        const kept = this.#requests.get(change.request.id);
        if (kept === undefined) break;
        kept.progress = change.progress;
        kept.reply = change.reply;
        if (change.progress.state === 'expired' || change.progress.state === 'closed') kept.body = [];
        break;
      }
      case 'remove':
        this.#requests.delete(change.id);
        break;
      case 'set':
        this.#settings.set(settingText(change.setting), change);
        break;
      case 'unset':
        this.#settings.delete(settingText(change.setting));
        break;
    }
  }
}
