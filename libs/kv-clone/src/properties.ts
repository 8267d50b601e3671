import { asBuffer, EMPTY_FRAME, textFrame, type Frame } from '@raspy/wire';

/** The longest time to live that is told apart from none, in seconds: ten years. */
export const MAX_TTL_SECONDS = 315_360_000;

/**
 * The `ttl` among the properties of an update, in seconds (RFC 12, K29).
 * @returns 0 for none, which the guide's clients write as `ttl=0`; `undefined` for one that is no whole number up to
 *   {@link MAX_TTL_SECONDS}, which counts as none
 */
export function readTtl(properties: Frame): number | undefined {
  if (properties.length === 0) return 0;
  for (const line of asBuffer(properties).toString('latin1').split('\n')) {
    if (!line.startsWith('ttl=')) continue;
    const text = line.slice(4);
    const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Infinity;
    return seconds <= MAX_TTL_SECONDS ? seconds : undefined;
  }
  return 0;
}

/** Properties with a time to live. @param ttlMs - rounded up to whole seconds; `undefined` for none */
export function ttlProperties(ttlMs: number | undefined): Frame {
  return ttlMs === undefined ? EMPTY_FRAME : textFrame(`ttl=${Math.ceil(ttlMs / 1_000)}\n`);
}
