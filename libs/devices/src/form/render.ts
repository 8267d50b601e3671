import { renderRoot } from './controls.js';
import { element, escapeHtml, openTag } from './escape.js';
import { partsOf, type Field } from './field.js';
import { assignMistakes, within } from './mistakes.js';
import { pathOf } from './names.js';
import { anchorOf, type Surroundings } from './pieces.js';
import { planForm } from './plan.js';
import type { FormChoices, FormMistake, FormSchema, JsonValue } from './types.js';

/** What {@link renderFields} shows. */
export interface FieldsOptions {
  /** What the controls hold; it need not fit the schema, and is given back unchanged. Default: nothing entered. */
  readonly value?: JsonValue;
  /** Told beside the controls and in a summary with links before them. */
  readonly mistakes?: readonly FormMistake[];
  /** The paths of the mistakes begin with this, e.g. `config`; a path that does not concerns the whole. */
  readonly mistakesUnder?: string;
  /** Of {@link readForm}: the variants of unions that the value does not tell. */
  readonly choices?: FormChoices;
  /** Before every id; each form of a page needs its own. Default `raspy`. */
  readonly idPrefix?: string;
}

/** What {@link renderForm} shows. */
export interface FormOptions extends FieldsOptions {
  /** Default `Save`. */
  readonly submitLabel?: string;
  /** Default `post`. */
  readonly method?: 'get' | 'post';
  /** Where the form is sent to. Default: where it came from. */
  readonly action?: string;
  /** More entries that the form sends, e.g. against forged requests; {@link readForm} passes over them. */
  readonly hidden?: Readonly<Record<string, string>>;
}

/**
 * A form for what a schema describes, as HTML that needs no JavaScript: lists, records and optional objects grow and
 * shrink by buttons that send the form, and {@link readForm} does what they say. All text is escaped; there are no
 * styles, only classes that begin with `raspy-form`.
 */
export function renderForm(schema: FormSchema, options: FormOptions = {}): string {
  const { submitLabel = 'Save', method = 'post', action, hidden = {} } = options;
  const label = escapeHtml(submitLabel);
  const extra = Object.entries(hidden).map(([name, value]) =>
    openTag('input', { type: 'hidden', name, value }),
  );
  // The Enter key presses the first button of a form, which would else be one that adds or removes.
  const first = element('button', { type: 'submit', hidden: true }, label);
  return element(
    'form',
    { class: 'raspy-form', method, action, 'accept-charset': 'utf-8' },
    extra.join('') +
      first +
      renderFields(schema, options) +
      element('button', { type: 'submit', class: 'raspy-form-submit' }, label),
  );
}

/**
 * The controls of {@link renderForm} alone, for a form of your own. Put a submit button before them: the Enter key
 * presses the first one of a form.
 */
export function renderFields(schema: FormSchema, options: FieldsOptions = {}): string {
  const { value, mistakes = [], mistakesUnder = '', choices, idPrefix = 'raspy' } = options;
  const form = planForm(schema, value, choices);
  const around: Surroundings = {
    idPrefix,
    mistakes: assignMistakes(
      form,
      mistakes.map((mistake) => within(mistake, mistakesUnder)),
    ),
  };
  return summary(form, around) + renderRoot(form, around);
}

function summary(form: Field, around: Surroundings): string {
  const lines: string[] = [];
  const visit = (field: Field): void => {
    for (const { message } of around.mistakes.get(field) ?? []) {
      const where = pathOf(field.at) === '' ? '' : `${field.label}: `;
      const link = element('a', { href: `#${anchorOf(field, around)}` }, escapeHtml(where + message));
      lines.push(element('li', {}, link));
    }
    partsOf(field).forEach(visit);
  };
  visit(form);
  if (lines.length === 0) return '';
  const heading = lines.length === 1 ? 'There is a mistake' : `There are ${lines.length} mistakes`;
  return element(
    'div',
    { class: 'raspy-form-summary', role: 'alert', tabindex: '-1' },
    element('p', {}, heading) + element('ul', {}, lines.join('')),
  );
}
