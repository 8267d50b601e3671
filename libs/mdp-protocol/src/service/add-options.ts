import type { Frames } from '@raspy/wire';
import { encodeOptions, splitOptions, type RequestOptions } from './options-frame.js';

/**
 * The body with an options frame at its end (PROTOCOLS §7.1). Where it has one, its members stay, `key` is added if it has
 * none, and the earlier `deadline` holds; one that cannot be read stays as it is, for its service to refuse.
 *
 * @throws RangeError when the options cannot be encoded
 */
export function addRequestOptions(body: Frames, options: RequestOptions): Frames {
  const split = splitOptions(body);
  if (!split.ok) return body;
  const { args, options: own } = split.value;
  const deadline = Math.min(own.deadline ?? Infinity, options.deadline ?? Infinity);
  const merged = encodeOptions({ ...options, ...own, ...(deadline < Infinity && { deadline }) });
  if (!merged.ok) throw new RangeError(merged.reason);
  return [...args, merged.value];
}
