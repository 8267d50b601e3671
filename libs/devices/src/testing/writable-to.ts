import { z } from 'zod';
import { parse } from '../describe.js';
import type { ValueDefinition } from '../device-type.js';

/** What a value can be set to for a try, as far as its schema or its range tells: the outermost that it may be. */
export function writableTo({ schema, range }: ValueDefinition): unknown[] {
  const json = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
  return candidates(json, range).filter((value) => parse(schema, value).mistakes === undefined);
}

function candidates(json: Record<string, unknown>, range: ValueDefinition['range']): unknown[] {
  if (json['const'] !== undefined) return [json['const']];
  if (Array.isArray(json['enum'])) return json['enum'] as unknown[];
  if (json['type'] === 'boolean') return [false, true];
  if (json['type'] !== 'number' && json['type'] !== 'integer') return [];
  return [json['minimum'] ?? range?.[0], json['maximum'] ?? range?.[1]].filter(
    // A whole number that may be any is written as if all that there are were meant.
    (bound) => typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER,
  );
}
