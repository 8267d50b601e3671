import type { Attributes, Control } from './field.js';
import { numberOf, stringOf } from './schema.js';
import type { Shape } from './shape.js';
import { isPlain, isPlainLine, numberText, readNumber } from './text.js';
import type { FormSchema, JsonValue } from './types.js';

/** Longer texts get a control of several lines. */
const LONG = 200;

/** The control of a text or a number; none if it would not give the value back. */
export function inputControl(
  shape: Shape & { kind: 'text' | 'number' },
  schema: FormSchema,
  value: JsonValue | undefined,
  optional: boolean,
): Control | undefined {
  const fixed = schema['readOnly'] === true && value !== undefined ? true : undefined;
  if (shape.kind === 'number') return numberControl(shape, schema, value, fixed, optional);
  if (value !== undefined && typeof value !== 'string') return undefined;
  return textControl(schema, value ?? '', fixed, optional, value === '' && optional);
}

function textControl(
  schema: FormSchema,
  text: string,
  readonly: true | undefined,
  optional: boolean,
  keepEmpty: boolean,
): Control | undefined {
  if (!isPlain(text)) return undefined;
  const least = numberOf(schema, 'minLength') ?? 0;
  const most = numberOf(schema, 'maxLength');
  const attributes: Attributes = {
    minlength: least > 0 ? Math.ceil(least) : undefined,
    maxlength: most === undefined || most < 0 || most > 1e6 ? undefined : Math.floor(most),
    required: !optional && least > 0 ? true : undefined,
    readonly,
  };
  if (schema['writeOnly'] === true) {
    if (!isPlainLine(text)) return undefined;
    return {
      kind: 'input',
      text,
      keepEmpty,
      attributes: { type: 'password', autocomplete: 'off', ...attributes },
    };
  }
  if (
    !isPlainLine(text) ||
    schema['multiline'] === true ||
    (most === undefined ? text.length : most) > LONG
  ) {
    // An empty optional text needs the mark that the control of one line has.
    if (!keepEmpty) return { kind: 'area', text, attributes };
  }
  const type = typeFor(stringOf(schema, 'format'), text);
  return {
    kind: 'input',
    text,
    keepEmpty,
    attributes: { type, pattern: type === 'text' ? patternOf(schema) : undefined, ...attributes },
  };
}

/** Browsers empty or trim what is not of the type, so it is used only for what they would leave alone. */
function typeFor(format: string | undefined, text: string): string {
  const untouched = /^[!-~]*$/.test(text);
  if (format === 'email' && untouched) return 'email';
  if (format === 'uri' && untouched) return 'url';
  if (format === 'date' && (text === '' || isDate(text))) return 'date';
  return 'text';
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** JSON Schema looks for a pattern anywhere, HTML compares the whole text. */
function patternOf(schema: FormSchema): string | undefined {
  const pattern = stringOf(schema, 'pattern');
  if (pattern === undefined) return undefined;
  const whole = `[\\s\\S]*(?:${pattern})[\\s\\S]*`;
  try {
    new RegExp(`^(?:${whole})$`, 'v');
    return whole;
  } catch {
    return undefined;
  }
}

function numberControl(
  shape: Shape & { kind: 'number' },
  schema: FormSchema,
  value: JsonValue | undefined,
  readonly: true | undefined,
  optional: boolean,
): Control | undefined {
  const required = optional || shape.nullable ? undefined : (true as const);
  if (typeof value === 'number') {
    const attributes = { ...numberAttributes(shape.integer, schema, value), required, readonly };
    return { kind: 'input', text: numberText(value), attributes };
  }
  if (value === undefined || value === '' || (value === null && shape.nullable)) {
    return { kind: 'input', text: '', attributes: { ...numberAttributes(shape.integer, schema), required } };
  }
  // What was typed and is no number stays as it is, in a control that shows it: browsers empty one of numbers.
  if (
    typeof value !== 'string' ||
    !isPlainLine(value) ||
    value.trim() === '' ||
    'value' in readNumber(value)
  ) {
    return undefined;
  }
  return { kind: 'input', text: value, attributes: { type: 'text', inputmode: 'decimal', required } };
}

function numberAttributes(integer: boolean, schema: FormSchema, value?: number): Attributes {
  const above = numberOf(schema, 'exclusiveMinimum');
  const below = numberOf(schema, 'exclusiveMaximum');
  const least = integer && above !== undefined ? Math.floor(above) + 1 : above;
  const most = integer && below !== undefined ? Math.ceil(below) - 1 : below;
  const min = bound(Math.max, least, numberOf(schema, 'minimum'));
  const max = bound(Math.min, most, numberOf(schema, 'maximum'));
  return {
    type: 'number',
    inputmode: min !== undefined && min >= 0 ? (integer ? 'numeric' : 'decimal') : undefined,
    min: min === undefined ? undefined : numberText(min),
    max: max === undefined ? undefined : numberText(max),
    step: stepOf(integer, schema, min ?? value),
  };
}

function bound(pick: (...values: number[]) => number, ...limits: (number | undefined)[]): number | undefined {
  // Every whole number of a contract is said to be a safe one; that limit helps nobody.
  const given = limits.flatMap((limit) =>
    limit === undefined || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? [] : [limit],
  );
  return given.length === 0 ? undefined : pick(...given);
}

/** Browsers count steps from the minimum, else from the first value, JSON Schema from 0: `any` where these differ. */
function stepOf(integer: boolean, schema: FormSchema, from = 0): string {
  const step = numberOf(schema, 'multipleOf') ?? (integer ? 1 : 0);
  return step > 0 && Number.isInteger(from / step) ? numberText(step) : 'any';
}
