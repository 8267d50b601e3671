import type { Millis } from '@raspy/clock';
import type { Json } from '../sandbox/sandbox.js';
import { CallError } from './call-error.js';
import type { Entry, EntryKind } from './definition.js';
import { DURATION_FORM, durationMs } from './duration.js';

/** What the code of a scenario gave: it may be anything, since a program can reach what is below the prelude. */
export function textArgument(value: Json | undefined, what: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 255) return value;
  throw new CallError('BAD_ARGUMENT', `${what} has to be a text of 1 to 255 characters`);
}

export function numberArgument(value: Json | undefined, what: string): number {
  if (typeof value === 'number') return value;
  throw new CallError('BAD_ARGUMENT', `${what} has to be a number`);
}

export function spanArgument(value: Json | undefined, what: string): Millis {
  const ms = durationMs(value);
  if (ms !== undefined) return ms;
  throw new CallError('BAD_ARGUMENT', `${what} has to be ${DURATION_FORM}`);
}

/** A span that may be left out. */
export function optionalSpan(value: Json | undefined, what: string): Millis | undefined {
  return value === null || value === undefined ? undefined : spanArgument(value, what);
}

export function memberOf(value: Json | undefined, member: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, member) ? (value as Readonly<Record<string, Json>>)[member] : undefined;
}

/** The entry of this kind that the code means. */
export function entryArgument<K extends EntryKind>(
  entries: Readonly<Record<string, Entry>>,
  value: Json | undefined,
  kind: K,
): { readonly name: string; readonly entry: Extract<Entry, { kind: K }> } {
  const name = textArgument(value, 'the entry');
  const entry = Object.hasOwn(entries, name) ? entries[name]! : undefined;
  if (entry?.kind === kind) return { name, entry: entry as Extract<Entry, { kind: K }> };
  throw new CallError(
    'UNKNOWN_ENTRY',
    entry === undefined
      ? `there is no entry "${name}"`
      : `the entry "${name}" is a ${entry.kind}, no ${kind}`,
  );
}
