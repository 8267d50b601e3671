import type { Frame, Frames } from '@raspy/wire';
import type { RequestId } from './request-id.js';

/** What becomes of an entry that was not done by its `expiresAt`: it is dropped, or rests in the dead-letter list. */
export type OnExpire = 'drop' | 'dead';

/** A request as it was accepted; it never changes. Times are milliseconds since 1970. */
export interface RequestRecord {
  readonly id: RequestId;
  /** Requests were accepted in the order of these; above 0. */
  readonly order: number;
  /** Name of the service that it is for. */
  readonly target: Frame;
  readonly acceptedAt: number;
  /** Bytes of the body's frames. */
  readonly bodyBytes: number;
  /** Not sent before. */
  readonly notBefore?: number;
  /** Not sent after. */
  readonly expiresAt?: number;
  /** Its submitter's name for it; the same again, for the same target, is the same request. */
  readonly key?: string;
  readonly onExpire: OnExpire;
  /** Came by `titanic.submit`, so that its service is told the key. */
  readonly submitted: boolean;
  /** Lives for a minute of this process, and not beyond it: an order to a device that has no deadline. */
  readonly transient: boolean;
}

/** Where a request stands, whole; a later one replaces it. */
export interface RequestProgress {
  readonly state: 'waiting' | 'running' | 'done' | 'dead' | 'expired' | 'closed';
  /** How often it may have been executed, the present attempt included. */
  readonly attempts: number;
  /** Since when, in milliseconds since 1970. */
  readonly at: number;
  /** Of the last failure, or of its end. */
  readonly reason?: string;
  /** Bytes of the reply's frames; when `done`. */
  readonly replyBytes?: number;
}

/** Names one value of the settings store: three sequences of 0 to 255 bytes. */
export interface SettingKey {
  readonly service: Frame;
  readonly section: Frame;
  readonly key: Frame;
}

/** One change of what is stored. The frames are the engine's to keep: nobody changes them afterwards. */
export type TitanicChange =
  | { readonly type: 'accept'; readonly request: RequestRecord; readonly body: Frames }
  /** `reply` comes with `done`. Of one that is `expired` or `closed` the body is not needed any more. */
  | {
      readonly type: 'progress';
      readonly request: RequestRecord;
      readonly progress: RequestProgress;
      readonly reply?: Frames;
    }
  /** Nothing of it is needed any more. */
  | { readonly type: 'remove'; readonly id: RequestId }
  | { readonly type: 'set'; readonly setting: SettingKey; readonly value: Frame }
  | { readonly type: 'unset'; readonly setting: SettingKey };

/** A request that was found at the start. */
export interface StoredRequest {
  readonly record: RequestRecord;
  /** `undefined`: nothing has happened to it. */
  readonly progress: RequestProgress | undefined;
  /** Damage may have cost what came after its progress: whether it ran since is not known. */
  readonly doubtful: boolean;
}

/** What a Titanic finds when it starts. */
export interface TitanicStored {
  /** In any order. */
  readonly requests: readonly StoredRequest[];
  readonly settings: readonly SettingKey[];
  /** What was found wrong, a sentence for a person each; empty when all is well. */
  readonly damage: readonly string[];
}

/** What an engine has written since it was opened. */
export interface TitanicStorageStatistics {
  /** Calls that were flushed. */
  readonly commits: number;
  /** Flushes of the disk; many commits share one. */
  readonly flushes: number;
  /** Bytes it was given. */
  readonly bytesGiven: number;
  /** Bytes written to the disk for them. */
  readonly bytesWritten: number;
  /** Bytes that its files take. */
  readonly bytesOnDisk: number;
}

/**
 * Where requests and settings outlive the process: a small port, so that an engine is chosen by whoever composes. The
 * embedded one is `openTitanicLog`; one for tests, `memoryTitanicStorage`; a cluster can be another (decision 0018).
 */
export interface TitanicStorage {
  /** Everything that was committed. Called once, before anything else. */
  load(): Promise<TitanicStored>;
  /**
   * Writes; resolves when all of it would survive a loss of power, or rejects, and then none of it is there later. Many at a
   * time, which share flushes; changes keep the order in which they were given.
   */
  commit(changes: readonly TitanicChange[]): Promise<void>;
  /** Writes with the next flush, at the latest a second later; nobody waits, and a loss of power may undo it. */
  note(changes: readonly TitanicChange[]): void;
  /**
   * Takes a request for one attempt; for `leaseMs` nobody else gets it. An engine with one owner, which is what embedded ones
   * have, only records it: durably before it resolves if `durable`, else as {@link TitanicStorage.note} does.
   * @returns whether it is granted; `false` when another owner has the request
   */
  claim(
    request: RequestRecord,
    progress: RequestProgress,
    options: { readonly leaseMs: number; readonly durable: boolean },
  ): Promise<boolean>;
  /** The body of a request that is there. Rejects when it cannot be read. */
  body(id: RequestId): Promise<Frames>;
  /** The reply of a request that is done. Rejects when it cannot be read. */
  reply(id: RequestId): Promise<Frames>;
  /** A value; `undefined` when there is none. Rejects when it cannot be read. */
  setting(setting: SettingKey): Promise<Frame | undefined>;
  statistics(): TitanicStorageStatistics;
  /** Waits for what is under way, and ends it. */
  close(): Promise<void>;
}
