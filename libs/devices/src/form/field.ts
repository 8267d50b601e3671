import type { Place } from './names.js';

/** HTML attributes; `true` is written without a value, `undefined` not at all. */
export type Attributes = Readonly<Record<string, string | number | true | undefined>>;

export interface Choosable {
  readonly text: string;
  readonly label: string;
}

export type Control =
  | {
      readonly kind: 'input';
      readonly text: string;
      readonly attributes: Attributes;
      readonly keepEmpty?: boolean;
    }
  | { readonly kind: 'area'; readonly text: string; readonly attributes: Attributes }
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'flag'; readonly checked: boolean; readonly fixed: boolean }
  | { readonly kind: 'choice'; readonly options: readonly Choosable[]; readonly chosen: string }
  | { readonly kind: 'hidden'; readonly text: string }
  | {
      readonly kind: 'group';
      readonly fields: readonly Field[];
      readonly rows?: readonly Field[];
      readonly canAdd: boolean;
    }
  | { readonly kind: 'list'; readonly items: readonly Field[]; readonly canAdd: boolean }
  | {
      readonly kind: 'union';
      readonly options: readonly Choosable[];
      readonly chosen: string;
      readonly field?: Field;
    }
  /** An object or a list that is optional and not there. */
  | { readonly kind: 'absent' };

/** One part of a form, independent of HTML. */
export interface Field {
  readonly at: Place;
  readonly label: string;
  readonly description?: string;
  /** What the contract says beyond that: range, default. */
  readonly hints: readonly string[];
  readonly unit?: string;
  /** `free` may stay empty although it is required, as an empty text. */
  readonly presence: 'required' | 'optional' | 'free';
  /** What the button that removes it is about, if there is one. */
  readonly removable: boolean;
  /** The key of an entry of a record. */
  readonly key?: string;
  readonly control: Control;
}

/** The fields inside a field, in the order of the form. */
export function partsOf({ control }: Field): readonly Field[] {
  switch (control.kind) {
    case 'group':
      return [...control.fields, ...(control.rows ?? [])];
    case 'list':
      return control.items;
    case 'union':
      return control.field === undefined ? [] : [control.field];
    default:
      return [];
  }
}
