import type { Clock } from '@raspy/clock';
import { openLogStore, type LogChange, type LogStore, type ReplayEvent } from '@raspy/storage-log';
import type { Frame, Frames } from '@raspy/wire';
import type { RequestId } from '../request-id.js';
import { settingText } from '../setting-names.js';
import type {
  RequestProgress,
  RequestRecord,
  SettingKey,
  StoredRequest,
  TitanicChange,
  TitanicStorage,
  TitanicStorageStatistics,
  TitanicStored,
} from '../storage.js';
import { decodeProgress, decodeRequest, encodeProgress, encodeRequest, readSettingText } from './codec.js';

// Keys of the log: a letter, then an id or a setting's names.
const REQUEST = 'e';
const PROGRESS = 'p';
const SETTING = 's';

/** How {@link openTitanicLog} opens a storage. */
export interface TitanicLogOptions {
  /** Where its files are; made unless it is there. One process at a time, which is for the caller to ensure. */
  readonly folder: string;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** Bytes of one of the log's files. @default 16,777,216 (16 MiB) */
  readonly segmentBytes?: number;
}

/**
 * Opens the embedded engine: requests and settings in an append-only log (`@raspy/storage-log`), whose commits share flushes.
 * @throws LogStoreError (rejects) when the folder cannot be used, or holds what is not such a log
 */
export async function openTitanicLog(options: TitanicLogOptions): Promise<TitanicStorage> {
  const found = new Found();
  const log = await openLogStore({ ...options, replay: (event) => found.take(event) });
  return new LogStorage(log, found);
}

/** What the log tells of while it is read. */
class Found {
  readonly #records = new Map<
    RequestId,
    { readonly record: RequestRecord; readonly hasBody: boolean; readonly at: number }
  >();
  readonly #progress = new Map<RequestId, { readonly progress: RequestProgress; readonly at: number }>();
  readonly #settings = new Map<string, SettingKey>();
  readonly #damage: string[] = [];
  /** Requests in the order of their acceptance, as far as they are there: among them a copy is out of place. */
  readonly #accepted: RequestRecord[] = [];
  #events = 0;
  /** When the log was damaged last; what was written before may have gone on. */
  #damagedAt = 0;

  take(event: ReplayEvent): void {
    const at = ++this.#events;
    if (event.type === 'damage') {
      this.#damagedAt = at;
      this.#damage.push(
        `${event.bytes} bytes of ${event.segment} are not as they were written; what else is in it was read`,
      );
      return;
    }
    const { key } = event;
    const id = key.slice(1);
    switch (key[0]) {
      case REQUEST: {
        const request = event.type === 'put' ? decodeRequest(event.value) : undefined;
        if (request === undefined) this.#records.delete(id);
        else this.#add(kept(request.record), request.body.length > 0, at);
        if (event.type === 'put' && request === undefined) this.#unreadable(`the request ${id}`);
        break;
      }
      case PROGRESS: {
        const progress = event.type === 'put' ? decodeProgress(event.value)?.progress : undefined;
        if (progress === undefined) this.#progress.delete(id);
        else this.#progress.set(id, { progress, at });
        if (event.type === 'put' && progress === undefined)
          this.#unreadable(`what became of the request ${id}`);
        break;
      }
      case SETTING: {
        const setting = event.type === 'put' ? readSettingText(id) : undefined;
        if (setting === undefined) this.#settings.delete(id);
        else this.#settings.set(id, setting);
        if (event.type === 'put' && setting === undefined) this.#unreadable('the name of a setting');
        break;
      }
    }
  }

  #add(record: RequestRecord, hasBody: boolean, at: number): void {
    // What is copied was written before the damage, wherever it stands now.
    const isCopy = hasBody && this.#isCopy(record);
    this.#records.set(record.id, { record, hasBody, at: isCopy ? 0 : at });
  }

  /**
   * Whether the log has certainly written a request again, to give room back: others are written when they are accepted, behind
   * all that were accepted before. It is not seen where nothing that was accepted later stands before the copy.
   */
  #isCopy(record: RequestRecord): boolean {
    const accepted = this.#accepted;
    while (accepted.length > 0 && !this.#records.has(accepted.at(-1)!.id)) accepted.pop();
    const latest = accepted.at(-1);
    if (latest !== undefined && record.order <= latest.order) return true;
    accepted.push(record);
    return false;
  }

  /** Written soundly, by something else than this version. */
  #unreadable(what: string): void {
    this.#damage.push(`${what} is stored in a form that this version does not know; it was left out`);
  }

  stored(): TitanicStored {
    const requests: StoredRequest[] = [];
    for (const [id, { record, hasBody, at }] of this.#records) {
      const last = this.#progress.get(id);
      const doubtful = Math.max(at, last?.at ?? 0) < this.#damagedAt;
      requests.push({ record, progress: hasBody ? last?.progress : ended(record, last?.progress), doubtful });
    }
    return { requests, settings: [...this.#settings.values()], damage: this.#damage };
  }

  /** Requests of which only what became of them is left. */
  orphans(): RequestId[] {
    return [...this.#progress.keys()].filter((id) => !this.#records.has(id));
  }
}

class LogStorage implements TitanicStorage {
  readonly #log: LogStore;
  #found: Found | undefined;
  /** Requests that are removed, though not yet what became of them. */
  #orphans: RequestId[] = [];

  constructor(log: LogStore, found: Found) {
    this.#log = log;
    this.#found = found;
  }

  load(): Promise<TitanicStored> {
    const found = this.#found;
    if (found === undefined) return Promise.reject(new Error('what was stored is read once only'));
    this.#found = undefined;
    this.#orphans = found.orphans();
    return Promise.resolve(found.stored());
  }

  commit(changes: readonly TitanicChange[]): Promise<void> {
    const orphans = this.#orphans;
    this.#orphans = [];
    const committed = this.#log.commit(this.#logChanges(changes));
    if (orphans.length === 0) return committed;
    return committed.then(
      () => this.#forget(orphans),
      (error: unknown) => {
        this.#orphans.push(...orphans);
        throw error;
      },
    );
  }

  note(changes: readonly TitanicChange[]): void {
    this.#log.note(this.#logChanges(changes));
  }

  async claim(
    request: RequestRecord,
    progress: RequestProgress,
    { durable }: { readonly durable: boolean },
  ): Promise<boolean> {
    const changes: readonly TitanicChange[] = [{ type: 'progress', request, progress }];
    if (durable) await this.commit(changes);
    else this.note(changes);
    return true;
  }

  async body(id: RequestId): Promise<Frames> {
    const value = await this.#log.get(REQUEST + id);
    const request = value === undefined ? undefined : decodeRequest(value);
    if (request === undefined) throw new Error(`the request ${id} is not in the log`);
    return request.body;
  }

  async reply(id: RequestId): Promise<Frames> {
    const value = await this.#log.get(PROGRESS + id);
    const progress = value === undefined ? undefined : decodeProgress(value);
    if (progress?.progress.state !== 'done') throw new Error(`the reply of ${id} is not in the log`);
    return progress.reply;
  }

  setting(setting: SettingKey): Promise<Frame | undefined> {
    return this.#log.get(SETTING + settingText(setting));
  }

  statistics(): TitanicStorageStatistics {
    const { commits, flushes, bytesGiven, bytesWritten, totalBytes } = this.#log.statistics();
    return { commits, flushes, bytesGiven, bytesWritten, bytesOnDisk: totalBytes };
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  /**
   * Of those that were removed before: that is on the disk now, and nothing can bring them back without their end. One that is
   * still there was not removed after all.
   */
  #forget(orphans: readonly RequestId[]): void {
    const gone = orphans.filter((id) => !this.#log.has(REQUEST + id) && this.#log.has(PROGRESS + id));
    try {
      this.#log.note(gone.map((id) => ({ delete: PROGRESS + id })));
    } catch {
      // It is closed: the next start finds them again.
    }
  }

  #logChanges(changes: readonly TitanicChange[]): LogChange[] {
    return changes.flatMap((change) => this.#logChange(change));
  }

  #logChange(change: TitanicChange): LogChange[] {
    switch (change.type) {
      case 'accept':
        return [{ put: REQUEST + change.request.id, value: encodeRequest(change.request, change.body) }];
      case 'progress': {
        const { request, progress, reply } = change;
        const put = { put: PROGRESS + request.id, value: encodeProgress(progress, reply) };
        return hasEnded(progress)
          ? [put, { put: REQUEST + request.id, value: encodeRequest(request, []) }]
          : [put];
      }
      case 'remove':
        // A loss of power may leave some records of a flush and not others: were both deleted in one, a request that was
        // done could be found without its end, and be made again.
        this.#orphans.push(change.id);
        return [{ delete: REQUEST + change.id }];
      case 'set':
        return [{ put: SETTING + settingText(change.setting), value: change.value }];
      case 'unset':
        return [{ delete: SETTING + settingText(change.setting) }];
    }
  }
}

/** Whether the body is not needed any more. */
function hasEnded({ state }: RequestProgress): boolean {
  return state === 'expired' || state === 'closed';
}

/** Of a request without body: that it has ended was stored with the loss of the body, though it may have got lost itself. */
function ended(record: RequestRecord, last: RequestProgress | undefined): RequestProgress {
  if (last !== undefined && hasEnded(last)) return last;
  const reason = 'it had ended when the power was lost';
  return { state: 'expired', attempts: last?.attempts ?? 0, at: last?.at ?? record.acceptedAt, reason };
}

/** What is kept of a record: its target in bytes of its own, not in those of the log. */
function kept(record: RequestRecord): RequestRecord {
  return { ...record, target: Buffer.from(record.target) };
}
