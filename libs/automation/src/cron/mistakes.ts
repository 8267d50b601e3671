import type { z } from 'zod';
import type { JobMistake } from './errors.js';

type Choices = Readonly<Record<string, z.ZodType>>;

/** The schema whose key is there; a mistake when it is not exactly one. */
export function choose(
  value: unknown,
  path: string,
  choices: Choices,
  mistakes: JobMistake[],
): z.ZodType | undefined {
  const keys = Object.keys(choices);
  const found = isObject(value) ? keys.filter((key) => Object.hasOwn(value, key)) : [];
  if (found.length === 1) return choices[found[0]!];
  const has = found.length > 1 ? `has ${found.join(' and ')}` : 'has none of them';
  mistakes.push({ path, message: `is an object with one of ${keys.join(', ')}; this ${has}` });
  return undefined;
}

/** What zod complains of, with paths such as `entries.water.key`. */
export function mistakesOf(issues: readonly z.core.$ZodIssue[]): readonly JobMistake[] {
  return issues.map(({ path, message }) => ({
    path: path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('')
      .replace(/^\./, ''),
    message,
  }));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
