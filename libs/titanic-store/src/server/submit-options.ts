import { frameText, type Frame } from '@raspy/wire';
import type { OnExpire } from '../storage.js';

/** What `titanic.submit` is told in its first frame, as JSON. Times are milliseconds since 1970. */
export interface SubmitOptions {
  /** Not sent before. */
  readonly notBefore?: number;
  /** Not sent after; its service is told, and refuses it after. */
  readonly expiresAt?: number;
  /** 1 to 255 characters that name this request for good: the same again, for the same service, is the same request. */
  readonly key?: string;
  /** What becomes of it when it expires. @default 'drop' */
  readonly onExpire?: OnExpire;
}

/** What was read, or why it could not be. */
export type ReadSubmitOptions =
  | { readonly ok: true; readonly options: SubmitOptions }
  | { readonly ok: false; readonly reason: string };

const MEMBERS = ['notBefore', 'expiresAt', 'key', 'onExpire'];
const MAX_KEY_CHARACTERS = 255;

/**
 * Reads the options frame of `titanic.submit`. Unlike elsewhere, a member that is not known is refused: a deadline that was
 * misspelt must not make a request that lives for ever.
 */
export function readSubmitOptions(frame: Frame): ReadSubmitOptions {
  let value: unknown;
  try {
    value = JSON.parse(frameText(frame));
  } catch {
    return { ok: false, reason: 'the options are not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'the options are not a JSON object' };
  }
  const reason = mistakeIn(value as Readonly<Record<string, unknown>>);
  return reason === undefined ? { ok: true, options: value } : { ok: false, reason };
}

function mistakeIn(members: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(members).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) return `the option ${JSON.stringify(unknown.slice(0, 40))} is not known`;
  const { notBefore, expiresAt, key, onExpire } = members;
  for (const [name, at] of Object.entries({ notBefore, expiresAt })) {
    if (at !== undefined && !(typeof at === 'number' && Number.isFinite(at) && at >= 0)) {
      return `${name} is not a unix time in milliseconds`;
    }
  }
  if (typeof notBefore === 'number' && typeof expiresAt === 'number' && notBefore >= expiresAt) {
    return 'expiresAt is not after notBefore';
  }
  if (key !== undefined && !(typeof key === 'string' && key.length > 0 && key.length <= MAX_KEY_CHARACTERS)) {
    return `key is not a text of 1 to ${MAX_KEY_CHARACTERS} characters`;
  }
  // It would be another one once it has been stored.
  if (typeof key === 'string' && /\p{Surrogate}/u.test(key)) return 'key is not a valid text';
  if (onExpire !== undefined && onExpire !== 'drop' && onExpire !== 'dead') {
    return 'onExpire is neither "drop" nor "dead"';
  }
  return undefined;
}
