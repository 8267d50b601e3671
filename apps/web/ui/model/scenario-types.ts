import { scenarioTypes } from '@raspy/automation';
import { entrySchema } from './automation-schemas.js';
import { fieldOf } from './fields.js';
import { asObject, type Draft } from './form.js';

const whole = fieldOf(entrySchema);
/** Kinds of entries that have a type. */
const kinds = new Set(
  (whole.kind === 'choice' ? whole.choices : []).flatMap(({ field }) =>
    field.kind === 'object'
      ? field.members.flatMap(({ field: of }) => (of.kind === 'constant' ? [of.value] : []))
      : [],
  ),
);

/**
 * What the code of a scenario can use as it stands in the form, saved or not: TypeScript declarations of its entries, and of
 * what is the same for all.
 */
export function draftTypes(draft: Draft): string {
  const entries = Object.entries(asObject(asObject(draft)['entries']));
  const known = entries.filter(([, entry]) => kinds.has(asObject(entry)['kind'] ?? null));
  return scenarioTypes(Object.fromEntries(known) as unknown as Parameters<typeof scenarioTypes>[0]);
}
