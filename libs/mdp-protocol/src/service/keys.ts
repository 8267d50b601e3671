import type { Frames } from '@raspy/wire';
import { readKeys } from '../client/mmi.js';
import { type Coded, coded, uncoded } from './coded.js';
import { frameToText, textToFrame } from './frame-values.js';

/**
 * The result of `list_keys` as RasPy writes it: one frame, the keys sorted and joined by `|`; without keys, empty
 * (PROTOCOLS §7, D15, D16).
 */
export function joinKeys(keys: unknown): Coded<Frames> {
  if (!Array.isArray(keys)) return uncoded('not an array');
  const listed = keys.filter(isKey);
  if (listed.length < keys.length) {
    const bad: unknown = keys.find((key) => !isKey(key));
    return uncoded(
      `the key ${JSON.stringify(bad)} cannot be listed: a key is not empty and holds neither "|" nor a newline`,
    );
  }
  return textToFrame(listed.sort().join('|'));
}

/** The keys in the result frames of `list_keys`, status excluded: joined by `|`, a frame a key, or both. */
export function splitKeys(frames: Frames): Coded<string[]> {
  const noText = frames.map(frameToText).find((text) => !text.ok);
  return noText ?? coded(readKeys(frames));
}

/** Whether a key can be listed at all. */
function isKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && !/[|\n]/.test(key);
}
