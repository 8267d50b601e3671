/** A level of the tree: by the value of one label, the next level or, at the last, a series. */
type Level<S> = Map<string, Level<S> | S>;

/**
 * Series by lists of values, all of one length from 1. A level a value: looking one up joins no texts, which would cost more
 * than all else that an update does.
 */
export class SeriesTree<S extends object> {
  readonly #root: Level<S> = new Map();
  readonly #all = new Set<S>();

  get size(): number {
    return this.#all.size;
  }

  /** `undefined` also for a list of another length. */
  get(values: readonly string[]): S | undefined {
    let at: Level<S> | S | undefined = this.#root;
    for (const value of values) {
      if (!(at instanceof Map)) return undefined;
      at = at.get(value);
    }
    return at instanceof Map ? undefined : at;
  }

  set(values: readonly string[], series: S): void {
    let level = this.#root;
    for (const value of values.slice(0, -1)) {
      let next = level.get(value);
      if (!(next instanceof Map)) level.set(value, (next = new Map()));
      level = next;
    }
    level.set(values.at(-1)!, series);
    this.#all.add(series);
  }

  /** Takes a series out, with the levels that nothing else needs; whether it was there. */
  delete(values: readonly string[]): boolean {
    const series = this.get(values);
    if (series === undefined) return false;
    this.#prune(this.#root, values, 0);
    this.#all.delete(series);
    return true;
  }

  values(): Iterable<S> {
    return this.#all;
  }

  #prune(level: Level<S>, values: readonly string[], depth: number): void {
    const value = values[depth]!;
    const next = level.get(value);
    if (next instanceof Map) {
      this.#prune(next, values, depth + 1);
      if (next.size > 0) return;
    }
    level.delete(value);
  }
}
