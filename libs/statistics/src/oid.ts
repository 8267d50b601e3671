import { StatisticsOidError } from './errors.js';

/** Characters of an oid at most. */
export const MAX_OID_LENGTH = 128;

const OID = /^[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * The same text, when it is an oid: names joined by dots, the first begins with a letter.
 *
 * @throws StatisticsOidError otherwise
 */
export function checkOid(oid: unknown): string {
  if (typeof oid !== 'string') throw new StatisticsOidError(String(oid));
  if (oid.length > MAX_OID_LENGTH || !OID.test(oid)) throw new StatisticsOidError(oid.slice(0, 256));
  return oid;
}

/**
 * The number under which SNMP knows an oid: the same in every release and on every machine, whatever else is registered,
 * since it depends on the text alone (FNV-1a, 31 bits, never 0). Two of a thousand oids share one with a chance of 1 in 4,000;
 * the second is refused then and has to be given a number of its own.
 */
export function numberOf(oid: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < oid.length; index += 1) {
    hash = Math.imul(hash ^ oid.charCodeAt(index), 0x01000193);
  }
  return hash & 0x7fffffff || 1;
}
