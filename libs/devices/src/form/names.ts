/** What a part of a form stands for, in the two ways of writing it. */
export interface Place {
  /** JSON pointer into the form, which names the controls. */
  readonly pointer: string;
  /** The path in the text of mistakes, still with the dot before a first key. */
  readonly dotted: string;
}

/** What an entry of a form says about its place. */
export type EntryKind =
  /** the text of a control */
  | 'value'
  /** JSON text, for what no other control can show */
  | 'json'
  /** there is an object or a list, even if it is empty */
  | 'has'
  /** an optional text that is empty on purpose */
  | 'empty'
  /** the key of an entry of a record */
  | 'key'
  /** the chosen variant of a union */
  | 'pick'
  /** the variant of a union whose controls were shown */
  | 'shown';

/** The entry that a button inside the form sends; its value is `add/…`, `remove/…` or `choose/…`. */
export const ACTION_NAME = 'do';

/** Between an object and its entries that are no properties of its schema: no key is escaped to this. */
export const ROWS = '~x';

export const ROOT: Place = { pointer: '', dotted: '' };

export function propertyOf({ pointer, dotted }: Place, key: string): Place {
  return { pointer: `${pointer}/${segment(key)}`, dotted: `${dotted}.${key}` };
}

export function itemOf({ pointer, dotted }: Place, index: number): Place {
  return { pointer: `${pointer}/${index}`, dotted: `${dotted}[${index}]` };
}

export function rowOf({ pointer, dotted }: Place, index: number, key: string): Place {
  return { pointer: `${pointer}/${ROWS}/${index}`, dotted: `${dotted}.${key}` };
}

/** The path of a place as mistakes write it. */
export function pathOf({ dotted }: Place): string {
  return dotted.replace(/^\./, '');
}

export function entryName(kind: EntryKind, pointer: string): string {
  return kind + pointer;
}

/**
 * A key as part of a JSON pointer. Browsers rewrite line breaks in names, and cannot send lone surrogates, so these
 * and control characters are escaped too, as `~u000a`.
 */
export function segment(key: string): string {
  return key
    .replace(/~/g, '~0')
    .replace(/\//g, '~1')
    .replace(/[\p{Cc}\p{Surrogate}]/gu, (char) => `~u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The id of the control of a place; no two pointers have the same. */
export function idOf(prefix: string, pointer: string): string {
  return (
    prefix +
    pointer.replace(/[^A-Za-z0-9]/gu, (char) =>
      char === '/' ? '-' : `_${char.codePointAt(0)!.toString(16)}_`,
    )
  );
}
