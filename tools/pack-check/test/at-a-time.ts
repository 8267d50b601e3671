/**
 * Begins work on each item, on no more than `limit` of them at a time, in their order.
 * @returns the outcome of each; one that nobody waits for yet may fail without harm
 */
export function atATime<Item, T>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<T>,
): ReadonlyMap<Item, Promise<T>> {
  const outcomes = new Map<Item, Promise<T>>();
  const lanes: Promise<unknown>[] = Array.from({ length: limit }, () => Promise.resolve());
  for (const [index, item] of items.entries()) {
    const outcome = lanes[index % limit]!.then(() => work(item));
    outcomes.set(item, outcome);
    lanes[index % limit] = outcome.catch(() => undefined);
  }
  return outcomes;
}
