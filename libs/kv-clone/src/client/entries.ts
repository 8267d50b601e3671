import { frameText } from '@raspy/wire';
import type { KvItem, KvItemChange } from './client-types.js';

/** A key and its value, at one moment. */
export interface KvEntry {
  readonly key: string;
  /** At least one byte; not to be changed. */
  readonly body: Uint8Array;
  /** Of the update that made it: what `setIf` expects. */
  readonly seq: bigint;
  /** The server took it from its disk when it started, and nobody has set it since: it may be long out of date. */
  readonly restored: boolean;
}

/**
 * What `watch` tells. `healed`: the change was found by comparing with a new snapshot, because updates may have been missed;
 * what happened in between is not known.
 */
export type KvChange =
  /** Everything as it is: the first that each subscriber gets. */
  | { readonly type: 'snapshot'; readonly entries: readonly KvEntry[]; readonly seq: bigint }
  | { readonly type: 'set'; readonly entry: KvEntry; readonly healed: boolean }
  | { readonly type: 'delete'; readonly key: string; readonly seq: bigint; readonly healed: boolean };

/** @param restoredSeq - items up to it came from the server's disk */
export function entryOf(item: KvItem, restoredSeq: bigint): KvEntry {
  return { key: frameText(item.key), body: item.body, seq: item.seq, restored: item.seq <= restoredSeq };
}

export function changeOf(change: KvItemChange, restoredSeq: bigint): KvChange {
  if (change.type === 'set') {
    return { type: 'set', entry: entryOf(change.item, restoredSeq), healed: change.healed };
  }
  const { key, seq, healed } = change;
  return { type: 'delete', key: frameText(key), seq, healed };
}
