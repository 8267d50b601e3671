import { KvClient, type KvEntry } from '@raspy/kv-clone';
import type { Clock } from '@raspy/clock';
import { connectEndpoint, kvClientEndpoints } from '@raspy/runtime';
import { jsonFrame } from './frames-text.js';
import type { ToolOptions } from './tool.js';

/** Where the tree is and how long to wait for it. */
export interface TreeSettings {
  readonly brokerIp: string;
  readonly brokerPort: number;
  readonly kvChpPort: number;
  readonly timeoutMs: number;
}

/** No tree was reached in time. */
class NoTreeError extends Error {
  override readonly name = 'NoTreeError';
  readonly code = 'NO_TREE';

  constructor(endpoint: string, cause: Error) {
    super(
      `no key/value tree at ${endpoint}: start a home with raspy start, or say where one is with --broker-ip, ` +
        `--broker-port and, if it has ports of its own, --kv-chp-port`,
      { cause },
    );
  }
}

/**
 * Connects to the tree, works, and disconnects, whichever way the work ends.
 * @param subtree - what the client keeps a picture of
 * @throws Error (rejects) with code `NO_TREE` and what to do when the tree was not reached in time
 */
export async function withTree<T>(
  settings: TreeSettings,
  clock: Clock,
  { transport }: ToolOptions,
  subtree: string,
  work: (tree: KvClient) => Promise<T>,
): Promise<T> {
  const endpoints = kvClientEndpoints(
    connectEndpoint(settings.brokerIp, settings.brokerPort),
    settings.kvChpPort,
  );
  const tree = new KvClient({
    endpoints,
    subtree,
    clock,
    ...(transport !== undefined && { transport }),
  });
  try {
    return await work(tree);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'NOT_SYNCED' || code === 'OFFLINE')
      throw new NoTreeError(endpoints.snapshot, error as Error);
    throw error;
  } finally {
    await tree.close();
  }
}

/** Resolves when the picture is complete. @throws NoTreeError through {@link withTree} when it is not in time */
export async function complete(tree: KvClient, subtree: string, timeoutMs: number): Promise<void> {
  // Asking for any key of the subtree waits for the whole of it.
  const inner = subtree.replace(/^\/+|\/+$/g, '');
  await tree.get(inner === '' ? '/' : `/${inner}/`, { timeoutMs });
}

/** The folder of a key: the smallest subtree that has it. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** An entry for programs: its value as text, or as `{ "hex": "…" }` where it is none. */
export function entryJson({ key, body, seq, restored }: KvEntry): string {
  return JSON.stringify({ key, value: jsonFrame(body), seq: String(seq), restored });
}
