import { fits } from './fit.js';
import { isJsonObject, itemSchema, type Shapes } from './shape.js';
import type { JsonValue } from './types.js';

/** Lists and records longer than this are edited as JSON. */
export const MAX_ITEMS = 200;

const MAX_BLANK_ITEMS = 10;

/**
 * The value of what was just added: nothing is entered yet. A control that has to be filled in is empty, which is
 * the empty text.
 */
export function blank(shapes: Shapes, schema: unknown, depth = 0): JsonValue {
  const { shape } = shapes.of(schema);
  switch (shape.kind) {
    case 'flag':
      return false;
    case 'const':
      return shape.value;
    case 'object':
      return {};
    case 'list':
      return depth > 3
        ? []
        : Array.from({ length: Math.min(shape.min, MAX_BLANK_ITEMS) }, (_, i) =>
            blank(shapes, itemSchema(shape, i), depth + 1),
          );
    case 'json':
    case 'never':
      return null;
    default:
      return '';
  }
}

/** A value of `schema` that keeps as much of another one as fits. */
export function carryOver(shapes: Shapes, schema: unknown, old: JsonValue | undefined): JsonValue {
  if (old !== undefined && fits(shapes, schema, old)) return old;
  const { shape } = shapes.of(schema);
  if (shape.kind !== 'object' || !isJsonObject(old)) return blank(shapes, schema);
  return Object.fromEntries(
    Object.entries(old).filter(([key, part]) => {
      const property = shape.properties.get(key);
      return property !== undefined && fits(shapes, property, part);
    }),
  );
}
