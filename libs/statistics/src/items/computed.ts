import { StatisticsOptionError } from '../errors.js';

/** Options of an item that may be computed when it is asked for. */
export interface Computed<V> {
  /**
   * Tells the value whenever somebody asks, instead of being told it; for items without labels. When it throws, or what it
   * returns is no value of the item, the item is left out of the answer and all others are told.
   * @default none: the item is told its values
   */
  readonly read?: () => V;
}

/** @throws StatisticsOptionError when an item has labels, or an initial value, beside a function that computes it */
export function checkComputed(
  oid: string,
  options: {
    readonly read?: unknown;
    readonly labels?: readonly string[] | undefined;
    readonly initial?: unknown;
  },
): void {
  if (options.read === undefined) return;
  if ((options.labels ?? []).length > 0)
    throw new StatisticsOptionError(
      `"${oid}" is computed and has labels: set its series before they are read`,
    );
  if (options.initial !== undefined)
    throw new StatisticsOptionError(`"${oid}" is computed and has an initial value: leave one out`);
}

/** What `read` returns when it is a value, else undefined: one broken source never spoils an answer. */
export function readSafely<V>(read: () => V, isValue: (value: V) => boolean): V | undefined {
  try {
    const value = read();
    return isValue(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
