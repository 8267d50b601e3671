import { pathOf } from './names.js';
import { partsOf, type Field } from './field.js';
import type { FormMistake } from './types.js';

/** A field and the mistakes that are told beside it. */
export type MistakesByField = ReadonlyMap<Field, readonly FormMistake[]>;

/** Gives each mistake the field of its path, or the nearest around it. */
export function assignMistakes(form: Field, mistakes: readonly FormMistake[]): MistakesByField {
  const fields = new Map<string, Field>();
  collect(form, fields);
  const assigned = new Map<Field, FormMistake[]>();
  for (const mistake of mistakes) {
    const field = nearest(fields, mistake.path) ?? form;
    assigned.set(field, [...(assigned.get(field) ?? []), mistake]);
  }
  return assigned;
}

/** The path of a mistake seen from inside `prefix`; a mistake elsewhere concerns the whole form. */
export function within(mistake: FormMistake, prefix: string): FormMistake {
  const { path } = mistake;
  if (prefix === '') return mistake;
  if (path === prefix) return { ...mistake, path: '' };
  if (!path.startsWith(prefix)) return { ...mistake, path: '' };
  const rest = path.slice(prefix.length);
  if (rest.startsWith('.')) return { ...mistake, path: rest.slice(1) };
  return { ...mistake, path: rest.startsWith('[') ? rest : '' };
}

function nearest(fields: ReadonlyMap<string, Field>, path: string): Field | undefined {
  for (
    let end = path.length;
    end > 0;
    end = Math.max(path.lastIndexOf('.', end - 1), path.lastIndexOf('[', end - 1))
  ) {
    const field = fields.get(path.slice(0, end));
    if (field !== undefined) return field;
  }
  return fields.get('');
}

function collect(field: Field, found: Map<string, Field>): void {
  const path = pathOf(field.at);
  // The chosen variant of a union has the path of the union; its control is what a mistake is about.
  if (field.control.kind === 'union') partsOf(field).forEach((part) => collect(part, found));
  if (!found.has(path)) found.set(path, field);
  partsOf(field).forEach((part) => collect(part, found));
}
