import { frameKey } from '@raspy/wire';
import type { KvCommit, StoredEntry } from '../../src/storage.js';

/** What lies on a disk: key to body and time to live, as text. */
export class Disk {
  readonly entries = new Map<string, StoredEntry>();
  reservedSeq = 0;

  /** Writes all of a commit. */
  write({ puts, deletes, reservedSeq }: KvCommit): void {
    for (const key of deletes) this.entries.delete(frameKey(key));
    for (const entry of puts) this.entries.set(frameKey(entry.key), entry);
    this.reservedSeq = reservedSeq;
  }

  /** Keys with bodies and times to live. */
  contents(): Record<string, string> {
    return Object.fromEntries(
      [...this.entries].map(([key, { body, ttlSeconds }]) => [key, `${frameKey(body)}|${ttlSeconds}`]),
    );
  }
}

/** A commit as text: what is put, what is deleted. */
export function told(commit: KvCommit | undefined): { puts: string[]; deletes: string[] } | undefined {
  if (commit === undefined) return undefined;
  return {
    puts: commit.puts.map(
      ({ key, body, ttlSeconds }) =>
        `${frameKey(key)}=${frameKey(body)}${ttlSeconds === 0 ? '' : ` for ${ttlSeconds} s`}`,
    ),
    deletes: commit.deletes.map(frameKey),
  };
}
