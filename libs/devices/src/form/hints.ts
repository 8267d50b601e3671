import { primitiveLabel, type Shaped } from './shape.js';
import { jsonText, numberText } from './text.js';
import type { JsonValue } from './types.js';

/** What a contract says about a value, for people; with `absent` also what holds when there is none. */
export function hintsOf({ shape, schema }: Shaped, absent: boolean): readonly string[] {
  const hints: string[] = [];
  const bound = (keyword: string, words: string): void => {
    const limit = schema[keyword];
    if (typeof limit === 'number' && Math.abs(limit) < Number.MAX_SAFE_INTEGER)
      hints.push(`${words} ${numberText(limit)}`);
  };
  if (shape.kind === 'number') {
    bound('minimum', 'at least');
    bound('exclusiveMinimum', 'more than');
    bound('maximum', 'at most');
    bound('exclusiveMaximum', 'less than');
    bound('multipleOf', 'in steps of');
    if (shape.nullable) hints.push('empty means none');
  } else if (shape.kind === 'list') {
    bound('minItems', 'at least so many:');
    bound('maxItems', 'at most so many:');
  }
  const fallback = schema['default'] as JsonValue | undefined;
  if (absent && fallback !== undefined) {
    const short =
      typeof fallback === 'object' && fallback !== null ? jsonText(fallback) : primitiveLabel(fallback);
    hints.push(`when not set: ${short}`);
  }
  return hints;
}
