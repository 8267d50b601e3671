import type { Database } from 'lmdb';

/** A tree of LMDB, keys and values as bytes. */
export type Tree = Database<Buffer, Uint8Array>;

/** What all trees of a store share. */
export interface StoreAccess {
  readonly folder: string;
  /**
   * Writes what `change` puts and removes in one transaction, and resolves to how many bytes were written since the last
   * time that was told.
   * @param given - bytes of keys and bodies in it
   * @param records - how many it puts and removes
   */
  write(tree: Tree, given: number, records: number, change: () => void): Promise<number>;
  /** @throws {@link StoreError} STORE_CLOSED or STORE_UNUSABLE */
  assertUsable(): void;
}
