import { isRecord, listOf, numberOf, own, resolve, titleOf, variantsOf } from './schema.js';
import { jsonText } from './text.js';
import type { FormSchema, JsonValue } from './types.js';

export type Primitive = string | number | boolean | null;

export interface Option {
  readonly value: Primitive;
  readonly label: string;
}

export interface Variant {
  readonly schema: FormSchema;
  readonly label: string;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: ReadonlySet<string>;
  /** Of the entries that are no properties; absent when none are foreseen. */
  readonly additional?: unknown;
}

export interface ListShape {
  readonly kind: 'list';
  /** Schemas of the first items. */
  readonly first: readonly unknown[];
  /** Schema of the items after these; `false` allows none. */
  readonly rest: unknown;
  readonly min: number;
  readonly max: number;
}

/** What kind of control a schema asks for. */
export type Shape =
  | { readonly kind: 'text' }
  /** With `nullable` an empty control means null. */
  | { readonly kind: 'number'; readonly integer: boolean; readonly nullable: boolean }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly options: readonly Option[] }
  | { readonly kind: 'const'; readonly value: Primitive }
  | ObjectShape
  | ListShape
  | { readonly kind: 'union'; readonly variants: readonly Variant[] }
  | { readonly kind: 'json' }
  | { readonly kind: 'never' };

/** The shape of a schema and the schema that has the keywords of its control. */
export interface Shaped {
  readonly shape: Shape;
  readonly schema: FormSchema;
}

/** The shapes of one schema and its parts, each made out once. */
export class Shapes {
  private readonly required = new Map<unknown, Shaped>();
  private readonly optional = new Map<unknown, Shaped>();

  constructor(private readonly root: FormSchema) {}

  /** An `optional` place may also have no value, which some controls cannot tell from a value. */
  of(schema: unknown, optional = false): Shaped {
    const known = optional ? this.optional : this.required;
    let shaped = known.get(schema);
    if (shaped === undefined) known.set(schema, (shaped = shapeOf(this.root, schema, optional)));
    return shaped;
  }
}

function shapeOf(root: FormSchema, unresolved: unknown, optional: boolean): Shaped {
  const schema = resolve(root, unresolved);
  const variants = variantsOf(root, schema);
  if (variants.length === 1)
    return { shape: simpleShape(root, variants[0]!, optional), schema: { ...variants[0], ...notes(schema) } };

  const options = variants.map((variant) => optionsOf(variant, true));
  if (options.every((some) => some !== undefined)) return { shape: choice(options.flat()), schema };

  const [some, other] = [...variants].sort((a, b) => Number(isNull(a)) - Number(isNull(b)));
  const number = simpleShape(root, some!, false);
  if (variants.length === 2 && number.kind === 'number' && isNull(other!) && !optional) {
    return { shape: { ...number, nullable: true }, schema: { ...some, ...notes(schema) } };
  }
  const labels = unique(variants.map((variant) => variantLabel(root, variant)));
  return {
    shape: {
      kind: 'union',
      variants: variants.map((variant, i) => ({ schema: variant, label: labels[i]! })),
    },
    schema,
  };
}

/** The schema of an item of a list. */
export function itemSchema(list: ListShape, index: number): unknown {
  return index < list.first.length ? list.first[index] : list.rest;
}

function simpleShape(root: FormSchema, schema: FormSchema, optional: boolean): Shape {
  if (isRecord(own(schema, 'not')) && Object.keys(schema['not'] as object).length === 0)
    return { kind: 'never' };
  const options = optionsOf(schema, optional);
  if (options?.length === 1 && !optional) return { kind: 'const', value: options[0]!.value };
  if (options !== undefined) return choice(options);
  if (own(schema, 'const') !== undefined || own(schema, 'enum') !== undefined) return { kind: 'json' };
  switch (typeOf(schema)) {
    case 'string':
      return { kind: 'text' };
    case 'number':
    case 'integer':
      return { kind: 'number', integer: schema['type'] === 'integer', nullable: false };
    case 'boolean':
      return { kind: 'flag' };
    case 'object':
      return objectShape(root, schema);
    case 'array':
      return listShape(schema);
    default:
      return { kind: 'json' };
  }
}

function objectShape(root: FormSchema, schema: FormSchema): ObjectShape {
  const declared = own(schema, 'properties');
  const properties = new Map<string, unknown>(isRecord(declared) ? Object.entries(declared) : []);
  const required = new Set(listOf(own(schema, 'required')).filter((key) => typeof key === 'string'));
  const additional = own(schema, 'additionalProperties') ?? (isRecord(declared) ? undefined : true);

  const keys = optionsOf(resolve(root, own(schema, 'propertyNames')), false);
  if (keys !== undefined) {
    for (const { value } of keys) {
      if (typeof value === 'string' && !properties.has(value)) properties.set(value, additional);
    }
  }
  const open = keys === undefined && additional !== false && additional !== undefined;
  return { kind: 'object', properties, required, ...(open && { additional }) };
}

function listShape(schema: FormSchema): ListShape {
  const first = listOf(own(schema, 'prefixItems'));
  const rest = own(schema, 'items') ?? true;
  const max = numberOf(schema, 'maxItems') ?? Infinity;
  return {
    kind: 'list',
    first,
    rest,
    min: Math.max(0, Math.ceil(numberOf(schema, 'minItems') ?? 0)),
    max: rest === false ? Math.min(max, first.length) : max,
  };
}

/** All values of a schema that has few; `flags` counts the two of a boolean among these. */
function optionsOf(schema: FormSchema, flags: boolean): readonly Option[] | undefined {
  const title = titleOf(schema);
  const values = Object.hasOwn(schema, 'const')
    ? [schema['const']]
    : Array.isArray(schema['enum'])
      ? (schema['enum'] as unknown[])
      : isNull(schema)
        ? [null]
        : flags && own(schema, 'type') === 'boolean'
          ? [true, false]
          : [];
  if (values.length === 0 || !values.every(isPrimitive)) return undefined;
  const labels = values.map((value) =>
    values.length === 1 && title !== undefined ? title : primitiveLabel(value),
  );
  return values.map((value, i) => ({ value, label: labels[i]! }));
}

function choice(options: readonly Option[]): Shape {
  const seen = new Map<Primitive, Option>();
  for (const option of options) if (!seen.has(option.value)) seen.set(option.value, option);
  const kept = [...seen.values()];
  const count = (label: string): number => kept.filter((option) => option.label === label).length;
  return {
    kind: 'choice',
    options: kept.map(({ value, label }) => ({ value, label: count(label) > 1 ? jsonText(value) : label })),
  };
}

function variantLabel(root: FormSchema, schema: FormSchema): string {
  const title = titleOf(schema);
  if (title !== undefined) return title;
  const options = optionsOf(schema, false);
  if (options !== undefined) return options.map(({ label }) => label).join(', ');
  const shape = simpleShape(root, schema, false);
  switch (shape.kind) {
    case 'text':
      return 'Text';
    case 'number':
      return shape.integer ? 'Whole number' : 'Number';
    case 'flag':
      return 'Yes or no';
    case 'list':
      return 'List';
    case 'object':
      return discriminator(root, shape) ?? 'Object';
    default:
      return 'JSON';
  }
}

function discriminator(root: FormSchema, shape: ObjectShape): string | undefined {
  for (const [key, schema] of shape.properties) {
    if (!shape.required.has(key)) continue;
    const options = optionsOf(resolve(root, schema), false);
    if (options?.length === 1) return options[0]!.label;
  }
  return undefined;
}

function unique(labels: readonly string[]): readonly string[] {
  return labels.map((label, i) => {
    const before = labels.slice(0, i).filter((other) => other === label).length;
    return before === 0 ? label : `${label} (${before + 1})`;
  });
}

export function primitiveLabel(value: Primitive): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === '' ? '(empty text)' : String(value);
}

function typeOf(schema: FormSchema): unknown {
  const type = own(schema, 'type');
  if (type !== undefined) return type;
  if (isRecord(own(schema, 'properties')) || own(schema, 'additionalProperties') !== undefined)
    return 'object';
  return own(schema, 'items') !== undefined || own(schema, 'prefixItems') !== undefined ? 'array' : undefined;
}

function notes(schema: FormSchema): FormSchema {
  return Object.fromEntries(
    ['title', 'description', 'default', 'unit', 'readOnly', 'writeOnly', 'multiline']
      .filter((keyword) => Object.hasOwn(schema, keyword))
      .map((keyword) => [keyword, schema[keyword]]),
  );
}

function isNull(schema: FormSchema): boolean {
  return own(schema, 'type') === 'null' || own(schema, 'const') === null;
}

export function isPrimitive(value: unknown): value is Primitive {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

export function isJsonObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return isRecord(value);
}
