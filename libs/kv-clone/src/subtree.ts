import { textFrame, type Frame } from '@raspy/wire';

/**
 * A subtree as clients name it: with a leading and a trailing `/`, or empty for everything (PROTOCOLS §9.1). `device`,
 * `/device` and `/device/` are the same, and none of them means `/devices/...`; `/` is everything too.
 */
export function normalSubtree(subtree: string): string {
  const inner = subtree.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '' : `/${inner}/`;
}

/** The prefix of keys under a subtree. */
export function subtreeFrame(subtree: string): Frame {
  return textFrame(normalSubtree(subtree));
}

/** Whether the bytes of `frame` begin with those of `prefix`. */
export function hasPrefix(frame: Frame, prefix: Frame): boolean {
  if (frame.length < prefix.length) return false;
  // From the end: keys of one tree share their beginnings.
  for (let i = prefix.length - 1; i >= 0; i--) if (frame[i] !== prefix[i]) return false;
  return true;
}
