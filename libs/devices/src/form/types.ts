/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON Schema (draft 2020-12) as a plain JSON object, as `z.toJSONSchema(schema, { io: 'input' })` makes it. */
export type FormSchema = Readonly<Record<string, unknown>>;

/** One mistake in what was entered; those of the other libraries' errors have this form too. */
export interface FormMistake {
  /** Where it is, e.g. `probes[2].id`; empty for the document as a whole. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
  /** What was typed, when it is not JSON although it should be; the form shows it again. */
  readonly text?: string;
}

/** What a button inside the form asked for; {@link readForm} has done it. Render the form again rather than save. */
export interface FormAction {
  readonly kind: 'add' | 'remove' | 'choose';
  /** The control it was about: a JSON pointer into the form, e.g. `/probes/2`. */
  readonly at: string;
}

/**
 * Which variant of a union was chosen where the value does not tell, by JSON pointer: hand it from
 * {@link readForm} to {@link renderForm}.
 */
export type FormChoices = Readonly<Record<string, number>>;
