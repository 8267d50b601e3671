export { formEntries } from './entries.js';
export { readForm } from './read.js';
export { renderFields, renderForm } from './render.js';

export type { FormEntry } from './entries.js';
export type { FormReading } from './read.js';
export type { FieldsOptions, FormOptions } from './render.js';
export type { FormAction, FormChoices, FormMistake, FormSchema, JsonValue } from './types.js';
