import type { CommandOutcome } from './device-work.js';

/** Frames that one command may bring back. */
const MAX_FRAMES = 16;

/**
 * What travels of what a handler returned; nothing is `null`.
 * @throws TypeError when it has no form that travels
 */
export function commandOutput(returned: unknown, withBytes: boolean): CommandOutcome {
  if (!withBytes) return { result: json(returned), bytes: [] };
  const { result, bytes } = (returned ?? {}) as { result?: unknown; bytes?: unknown };
  if (
    !Array.isArray(bytes) ||
    bytes.length > MAX_FRAMES ||
    !bytes.every((one) => one instanceof Uint8Array)
  ) {
    throw new TypeError(`it must return { result?, bytes } with at most ${MAX_FRAMES} Uint8Arrays`);
  }
  return { result: json(result), bytes };
}

function json(result: unknown): unknown {
  const text = JSON.stringify(result ?? null) as string | undefined;
  if (text === undefined) throw new TypeError('its result has no JSON form');
  return JSON.parse(text);
}
