import type { Frames } from '@raspy/wire';
import { hexFrame } from '../frames-text.js';

/** A line may hold a message of so many characters; more is no message. */
const MAX_LINE = 64 * 1024 * 1024;

/** The lines of a stream of bytes, without their ends. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of chunks) {
    pending += decoder.decode(chunk, { stream: true });
    const lines = pending.split('\n');
    pending = lines.pop()!;
    yield* lines;
    if (pending.length > MAX_LINE) throw new Error('a line is longer than any message');
  }
  pending += decoder.decode();
  if (pending !== '') yield pending;
}

/** The message of a line: a JSON array of hexadecimal frames, alone or as member `frames`; `undefined` for none. */
export function readPipedMessage(line: string): Frames | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const list: unknown = Array.isArray(json) ? json : (json as { frames?: unknown } | null)?.frames;
  if (!Array.isArray(list)) return undefined;
  const frames = list.map((frame: unknown) => (typeof frame === 'string' ? hexFrame(frame) : undefined));
  return frames.every((frame) => frame !== undefined) ? frames : undefined;
}
