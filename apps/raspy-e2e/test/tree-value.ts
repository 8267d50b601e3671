import type { KvClient } from '@raspy/kv-clone';
import { frameText } from '@raspy/wire';
import { filter, firstValueFrom, map, mergeMap } from 'rxjs';

/** The first value of a key of the tree, now or later, that fits. */
export function treeValue(
  tree: KvClient,
  key: string,
  fits: (json: Record<string, unknown>) => boolean = () => true,
): Promise<unknown> {
  return firstValueFrom(
    tree.watch().pipe(
      mergeMap((change) =>
        change.type === 'snapshot' ? change.entries : change.type === 'set' ? [change.entry] : [],
      ),
      filter((entry) => entry.key === key),
      map(({ body }) => JSON.parse(frameText(body)) as Record<string, unknown>),
      filter(fits),
    ),
  );
}
