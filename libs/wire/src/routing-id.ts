import { randomBytes } from 'node:crypto';

/** A random routing id that a person can read in a dump, such as `3F2A-90C1` (the manual's `zhelpers.set_id`). */
export function randomRoutingId(): string {
  const hex = randomBytes(4).toString('hex').toUpperCase();
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
}
