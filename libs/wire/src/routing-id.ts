import { randomBytes } from 'node:crypto';
import { asBuffer, type Frame } from './frames.js';

/** A random routing id that a person can read in a dump, such as `3F2A-90C1` (the manual's `zhelpers.set_id`). */
export function randomRoutingId(): string {
  const hex = randomBytes(4).toString('hex').toUpperCase();
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
}

/** A routing id as a person reads it: text when it is printable ASCII, else hex; empty for none. */
export function peerText(id: Frame | undefined): string {
  if (id === undefined) return '';
  const text = asBuffer(id).toString('latin1');
  return /^[\x21-\x7e]+$/.test(text) ? text : asBuffer(id).toString('hex');
}
