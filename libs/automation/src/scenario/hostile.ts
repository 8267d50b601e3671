import type { ScenarioMistake } from './errors.js';

const MAX_DEPTH = 20;
const MAX_NODES = 20_000;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** What no honest JSON of a scenario has: members that reach for prototypes, great depth, very many members. */
export function hostileIn(json: unknown): readonly ScenarioMistake[] {
  let nodes = 0;
  const open: { readonly value: unknown; readonly path: string; readonly depth: number }[] = [
    { value: json, path: '', depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path, depth } = next;
    if (++nodes > MAX_NODES) return [{ path: '', message: `has more than ${MAX_NODES} values` }];
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= MAX_DEPTH) return [{ path: path.slice(0, 100), message: `is deeper than ${MAX_DEPTH}` }];
    for (const key of Object.keys(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (FORBIDDEN.has(key)) return [{ path: at.slice(0, 200), message: 'is a member that must not be' }];
      open.push({ value: (value as Record<string, unknown>)[key], path: at, depth: depth + 1 });
    }
  }
  return [];
}
