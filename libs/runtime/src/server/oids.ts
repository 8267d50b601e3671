import type { Statistics } from './sub-services.js';

/** Numbers of nested objects by oids: `{ dropped: { expired: 1 } }` is `<prefix>.dropped.expired`. */
export function oids(prefix: string, values: object): Statistics {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(values) as [string, unknown][]) {
    if (typeof value === 'number') found[`${prefix}.${name}`] = value;
    else if (typeof value === 'object' && value !== null)
      Object.assign(found, oids(`${prefix}.${name}`, value));
  }
  return found;
}
