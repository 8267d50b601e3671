import type { KvMalformed, KvWire } from '../codec.js';
import type { EntryRefusal } from '../limits.js';

/** Why a message went no further. Every one is counted in `KvServerStatistics.dropped`. */
export type KvDropCause =
  /** Not a message of the protocol; why is told. */
  | KvMalformed
  /** An update that is refused for itself. */
  | EntryRefusal
  /** More bytes of properties than an update may have. */
  | 'properties-too-long'
  /** A new key where there are as many as may be. */
  | 'too-many-keys'
  /** An update for which the tree has no room. */
  | 'tree-full'
  /** A `ttl` that is no whole number of seconds up to ten years; the update was made without one (K29). */
  | 'ttl'
  /** A subtree longer than a key may be. */
  | 'subtree-too-long'
  /** One snapshot more than a peer, or all peers together, may have under way. */
  | 'too-many-snapshots'
  /** A snapshot that ended early: its peer has gone. */
  | 'snapshot-unreachable'
  /** A snapshot that ended early: too much had to be kept for it while its peer did not read. */
  | 'snapshot-too-slow'
  /** A short answer that could not be delivered. */
  | 'reply-undelivered';

/** What a key/value server has to tell its operator; never an event for the ordinary update. */
export type KvServerEvent =
  | {
      /** At most one event a second for each cause. */
      readonly type: 'dropped';
      readonly cause: KvDropCause;
      /** How many since the last event of this cause. */
      readonly count: number;
      readonly wire: KvWire;
      /** The peer of the latest, readable; empty where the socket does not tell. */
      readonly peer: string;
      /** The key of the latest, cut to 256 bytes; empty where there is none. */
      readonly key: string;
    }
  /** The disk did not take a commit; it is tried again, and until it does, last values since then live in memory only. */
  | { readonly type: 'storage-failed'; readonly error: unknown }
  /** The disk takes commits again. */
  | { readonly type: 'storage-recovered' }
  /** Sequences beyond those reserved on disk are in use, since the disk is slow or fails: a restart might use them again. */
  | { readonly type: 'sequence-unreserved'; readonly seq: number }
  /** This process did not run for so long that nothing expires for it: publishers get a second to be heard. */
  | { readonly type: 'stalled'; readonly lateMs: number };
