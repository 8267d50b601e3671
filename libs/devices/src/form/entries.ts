import type { Field } from './field.js';
import { entryName } from './names.js';
import { planForm } from './plan.js';
import { asBrowser } from './text.js';
import type { FormChoices, FormSchema, JsonValue } from './types.js';

/** Name and value of a control, as `URLSearchParams` and `FormData` give them. */
export type FormEntry = readonly [name: string, value: string];

/** What a browser sends for the form of a value that nobody has touched, in its order. */
export function formEntries(
  schema: FormSchema,
  value?: JsonValue,
  options: { readonly choices?: FormChoices } = {},
): FormEntry[] {
  return entriesOf(planForm(schema, value, options.choices));
}

function entriesOf(field: Field): FormEntry[] {
  const { control, key, at } = field;
  const { pointer } = at;
  const row: FormEntry[] = key === undefined ? [] : [[entryName('key', pointer), key]];
  return [...row, ...controlEntries(control, pointer)];
}

function controlEntries(control: Field['control'], pointer: string): FormEntry[] {
  const value = entryName('value', pointer);
  const present: FormEntry = [entryName('has', pointer), '1'];
  switch (control.kind) {
    case 'input':
      return [
        [value, control.text],
        ...(control.keepEmpty ? [[entryName('empty', pointer), '1'] as const] : []),
      ];
    case 'area':
      return [[value, asBrowser(control.text)]];
    case 'json':
      return [[entryName('json', pointer), asBrowser(control.text)]];
    case 'hidden':
      return [[value, control.text]];
    case 'choice':
      return [[value, control.chosen]];
    case 'flag':
      if (control.fixed) return [[value, String(control.checked)]];
      return [[value, 'false'], ...(control.checked ? [[value, 'true'] as const] : [])];
    case 'group':
      return [present, ...[...control.fields, ...(control.rows ?? [])].flatMap(entriesOf)];
    case 'list':
      return [present, ...control.items.flatMap(entriesOf)];
    case 'union':
      return [
        [entryName('shown', pointer), control.chosen],
        [entryName('pick', pointer), control.chosen],
        ...(control.field === undefined ? [] : entriesOf(control.field)),
      ];
    case 'absent':
      return [];
  }
}
