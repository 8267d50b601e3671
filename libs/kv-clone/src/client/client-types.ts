import type { Millis } from '@raspy/clock';
import type { Effect, Frame } from '@raspy/wire';
import type { KvWire } from '../codec.js';

/** Names of the client machine's ports: a subscriber, a dealer and a push. */
export type KvClientPort = 'updates' | 'snapshot' | 'collector';

/** A key with its value, as the picture holds it. */
export interface KvItem {
  /** The key's bytes as a string, one character a byte: it sorts as they do. */
  readonly id: string;
  readonly key: Frame;
  readonly body: Frame;
  /** Of the update that made it. */
  readonly seq: bigint;
}

/** A change of the picture. `healed`: found by comparing with a new snapshot, not told when it happened. */
export type KvItemChange =
  | { readonly type: 'set'; readonly item: KvItem; readonly healed: boolean }
  | {
      readonly type: 'delete';
      readonly id: string;
      readonly key: Frame;
      readonly seq: bigint;
      readonly healed: boolean;
    };

/** How a conditional update ended. */
export type SetIfOutcome =
  | { readonly type: 'made' | 'conflict'; readonly seq: bigint }
  | { readonly type: 'refused'; readonly reason: string }
  /** Not sent, and never will be. */
  | { readonly type: 'unsent' }
  /** Sent, and no answer can come any more. */
  | { readonly type: 'unknown' };

/** What a client machine tells its owner. */
export type KvClientEvent =
  | { readonly type: 'status'; readonly status: 'syncing' | 'synced' | 'stale' }
  /** The picture was replaced; `changes` tell the difference, none of them for the first one. */
  | { readonly type: 'picture'; readonly first: boolean; readonly changes: readonly KvItemChange[] }
  | { readonly type: 'change'; readonly change: KvItemChange }
  /** Another run of the server was met than before. */
  | { readonly type: 'restarted'; readonly epoch: Frame }
  | { readonly type: 'setif'; readonly id: number; readonly outcome: SetIfOutcome };

/** What a client machine is made with; see `KvClientOptions` for the meaning. */
export interface CloneClientOptions {
  readonly wire: KvWire;
  /** Normalized; empty for everything. */
  readonly subtree: Frame;
  /** Whether it keeps a picture. */
  readonly read: boolean;
  /** Whether it sends updates. */
  readonly write: boolean;
  readonly liveWaitMs: Millis;
  readonly snapshotTimeoutMs: Millis;
  readonly silenceMs: Millis;
  readonly countIntervalMs: Millis;
  readonly maxPendingKeys: number;
  readonly maxPendingBytes: number;
  /** From 0 up to but not 1: pauses between attempts differ by it, so that a hundred clients do not ask at once. */
  readonly random: () => number;
  /** First request number, random at the face: a late answer to an earlier client must match nothing. */
  readonly firstRequest: bigint;
}

/** Effects of a step, while they are gathered. */
export type KvClientEffects = Effect<KvClientPort, KvClientEvent>[];
