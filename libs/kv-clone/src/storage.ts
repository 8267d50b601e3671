/** An entry as it is kept on disk. */
export interface StoredEntry {
  /** UTF-8, beginning with `/`; up to 4,096 bytes, or what the server's limit says. */
  readonly key: Uint8Array;
  /** Of the update that made it, 1 to 2^53 - 1. */
  readonly seq: number;
  /** Its time to live in seconds, which begins anew when it is restored; 0 for none. */
  readonly ttlSeconds: number;
  /** At least one byte. */
  readonly body: Uint8Array;
}

/** Changes that are written together. The bytes are the engine's to keep: nobody changes them afterwards. */
export interface KvCommit {
  readonly puts: readonly StoredEntry[];
  /** Keys that are gone; they need not be there. */
  readonly deletes: readonly Uint8Array[];
  /** No sequence up to this is used again after a restart. */
  readonly reservedSeq: number;
}

/** What a server finds when it starts. */
export interface KvStored {
  /** Of the latest commit; 0 when there is none. */
  readonly reservedSeq: number;
  /** In any order; read once. The bytes are the reader's to keep. */
  readonly entries: Iterable<StoredEntry>;
}

/** What an engine has written since it was opened. */
export interface KvStorageStatistics {
  readonly commits: number;
  /** Bytes of keys and bodies it was given. */
  readonly bytesGiven: number;
  /** Bytes written to the disk for them, as well as the engine can tell. */
  readonly bytesWritten: number;
}

/**
 * Where last values outlive the server: a small port, so that an engine is chosen by whoever composes. One owner at a time.
 */
export interface KvStorage {
  /** What was committed. Called once, before anything else. */
  load(): Promise<KvStored>;
  /**
   * Writes; resolves when all of it would survive a loss of power, or rejects, and then none or all of it may be there. One
   * at a time.
   */
  commit(commit: KvCommit): Promise<void>;
  statistics(): KvStorageStatistics;
  /** Ends it. Nothing is under way by then. */
  close(): Promise<void>;
}
