import { element, escapeHtml, openTag } from './escape.js';
import type { Attributes, Choosable, Field } from './field.js';
import type { MistakesByField } from './mistakes.js';
import { ACTION_NAME, entryName, idOf } from './names.js';

/** What all fields of one form share. */
export interface Surroundings {
  readonly idPrefix: string;
  readonly mistakes: MistakesByField;
}

/** The id of the control of a field; a union has one inside that stands for the same place. */
export function anchorOf(field: Field, { idPrefix }: Surroundings): string {
  return idOf(idPrefix, field.at.pointer) + (field.control.kind === 'union' ? ':pick' : '');
}

/** The attribute of a control that has to be filled in. */
export function requiredOf({ presence }: Field): true | undefined {
  return presence === 'required' ? true : undefined;
}

/** Label, unit and whether it has to be filled in, as HTML. */
export function title({ label, unit, presence }: Field): string {
  const extra = (kind: string, text: string): string =>
    ` ${element('span', { class: `raspy-form-${kind}` }, escapeHtml(`(${text})`))}`;
  return (
    escapeHtml(label) +
    (unit === undefined ? '' : extra('unit', unit)) +
    (presence === 'free' ? '' : extra(presence, presence))
  );
}

/** What is to be known about a field and what is wrong with it. */
export function notes(field: Field, around: Surroundings, id: string): string {
  const text = noteText(field);
  return (
    (text === '' ? '' : element('p', { id: `${id}:hint`, class: 'raspy-form-hint' }, escapeHtml(text))) +
    told(field, around, id)
  );
}

function noteText({ description, hints }: Field): string {
  const hint = hints.join(', ');
  return [description, hint && hint[0]!.toUpperCase() + hint.slice(1)].filter(Boolean).join(' – ');
}

/** The mistakes of a field. */
export function told(field: Field, around: Surroundings, id: string): string {
  const mistakes = around.mistakes.get(field);
  if (mistakes === undefined) return '';
  const text = mistakes.map(({ message }) => message).join('; ');
  return element('p', { id: `${id}:mistake`, class: 'raspy-form-mistake' }, escapeHtml(`Mistake: ${text}`));
}

/** Ties a control to its notes. */
export function describedBy(field: Field, around: Surroundings, id: string): Attributes {
  const wrong = around.mistakes.has(field);
  const ids = [noteText(field) === '' ? '' : `${id}:hint`, wrong ? `${id}:mistake` : ''].filter(Boolean);
  return {
    'aria-describedby': ids.length > 0 ? ids.join(' ') : undefined,
    'aria-invalid': wrong ? 'true' : undefined,
  };
}

export function removeButton({ removable, at: { pointer }, label }: Field): string {
  return removable ? button('remove', pointer, `Remove ${label}`) : '';
}

/** A button that works whatever else in the form is still missing. */
export function button(action: string, pointer: string, text: string, more: Attributes = {}): string {
  const attributes = {
    type: 'submit',
    name: ACTION_NAME,
    value: action + pointer,
    formnovalidate: true,
  } as const;
  return element('button', { ...attributes, class: `raspy-form-${action}`, ...more }, escapeHtml(text));
}

/** Says that there is an object or a list, which may be empty. */
export function mark(pointer: string): string {
  return openTag('input', { type: 'hidden', name: entryName('has', pointer), value: '1' });
}

/** HTML drops a line break right after the start tag, so there is always one to drop. */
export function textArea(attributes: Attributes, text: string): string {
  const rows = Math.min(20, Math.max(3, text.split('\n').length));
  return element('textarea', { ...attributes, rows }, `\n${escapeHtml(text)}`);
}

export function select(attributes: Attributes, options: readonly Choosable[], chosen: string): string {
  const written = options.map(({ text, label }) =>
    element('option', { value: text, selected: text === chosen ? true : undefined }, escapeHtml(label)),
  );
  return element('select', attributes, written.join(''));
}
