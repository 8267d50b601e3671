import { humanize } from './format.js';
import type { Json, JsonSchema } from './types.js';

interface Common {
  readonly title: string;
  readonly description?: string;
  readonly unit?: string;
  readonly default?: Json;
}

export interface NumberField extends Common {
  readonly kind: 'number';
  readonly integer: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Whether `min` or `max` itself is too little or too much. */
  readonly aboveMin: boolean;
  readonly belowMax: boolean;
}

export interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly field: Field;
}

export interface ObjectField extends Common {
  readonly kind: 'object';
  readonly members: readonly Member[];
  /** Whether it has no others. */
  readonly closed: boolean;
}

export interface Choice {
  readonly title: string;
  readonly field: Field;
}

/** What a form shows for a JSON Schema (draft 2020-12). What it does not know it shows as JSON, so nothing is lost. */
export type Field =
  | (Common & { readonly kind: 'boolean' })
  | NumberField
  | (Common & { readonly kind: 'enum'; readonly options: readonly Json[] })
  | (Common & {
      readonly kind: 'text';
      readonly long: boolean;
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly pattern?: string;
      readonly format?: string;
    })
  | ObjectField
  | (Common & { readonly kind: 'list'; readonly item: Field; readonly min: number; readonly max?: number })
  | (Common & { readonly kind: 'tuple'; readonly items: readonly Field[] })
  | (Common & { readonly kind: 'record'; readonly item: Field })
  | (Common & { readonly kind: 'choice'; readonly choices: readonly Choice[] })
  | (Common & { readonly kind: 'constant'; readonly value: Json })
  | (Common & { readonly kind: 'json' });

/** Deeper than this everything is JSON. */
const DEEPEST = 8;

/** The field of a schema; `name` is its title when the schema gives none. */
export function fieldOf(schema: JsonSchema, name = '', depth = 0): Field {
  const common: Common = {
    title: text(schema['title']) ?? humanize(name),
    ...optional('description', text(schema['description'])),
    ...optional('unit', text(schema['unit'])),
    ...optional('default', schema['default']),
  };
  const json: Field = { kind: 'json', ...common };
  if (depth > DEEPEST || schema['$ref'] !== undefined) return json;
  if (schema['const'] !== undefined) return { kind: 'constant', value: schema['const'], ...common };
  if (Array.isArray(schema['enum'])) return { kind: 'enum', options: schema['enum'] as Json[], ...common };
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(choices)) return choiceOf(choices as JsonSchema[], common, depth);
  if (Array.isArray(schema['type'])) {
    const { title: _t, description: _d, default: _f, ...rest } = schema;
    return choiceOf(
      schema['type'].map((type: Json) => ({ ...rest, type })),
      common,
      depth,
    );
  }
  switch (schema['type']) {
    case 'boolean':
      return { kind: 'boolean', ...common };
    case 'number':
    case 'integer':
      return { ...numberOf(schema), ...common };
    case 'string':
      return textOf(schema, common);
    case 'object':
      return objectOf(schema, common, depth);
    case 'array':
      return listOf(schema, common, depth);
    default:
      return json;
  }
}

function choiceOf(schemas: readonly JsonSchema[], common: Common, depth: number): Field {
  const fields = schemas
    .filter(({ type }) => type !== 'null')
    .map((schema) => fieldOf(schema, '', depth + 1));
  if (fields.length === 1) return { ...fields[0]!, ...common, title: common.title || fields[0]!.title };
  if (fields.every(({ kind }) => kind === 'constant')) {
    return { kind: 'enum', options: fields.map((field) => (field as { value: Json }).value), ...common };
  }
  const choices = fields.map((field, index) => ({ title: choiceTitle(field, index), field }));
  return { kind: 'choice', choices, ...common };
}

function choiceTitle(field: Field, index: number): string {
  if (field.title !== '') return field.title;
  if (field.kind === 'object') return field.members.map(({ field: { title } }) => title).join(', ');
  const names: Partial<Record<Field['kind'], string>> = { boolean: 'Switch', number: 'Number', text: 'Text' };
  return names[field.kind] ?? `Form ${index + 1}`;
}

/** JSON's own integers have bounds that zod writes down and nobody means. */
const bound = (value: unknown): number | undefined =>
  typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;

function numberOf(schema: JsonSchema): NumberField {
  const [over, under] = [bound(schema['exclusiveMinimum']), bound(schema['exclusiveMaximum'])];
  return {
    kind: 'number',
    title: '',
    integer: schema['type'] === 'integer',
    ...optional('min', over ?? bound(schema['minimum'])),
    ...optional('max', under ?? bound(schema['maximum'])),
    aboveMin: over !== undefined,
    belowMax: under !== undefined,
  };
}

function textOf(schema: JsonSchema, common: Common): Field {
  const maxLength = bound(schema['maxLength']);
  return {
    kind: 'text',
    long: maxLength !== undefined && maxLength > 500,
    ...optional('minLength', bound(schema['minLength'])),
    ...optional('maxLength', maxLength),
    ...optional('pattern', text(schema['pattern'])),
    ...optional('format', text(schema['format'])),
    ...common,
  };
}

function objectOf(schema: JsonSchema, common: Common, depth: number): Field {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>;
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const rest = schema['additionalProperties'];
  if (Object.keys(properties).length === 0 && typeof rest === 'object' && rest !== null) {
    const item = fieldOf(rest as JsonSchema, '', depth + 1);
    return item.kind === 'json' ? { kind: 'json', ...common } : { kind: 'record', item, ...common };
  }
  const members = Object.entries(properties).map(([name, of]) => ({
    name,
    required: required.includes(name),
    field: fieldOf(of, name, depth + 1),
  }));
  return { kind: 'object', members, closed: rest === false, ...common };
}

function listOf(schema: JsonSchema, common: Common, depth: number): Field {
  if (Array.isArray(schema['prefixItems'])) {
    const items = (schema['prefixItems'] as JsonSchema[]).map((of) => fieldOf(of, '', depth + 1));
    return { kind: 'tuple', items, ...common };
  }
  const items = schema['items'];
  if (typeof items !== 'object' || items === null) return { kind: 'json', ...common };
  const item = fieldOf(items as JsonSchema, '', depth + 1);
  return {
    kind: 'list',
    item,
    min: bound(schema['minItems']) ?? 0,
    ...optional('max', bound(schema['maxItems'])),
    ...common,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: V };
}
