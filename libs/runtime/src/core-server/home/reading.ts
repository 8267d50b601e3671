import type { HomeReading, Json } from '@raspy/automation';
import type { Millis } from '@raspy/clock';
import type { KvEntry } from '@raspy/kv-clone';
import { frameText } from '@raspy/wire';

const QUALITIES: readonly unknown[] = ['good', 'stale', 'suspect', 'bad'];

/**
 * An entry of the tree as a reading. Values of devices have the form of docs/protocols/kv.md; what has another form is the
 * value itself: JSON, or text.
 *
 * @param now - wall clock: entries that do not tell when they were set have no other time
 */
export function readingOf({ key, body }: KvEntry, now: Millis): HomeReading {
  const text = frameText(body);
  const json = parsed(text);
  if (!key.startsWith('/device/')) return { value: json ?? text, at: now, quality: 'good' };
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { value: null, at: now, quality: 'bad', reason: 'it has not the form of a reading' };
  const { value, unit, at, quality, reason } = json as Readonly<Record<string, Json>>;
  if (!QUALITIES.includes(quality) || typeof at !== 'number')
    return { value: null, at: now, quality: 'bad', reason: 'it has not the form of a reading' };
  return {
    value: value ?? null,
    at,
    quality: quality as HomeReading['quality'],
    ...(typeof unit === 'string' && { unit }),
    ...(typeof reason === 'string' && { reason }),
  };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
