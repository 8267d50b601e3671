import { itemSchema, type ObjectShape, type Shape, type Shapes, type Variant } from './shape.js';
import { isRecord } from './schema.js';
import { numberOf } from './schema.js';
import type { FormSchema, JsonValue } from './types.js';

/** How much of a value is looked at; what lies beyond counts as fitting by half. */
const MAX_STEPS = 20_000;
const MAX_DEPTH = 16;

/** It has the right type but not all of it fits. */
const ALIKE = 1;
/** All that the schema knows fits, and there is more. */
const MORE = 2;
const FITS = 3;

/** The variant of a union that a value has, or -1: one that it fits, else the first that is like it. */
export function variantOf(shapes: Shapes, variants: readonly Variant[], value: JsonValue): number {
  const grader = new Grader(shapes);
  let best = -1;
  let bestGrade = 0;
  variants.forEach(({ schema }, i) => {
    const grade = grader.grade(schema, value, 0);
    if (grade > bestGrade) [best, bestGrade] = [i, grade];
  });
  return best;
}

/** Whether a value has the structure that a schema asks for. */
export function fits(shapes: Shapes, schema: unknown, value: JsonValue): boolean {
  return new Grader(shapes).grade(schema, value, 0) >= MORE;
}

class Grader {
  private left = MAX_STEPS;

  constructor(private readonly shapes: Shapes) {}

  grade(unresolved: unknown, value: JsonValue, depth: number): number {
    if (this.left-- <= 0 || depth > MAX_DEPTH) return ALIKE;
    const { shape, schema } = this.shapes.of(unresolved);
    switch (shape.kind) {
      case 'text':
        return typeof value === 'string' ? within(schema, 'minLength', value.length, 'maxLength') : 0;
      case 'number':
        if (value === null) return shape.nullable ? FITS : 0;
        if (typeof value !== 'number') return 0;
        return shape.integer && !Number.isInteger(value)
          ? ALIKE
          : within(schema, 'minimum', value, 'maximum');
      case 'flag':
        return typeof value === 'boolean' ? FITS : 0;
      case 'const':
        return shape.value === value ? FITS : 0;
      case 'choice':
        return shape.options.some((option) => option.value === value) ? FITS : 0;
      case 'union':
        return Math.max(0, ...shape.variants.map((variant) => this.grade(variant.schema, value, depth + 1)));
      case 'object':
        return isRecord(value) ? this.gradeObject(shape, value, depth) : 0;
      case 'list':
        return Array.isArray(value) ? this.gradeList(shape, value as readonly JsonValue[], depth) : 0;
      case 'json':
        return FITS;
      case 'never':
        return 0;
    }
  }

  private gradeObject(shape: ObjectShape, value: Readonly<Record<string, JsonValue>>, depth: number): number {
    let known = 0;
    let right = true;
    for (const [key, schema] of shape.properties) {
      const required = shape.required.has(key);
      const part = Object.hasOwn(value, key) ? value[key] : undefined;
      if (part === undefined) {
        right &&= !required;
        continue;
      }
      known++;
      const good = this.grade(schema, part, depth + 1) >= MORE;
      // A discriminator tells what an object is not.
      if (!good && required && this.shapes.of(schema).shape.kind === 'const') return 0;
      right &&= good;
    }
    const others = Object.keys(value).filter((key) => !shape.properties.has(key));
    if (!right) return ALIKE + known / (known + others.length + 1) / 2;
    if (shape.additional === undefined) return others.length > 0 ? MORE : FITS;
    return others.every((key) => this.grade(shape.additional, value[key]!, depth + 1) >= MORE) ? FITS : ALIKE;
  }

  private gradeList(shape: Shape & { kind: 'list' }, value: readonly JsonValue[], depth: number): number {
    const { length } = value;
    if (length < shape.min || length > shape.max) return ALIKE;
    return value.every((item, i) => this.grade(itemSchema(shape, i), item, depth + 1) >= MORE) ? FITS : ALIKE;
  }
}

function within(schema: FormSchema, lower: string, measure: number, upper: string): number {
  const inside =
    measure >= (numberOf(schema, lower) ?? -Infinity) && measure <= (numberOf(schema, upper) ?? Infinity);
  return inside ? FITS : MORE;
}
