import { blank, MAX_ITEMS } from './blank.js';
import { variantOf } from './fit.js';
import type { Control, Field } from './field.js';
import { hintsOf } from './hints.js';
import { inputControl } from './input.js';
import { itemOf, propertyOf, ROOT, rowOf, type Place } from './names.js';
import { stringOf, titleOf } from './schema.js';
import {
  isJsonObject,
  itemSchema,
  Shapes,
  type ListShape,
  type ObjectShape,
  type Shape,
  type Shaped,
  type Variant,
} from './shape.js';
import { isPlainLine, jsonText } from './text.js';
import type { FormChoices, FormSchema, JsonValue } from './types.js';

/** More than this are not shown as controls of their own: the rest is edited as JSON. */
const MAX_FIELDS = 2_000;
const MAX_DEPTH = 16;

interface Spec {
  readonly schema: unknown;
  readonly at: Place;
  readonly label: string;
  readonly optional?: boolean;
  readonly removable?: boolean;
  readonly key?: string;
  readonly depth: number;
}

/** The parts of a form for a value, which need not fit the schema; with `undefined` nothing is entered yet. */
export function planForm(root: FormSchema, value: JsonValue | undefined, choices: FormChoices = {}): Field {
  return new Planner(new Shapes(root), choices).plan(
    { schema: root, at: ROOT, label: 'Value', depth: 0 },
    value,
  );
}

class Planner {
  private left = MAX_FIELDS;

  constructor(
    private readonly shapes: Shapes,
    private readonly choices: FormChoices,
  ) {}

  plan(spec: Spec, value: JsonValue | undefined): Field {
    const { optional = false, removable = false } = spec;
    const shaped = this.shapes.of(spec.schema, optional);
    const { shape, schema } = shaped;
    const control =
      spec.depth > MAX_DEPTH ? json(value) : (this.control(shaped, value, spec, optional) ?? json(value));
    const structured = shape.kind === 'object' || shape.kind === 'list';
    const unit = stringOf(schema, 'unit');
    const description = stringOf(schema, 'description');
    return {
      at: spec.at,
      label: titleOf(schema) ?? spec.label,
      hints: [
        ...hintsOf(shaped, optional && value === undefined),
        ...(control.kind === 'json' ? ['written as JSON'] : []),
      ],
      presence: optional ? 'optional' : mustBeFilled(shaped, control) ? 'required' : 'free',
      removable: removable || (optional && structured && control.kind !== 'absent'),
      control,
      ...(description !== undefined && { description }),
      ...(unit !== undefined && { unit }),
      ...(spec.key !== undefined && { key: spec.key }),
    };
  }

  /** No control of the shape can show the value when there is none. */
  private control(
    { shape, schema }: Shaped,
    value: JsonValue | undefined,
    spec: Spec,
    optional: boolean,
  ): Control | undefined {
    const fixed = schema['readOnly'] === true && value !== undefined;
    switch (shape.kind) {
      case 'text':
      case 'number':
        return inputControl(shape, schema, value, optional);
      case 'flag':
        if (value === undefined) return { kind: 'flag', checked: false, fixed };
        return typeof value === 'boolean' ? { kind: 'flag', checked: value, fixed } : undefined;
      case 'const':
        return value === undefined || value === shape.value
          ? { kind: 'hidden', text: jsonText(shape.value) }
          : undefined;
      case 'choice':
        return choiceControl(shape, value, fixed, optional);
      case 'object':
        if (value === undefined) return optional ? { kind: 'absent' } : this.group(shape, {}, spec);
        return isJsonObject(value) ? this.group(shape, value, spec) : undefined;
      case 'list':
        if (value === undefined && optional) return { kind: 'absent' };
        return this.list(shape, value ?? blank(this.shapes, spec.schema), spec);
      case 'union':
        return this.union(shape.variants, value, spec, optional);
      case 'json':
      case 'never':
        return undefined;
    }
  }

  private group(
    shape: ObjectShape,
    value: { readonly [key: string]: JsonValue },
    { at, depth }: Spec,
  ): Control | undefined {
    const others = Object.keys(value).filter((key) => !shape.properties.has(key));
    const open = shape.additional !== undefined;
    if (others.length > MAX_ITEMS || !others.every(isPlainLine)) return undefined;
    if (!this.take(shape.properties.size + others.length)) return undefined;

    const fields: Field[] = [];
    for (const [key, schema] of shape.properties) {
      const part = Object.hasOwn(value, key) ? value[key] : undefined;
      const optional = !shape.required.has(key);
      if (part === undefined && optional && this.shapes.of(schema).shape.kind === 'never') continue;
      fields.push(
        this.plan({ schema, at: propertyOf(at, key), label: labelOf(key), optional, depth: depth + 1 }, part),
      );
    }
    const rows = others.map((key, i) =>
      this.plan(
        {
          schema: shape.additional ?? {},
          at: rowOf(at, i, key),
          label: labelOf(key),
          key,
          removable: true,
          depth: depth + 1,
        },
        value[key],
      ),
    );
    return {
      kind: 'group',
      fields,
      canAdd: open && others.length < MAX_ITEMS,
      ...((open || rows.length > 0) && { rows }),
    };
  }

  private list(shape: ListShape, value: JsonValue, { at, label, depth }: Spec): Control | undefined {
    if (!Array.isArray(value) || value.length > MAX_ITEMS || !this.take(value.length)) return undefined;
    const values = value as readonly JsonValue[];
    const items = values.map((item, i) =>
      this.plan(
        {
          schema: itemSchema(shape, i),
          at: itemOf(at, i),
          label: `${label} ${i + 1}`,
          removable: values.length > shape.min && (i >= shape.first.length || i === values.length - 1),
          depth: depth + 1,
        },
        item,
      ),
    );
    return { kind: 'list', items, canAdd: values.length < Math.min(shape.max, MAX_ITEMS) };
  }

  private union(
    variants: readonly Variant[],
    value: JsonValue | undefined,
    { at, label, depth }: Spec,
    optional: boolean,
  ): Control | undefined {
    const hint = Object.hasOwn(this.choices, at.pointer) ? this.choices[at.pointer] : undefined;
    const hinted = hint !== undefined && value !== undefined && hint in variants ? hint : undefined;
    const index = hinted ?? (value === undefined ? -1 : variantOf(this.shapes, variants, value));
    if (index < 0 && value !== undefined && value !== '') return undefined;

    const options = [
      { text: '', label: optional ? 'not set' : 'please choose' },
      ...variants.map((variant, i) => ({ text: String(i), label: variant.label })),
    ];
    if (index < 0) return { kind: 'union', options, chosen: '' };
    const variant = variants[index]!;
    const field = this.plan(
      { schema: variant.schema, at, label: titleOf(variant.schema) ?? label, depth },
      value,
    );
    return { kind: 'union', options, chosen: String(index), field };
  }

  private take(fields: number): boolean {
    if (fields > this.left) return false;
    this.left -= fields;
    return true;
  }
}

function json(value: JsonValue | undefined): Control {
  return { kind: 'json', text: value === undefined ? '' : jsonText(value, 2) };
}

function choiceControl(
  { options }: Shape & { kind: 'choice' },
  value: JsonValue | undefined,
  fixed: boolean,
  optional: boolean,
): Control | undefined {
  const offered = options.map((option) => ({ text: jsonText(option.value), label: option.label }));
  const chosen = options.findIndex((option) => option.value === value);
  if (chosen < 0 && value !== undefined && value !== '') return undefined;
  // Of one option alone nobody can choose another; it is sent all the same, unlike a disabled control.
  if (fixed && chosen >= 0)
    return { kind: 'choice', options: [offered[chosen]!], chosen: offered[chosen]!.text };
  return {
    kind: 'choice',
    options: [{ text: '', label: optional ? 'not set' : 'please choose' }, ...offered],
    chosen: chosen < 0 ? '' : offered[chosen]!.text,
  };
}

function mustBeFilled({ shape, schema }: Shaped, { kind }: Control): boolean {
  switch (shape.kind) {
    case 'text':
      return kind !== 'json' && Number(schema['minLength'] ?? 0) > 0;
    case 'number':
      return !shape.nullable;
    case 'choice':
    case 'union':
    case 'json':
      return true;
    default:
      return kind === 'json';
  }
}

/** A key that can be seen. */
function labelOf(key: string): string {
  return key.trim() === '' ? jsonText(key) : key;
}
