import type { KvDropCause } from './events.js';

/** What a key/value server counted since it began, and what it holds now. A snapshot. */
export interface KvServerStatistics {
  /** Updates that were made, deletions and expiries among them. */
  readonly updates: number;
  /** Of them, deletions that somebody asked for. */
  readonly deletes: number;
  /** Of them, entries whose time to live ended. */
  readonly expired: number;
  /** Of them, those that were asked for on condition. */
  readonly conditional: number;
  /** Conditional updates that were not made, as the entry had another sequence. */
  readonly conflicts: number;
  /** Sequence of the latest update. */
  readonly sequence: number;
  readonly keys: number;
  /** Of all keys and bodies, with what is kept for each entry besides. */
  readonly bytes: number;
  /** Entries that came from disk when the server started. */
  readonly restored: number;
  /** Entries on disk that break the limits of now: they are not in the tree, and stay there for when the limits are wider. */
  readonly notRestored: number;
  readonly snapshotsSent: number;
  readonly snapshotItems: number;
  /** Under way now. */
  readonly snapshots: number;
  /** Bytes kept aside for them now. */
  readonly keptBytes: number;
  /** Different prefixes that somebody is subscribed to now, on each wire. */
  readonly subscriptions: { readonly chp: number; readonly kvmsg: number };
  /** Entries and deletions that are not on disk yet; 0 where nothing is kept on disk. */
  readonly unsaved: number;
  /** Commits that failed since the last that succeeded. */
  readonly storageFailures: number;
  /** Everything that went no further, by cause; causes that never came up are absent. */
  readonly dropped: Readonly<Partial<Record<KvDropCause, number>>>;
}

/** What one server counts; plain numbers, since they are touched for every update. */
export type KvCounters = {
  -readonly [
    K in
      | 'updates'
      | 'deletes'
      | 'expired'
      | 'conditional'
      | 'conflicts'
      | 'restored'
      | 'notRestored'
      | 'snapshotsSent'
      | 'snapshotItems'
  ]: number;
};

export function newKvCounters(): KvCounters {
  return {
    updates: 0,
    deletes: 0,
    expired: 0,
    conditional: 0,
    conflicts: 0,
    restored: 0,
    notRestored: 0,
    snapshotsSent: 0,
    snapshotItems: 0,
  };
}
