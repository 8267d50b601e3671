import { useId } from 'preact/hooks';
import { hasRange, stepOf } from '../model/controls.js';
import type { Field } from '../model/fields.js';
import { formatNumber, humanize } from '../model/format.js';
import { mistakesAt, type Draft } from '../model/form.js';
import type { Json, Mistake } from '../model/types.js';
import { JsonInput, NumberInput } from './inputs.js';
import { Labelled, Switch } from './parts.js';

export interface FieldProps<F extends Field = Field> {
  readonly field: F;
  readonly draft: Draft;
  readonly mistakes: readonly Mistake[];
  readonly path: string;
  /** Suggestions for texts, by path without indexes. */
  readonly hints?: Hints | undefined;
  readonly disabled?: boolean | undefined;
  readonly onChange: (draft: Draft) => void;
}

export type Hints = (path: string) => readonly string[];

export type Of<K extends Field['kind']> = FieldProps<Field & { readonly kind: K }>;

const labelOf = ({ title, unit }: Field): string => (unit === undefined ? title : `${title} (${unit})`);

function helpOf(field: Field): string | undefined {
  const { description, default: fallback } = field;
  const said =
    fallback === undefined || typeof fallback === 'object' ? undefined : `default ${String(fallback)}`;
  return [description, rangeText(field), said].filter(Boolean).join(' · ') || undefined;
}

function rangeText(field: Field): string | undefined {
  if (field.kind !== 'number' || hasRange(field)) return undefined;
  const { min, max, aboveMin } = field;
  if (min !== undefined && max !== undefined) return `${formatNumber(min)} to ${formatNumber(max)}`;
  if (min !== undefined) return `${aboveMin ? 'more than' : 'at least'} ${formatNumber(min)}`;
  return max === undefined ? undefined : `at most ${formatNumber(max)}`;
}

export function BooleanView({ field, draft, mistakes, path, disabled, onChange }: Of<'boolean'>) {
  const wrong = mistakesAt(mistakes, path);
  return (
    <div class="labelled">
      <Switch
        label={field.title}
        checked={draft === true || (draft === undefined && field.default === true)}
        disabled={disabled === true}
        onChange={onChange}
      />
      {(field.description ?? wrong.length > 0) && (
        <p class="note">
          {wrong.map((message) => (
            <span class="mistake" key={message}>
              {message}
            </span>
          ))}
          {field.description}
        </p>
      )}
    </div>
  );
}

export function NumberView({ field, draft, mistakes, path, disabled, onChange }: Of<'number'>) {
  return (
    <Labelled label={labelOf(field)} help={helpOf(field)} mistakes={mistakesAt(mistakes, path)}>
      {(id, note, wrong) => (
        <NumberInput
          id={id}
          describedBy={note}
          wrong={wrong}
          value={typeof draft === 'number' ? draft : undefined}
          placeholder={typeof field.default === 'number' ? String(field.default) : ''}
          step={field.integer ? 1 : 'any'}
          min={field.min}
          max={field.max}
          slider={hasRange(field) && typeof draft === 'number' ? stepOf(field) : undefined}
          label={field.title}
          disabled={disabled}
          onChange={onChange}
        />
      )}
    </Labelled>
  );
}

export const optionText = (option: Json): string =>
  typeof option === 'string' ? humanize(option) : JSON.stringify(option);

export function EnumView({ field, draft, mistakes, path, disabled, onChange }: Of<'enum'>) {
  const value = draft === undefined ? -1 : field.options.indexOf(draft);
  const unset = field.default === undefined ? 'Choose…' : `${optionText(field.default)} (default)`;
  return (
    <Labelled label={labelOf(field)} help={field.description} mistakes={mistakesAt(mistakes, path)}>
      {(id, note, wrong) => (
        <select
          id={id}
          aria-describedby={note}
          aria-invalid={wrong}
          disabled={disabled}
          value={String(value)}
          onChange={({ currentTarget }) => onChange(field.options[Number(currentTarget.value)])}
        >
          {value < 0 && <option value="-1">{unset}</option>}
          {field.options.map((option, index) => (
            <option key={index} value={String(index)}>
              {optionText(option)}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

export function TextView({ field, draft, mistakes, path, hints, disabled, onChange }: Of<'text'>) {
  const listId = useId();
  const suggestions = hints?.(path.replace(/\[\d+\]/g, '')) ?? [];
  const value = typeof draft === 'string' ? draft : '';
  const change = (text: string): void => onChange(text === '' && field.minLength !== 0 ? undefined : text);
  return (
    <Labelled label={labelOf(field)} help={helpOf(field)} mistakes={mistakesAt(mistakes, path)}>
      {(id, note, wrong) =>
        field.long ? (
          <textarea
            id={id}
            aria-describedby={note}
            aria-invalid={wrong}
            rows={3}
            value={value}
            disabled={disabled}
            onInput={({ currentTarget }) => change(currentTarget.value)}
          />
        ) : (
          <>
            <input
              id={id}
              type="text"
              aria-describedby={note}
              aria-invalid={wrong}
              autocomplete="off"
              spellcheck={false}
              list={suggestions.length > 0 ? listId : undefined}
              value={value}
              disabled={disabled}
              placeholder={typeof field.default === 'string' ? field.default : ''}
              onInput={({ currentTarget }) => change(currentTarget.value)}
            />
            {suggestions.length > 0 && (
              <datalist id={listId}>
                {suggestions.map((text) => (
                  <option key={text} value={text} />
                ))}
              </datalist>
            )}
          </>
        )
      }
    </Labelled>
  );
}

export function JsonView({ field, draft, mistakes, path, disabled, onChange }: Of<'json'>) {
  return (
    <Labelled label={labelOf(field)} help={field.description ?? 'JSON'} mistakes={mistakesAt(mistakes, path)}>
      {(id, note, wrong) => (
        <JsonInput
          id={id}
          describedBy={note}
          wrong={wrong}
          value={draft}
          disabled={disabled}
          onChange={onChange}
        />
      )}
    </Labelled>
  );
}
