import type { FormSchema } from './types.js';

/** How many references and combinations are followed before a schema counts as one that says nothing. */
const MAX_HOPS = 32;
const MAX_VARIANTS = 64;

const ANYTHING: FormSchema = {};
const NOTHING: FormSchema = { not: {} };

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A keyword of a schema, if it has one of its own that is a string. */
export function stringOf(schema: FormSchema, keyword: string): string | undefined {
  const value = own(schema, keyword);
  return typeof value === 'string' ? value : undefined;
}

/** The title of a schema, if there is something to be seen in it. */
export function titleOf(schema: FormSchema): string | undefined {
  const title = stringOf(schema, 'title');
  return title === undefined || title.trim() === '' ? undefined : title;
}

/** A keyword of a schema, if it has one of its own that is a finite number. */
export function numberOf(schema: FormSchema, keyword: string): number | undefined {
  const value = own(schema, keyword);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A schema of which `$ref`, `allOf` and the two boolean schemas are gone; one that cannot be resolved is `{}`. */
export function resolve(root: FormSchema, schema: unknown, hops = MAX_HOPS): FormSchema {
  if (schema === false) return NOTHING;
  if (!isRecord(schema) || hops <= 0) return ANYTHING;
  if (typeof schema['$ref'] === 'string') {
    const { $ref, ...siblings } = schema;
    return merge(resolve(root, lookUp(root, $ref), hops - 1), resolve(root, siblings, hops - 1));
  }
  if (Array.isArray(schema['allOf'])) {
    const { allOf, ...siblings } = schema;
    const parts = (allOf as unknown[]).slice(0, hops);
    return [...parts, siblings].reduce<FormSchema>(
      (whole, part) => merge(whole, resolve(root, part, Math.floor(hops / 4))),
      ANYTHING,
    );
  }
  return schema;
}

/**
 * The alternatives of a schema, resolved: those of `anyOf`, `oneOf` and of several types, and of these inside these.
 * One that leaves no choice has itself alone.
 */
export function variantsOf(root: FormSchema, schema: unknown): readonly FormSchema[] {
  const found: FormSchema[] = [];
  const collect = (part: unknown, hops: number): void => {
    if (found.length >= MAX_VARIANTS) return;
    const resolved = resolve(root, part);
    const branches = [own(resolved, 'anyOf'), own(resolved, 'oneOf')].find(Array.isArray) as
      | unknown[]
      | undefined;
    const types = own(resolved, 'type');
    if (branches !== undefined && branches.length > 0) {
      // Alternatives of alternatives without end say nothing.
      if (hops === 0) return void found.push(ANYTHING);
      const { anyOf: _, oneOf: __, title: ___, description: ____, default: _____, ...shared } = resolved;
      for (const branch of branches.slice(0, MAX_VARIANTS)) {
        collect(Object.keys(shared).length === 0 ? branch : { allOf: [shared, branch] }, hops - 1);
      }
    } else if (Array.isArray(types) && types.length > 0) {
      for (const type of types.slice(0, 7))
        found.push(types.length === 1 ? { ...resolved, type } : ofType(resolved, type));
    } else {
      found.push(resolved);
    }
  };
  collect(schema, 5);
  return found.length === 0 ? [ANYTHING] : found;
}

function ofType(schema: FormSchema, type: unknown): FormSchema {
  const { title: _, description: __, default: ___, ...rest } = schema;
  return { ...rest, type };
}

function merge(a: FormSchema, b: FormSchema): FormSchema {
  const merged: Record<string, unknown> = { ...a, ...b };
  if (isRecord(a['properties']) && isRecord(b['properties'])) {
    merged['properties'] = Object.fromEntries([
      ...Object.entries(a['properties']),
      ...Object.entries(b['properties']),
    ]);
  }
  if (Array.isArray(a['required']) && Array.isArray(b['required'])) {
    merged['required'] = [...(a['required'] as unknown[]), ...(b['required'] as unknown[])];
  }
  return merged;
}

function lookUp(root: FormSchema, ref: string): unknown {
  if (!/^#(\/|$)/.test(ref)) return undefined;
  let found: unknown = root;
  for (const part of ref.split('/').slice(1)) {
    const key = decode(part).replace(/~1/g, '/').replace(/~0/g, '~');
    found =
      (isRecord(found) || Array.isArray(found)) && Object.hasOwn(found, key)
        ? (found as Readonly<Record<string, unknown>>)[key]
        : undefined;
  }
  return found;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function own(schema: FormSchema, keyword: string): unknown {
  return Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
}
