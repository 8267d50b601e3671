import { element, escapeHtml, openTag } from './escape.js';
import { entryName, idOf, ROWS } from './names.js';
import {
  anchorOf,
  button,
  describedBy,
  mark,
  notes,
  removeButton,
  requiredOf,
  select,
  textArea,
  title,
  told,
  type Surroundings,
} from './pieces.js';
import type { Attributes, Field } from './field.js';

/** The HTML of a field with all that is inside it. */
export function renderField(field: Field, around: Surroundings): string {
  const { control, at } = field;
  const { pointer } = at;
  const id = anchorOf(field, around);
  const name = entryName('value', pointer);
  const described = describedBy(field, around, id);
  switch (control.kind) {
    case 'input':
      return labelled(
        field,
        around,
        id,
        openTag('input', { id, name, ...control.attributes, value: control.text, ...described }) +
          keepEmpty(field, id),
      );
    case 'area':
      return labelled(
        field,
        around,
        id,
        textArea({ id, name, ...control.attributes, ...described }, control.text),
      );
    case 'json': {
      const typed = around.mistakes.get(field)?.find(({ text }) => text !== undefined)?.text;
      const attributes = {
        id,
        name: entryName('json', pointer),
        class: 'raspy-form-json',
        spellcheck: 'false',
        required: requiredOf(field),
      };
      return labelled(field, around, id, textArea({ ...attributes, ...described }, typed ?? control.text));
    }
    case 'choice': {
      // One that offers nothing else has no empty option, which `required` asks for.
      const required = control.options[0]?.text === '' ? requiredOf(field) : undefined;
      return labelled(
        field,
        around,
        id,
        select({ id, name, required, ...described }, control.options, control.chosen),
      );
    }
    case 'flag':
      return flag(field, around, id, described);
    case 'hidden':
      return constant(field, control.text, around, id);
    case 'group':
      return renderGroup(field, control, around, id);
    case 'list': {
      const items = control.items.map((item) => element('li', {}, renderField(item, around))).join('');
      const content = mark(pointer) + (items && element('ol', { class: 'raspy-form-items' }, items));
      return fieldset(
        field,
        around,
        id,
        'list',
        content + (control.canAdd ? button('add', pointer, `Add to ${field.label}`) : ''),
      );
    }
    case 'union': {
      const required = requiredOf(field);
      const content =
        openTag('input', { type: 'hidden', name: entryName('shown', pointer), value: control.chosen }) +
        element('label', { for: id }, escapeHtml(`Kind of ${field.label}`)) +
        select(
          { id, name: entryName('pick', pointer), required, ...described },
          control.options,
          control.chosen,
        ) +
        button('choose', pointer, `Show fields of ${field.label}`) +
        (control.field === undefined ? '' : renderField(control.field, around));
      return fieldset(field, around, id, 'union', content);
    }
    case 'absent':
      return wrapped(
        field,
        around,
        'absent',
        element('span', { class: 'raspy-form-label' }, title(field)) +
          notes(field, around, id) +
          button('add', pointer, `Add ${field.label}`, {
            id,
            'aria-describedby': described['aria-describedby'],
          }),
      );
  }
}

/** The outermost object needs no frame: the form is its frame. */
export function renderRoot(field: Field, around: Surroundings): string {
  const { control } = field;
  const id = idOf(around.idPrefix, '');
  if (control.kind !== 'group') return renderField(field, around);
  const about = describedBy(field, around, id)['aria-describedby'];
  return element(
    'div',
    { id, class: 'raspy-form-root', role: 'group', tabindex: '-1', 'aria-describedby': about },
    notes(field, around, id) + groupContent(field, control, around),
  );
}

type Group = Field['control'] & { kind: 'group' };

function renderGroup(field: Field, control: Group, around: Surroundings, id: string): string {
  return fieldset(field, around, id, 'group', groupContent(field, control, around));
}

function groupContent(
  { at: { pointer }, label }: Field,
  { fields, rows, canAdd }: Group,
  around: Surroundings,
): string {
  const renderedRows = (rows ?? []).map((row) =>
    element('li', {}, keyControl(row, around) + renderField(row, around)),
  );
  return (
    mark(pointer) +
    fields.map((field) => renderField(field, around)).join('') +
    (renderedRows.length > 0 ? element('ul', { class: 'raspy-form-rows' }, renderedRows.join('')) : '') +
    (canAdd ? button('add', `${pointer}/${ROWS}`, `Add an entry to ${pointer === '' ? 'these' : label}`) : '')
  );
}

function keyControl({ at: { pointer }, key }: Field, { idPrefix }: Surroundings): string {
  const id = `${idOf(idPrefix, pointer)}:key`;
  return element(
    'div',
    { class: 'raspy-form-field raspy-form-key' },
    element('label', { for: id }, 'Key') +
      openTag('input', { id, name: entryName('key', pointer), type: 'text', value: key }),
  );
}

function flag(field: Field, around: Surroundings, id: string, described: Attributes): string {
  const { checked, fixed } = field.control as Field['control'] & { kind: 'flag' };
  const name = entryName('value', field.at.pointer);
  const box = openTag('input', {
    id,
    type: 'checkbox',
    name: fixed ? undefined : name,
    value: 'true',
    checked: checked ? true : undefined,
    disabled: fixed ? true : undefined,
    ...described,
  });
  const label = element('label', { for: id }, title(field));
  // An unchecked box sends nothing: the text before it says that it was there.
  const unchecked = openTag('input', { type: 'hidden', name, value: String(fixed && checked) });
  return wrapped(
    field,
    around,
    'flag',
    unchecked + box + label + notes(field, around, id) + removeButton(field),
  );
}

function keepEmpty({ at: { pointer }, control, label }: Field, id: string): string {
  if (control.kind !== 'input' || !control.keepEmpty) return '';
  const boxId = `${id}:empty`;
  const name = entryName('empty', pointer);
  return (
    openTag('input', { id: boxId, type: 'checkbox', name, value: '1', checked: true }) +
    element('label', { for: boxId }, escapeHtml(`${label} is an empty text`))
  );
}

function labelled(field: Field, around: Surroundings, id: string, control: string): string {
  const label = element('label', { for: id }, title(field));
  return wrapped(
    field,
    around,
    field.control.kind,
    label + notes(field, around, id) + control + removeButton(field),
  );
}

function wrapped(field: Field, around: Surroundings, kind: string, content: string): string {
  const wrong = around.mistakes.has(field) ? ' raspy-form-wrong' : '';
  return element('div', { class: `raspy-form-field raspy-form-${kind}${wrong}` }, content);
}

/** What can have one value only is sent along; it is shown where it can be removed or is wrong. */
function constant(field: Field, text: string, around: Surroundings, id: string): string {
  const value = openTag('input', { type: 'hidden', name: entryName('value', field.at.pointer), value: text });
  if (!field.removable && !around.mistakes.has(field)) return value;
  const shown = element(
    'span',
    { id, class: 'raspy-form-label', tabindex: '-1' },
    escapeHtml(`${field.label}: ${text}`),
  );
  return wrapped(field, around, 'const', value + shown + told(field, around, id) + removeButton(field));
}

function fieldset(field: Field, around: Surroundings, id: string, kind: string, content: string): string {
  const wrong = around.mistakes.has(field) ? ' raspy-form-wrong' : '';
  // Of a union it is the control that chooses which has the id and the description.
  const about =
    kind === 'union'
      ? {}
      : { id, tabindex: '-1', 'aria-describedby': describedBy(field, around, id)['aria-describedby'] };
  return element(
    'fieldset',
    { class: `raspy-form-${kind}${wrong}`, ...about },
    element('legend', {}, title(field)) + notes(field, around, id) + content + removeButton(field),
  );
}
