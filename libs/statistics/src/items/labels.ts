import { StatisticsLabelsError, StatisticsOptionError } from '../errors.js';

/** Characters of a label's value at most; longer ones count as {@link OTHER}. */
export const MAX_LABEL_LENGTH = 256;

/** Value of all labels of the series that takes what an item has no room for. */
export const OTHER = 'other';

/** Labels that an item can have at most. */
export const MAX_LABELS = 8;

const NAME = /^[a-z][a-z0-9_]*$/;
const RESERVED = new Set(['le', 'quantile', 'value']);

/** Names of labels that every exporter can write. @throws StatisticsOptionError */
export function checkLabelNames(owner: string, names: readonly string[]): readonly string[] {
  if (names.length > MAX_LABELS)
    throw new StatisticsOptionError(`${owner} has ${names.length} labels; ${MAX_LABELS} are the most`);
  for (const [index, name] of names.entries()) {
    if (!NAME.test(name) || name.startsWith('__') || name.length > 32)
      throw new StatisticsOptionError(
        `${owner}: ${JSON.stringify(name)} is no label: give lower-case letters, digits and "_", up to 32`,
      );
    if (RESERVED.has(name)) throw new StatisticsOptionError(`${owner}: the label "${name}" is reserved`);
    if (names.indexOf(name) !== index)
      throw new StatisticsOptionError(`${owner}: the label "${name}" is there twice`);
  }
  return [...names];
}

/** `{a="x",b="y"}` with backslash, quote and line feed escaped; empty without labels. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  return `{${names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',')}}`;
}

/** A label's value between quotes. */
export function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
}

/** Values in the order of the names. @throws StatisticsLabelsError when they are not the item's labels */
export function inOrder(
  oid: string,
  names: readonly string[],
  labels: Readonly<Record<string, string>>,
): readonly string[] {
  const given = Object.keys(labels);
  const strange = given.find((name) => !names.includes(name));
  if (strange !== undefined || given.length !== names.length)
    throw new StatisticsLabelsError(
      oid,
      `${given.join(', ') || 'none'} were given; it has ${names.join(', ') || 'none'}`,
    );
  return names.map((name) => labels[name]!);
}
