import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KvStorage, StoredEntry } from '@raspy/kv-clone';

const made: string[] = [];

/** A folder that {@link removeFolders} removes. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raspy-store-'));
  made.push(folder);
  return folder;
}

/** For `afterEach`. */
export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function entry(
  key: string | Uint8Array,
  seq: number,
  body: string | Uint8Array = 'x',
  ttlSeconds = 0,
): StoredEntry {
  return { key: Buffer.from(key), seq, ttlSeconds, body: Buffer.from(body) };
}

/** Everything in a tree, as text. */
export async function contents(kv: KvStorage): Promise<Record<string, string>> {
  const { entries } = await kv.load();
  return Object.fromEntries(
    Array.from(entries, ({ key, body }) => [Buffer.from(key).toString(), Buffer.from(body).toString()]),
  );
}
