import { asBuffer, type Frame } from '@raspy/wire';
import { RE2JS } from 're2js';

const MAX_PATTERN_BYTES = 256;
/** Repetition counts are expanded when a pattern is compiled; this bounds what they may make of it. */
const MAX_EXPANDED_LENGTH = 4_096;
/** Instructions of the compiled pattern times bytes to be looked at; a small pattern is matched by table. */
const MAX_STEPS = 1_000_000;
const MAX_STEPS_SMALL = 8_000_000;
const SMALL_PROGRAM = 64;
const CACHED = 16;

interface Discoverable {
  readonly text: string;
  readonly name: Frame;
}

interface CacheEntry {
  readonly pattern: RE2JS | undefined;
  revision: number;
  names: readonly Frame[] | undefined;
}

/**
 * Finds names by a pattern that came from the network: RE2 semantics, unanchored, in linear time and with bounded work,
 * so that none can stall the broker. The latest patterns are kept, with what they found.
 */
export class Discovery {
  readonly #cache = new Map<string, CacheEntry>();

  /**
   * @param candidates - asked for, in the order wanted, when the answer is not known
   * @param revision - another number whenever the candidates have changed
   * @returns the names that match; `undefined` when the pattern is longer than 256 bytes, malformed, not UTF-8, or
   * too much work for these names
   */
  find(
    pattern: Frame,
    revision: number,
    candidates: () => readonly Discoverable[],
  ): readonly Frame[] | undefined {
    if (pattern.length > MAX_PATTERN_BYTES) return undefined;
    const entry = this.#entry(asBuffer(pattern).toString('utf8'));
    if (entry.pattern !== undefined && entry.revision !== revision) {
      entry.names = match(entry.pattern, candidates());
      entry.revision = revision;
    }
    return entry.names;
  }

  #entry(source: string): CacheEntry {
    let entry = this.#cache.get(source);
    // Taken out and put back: the map's order is that of use, its first the one to give up.
    if (entry === undefined) entry = { pattern: compile(source), revision: -1, names: undefined };
    else this.#cache.delete(source);
    this.#cache.set(source, entry);
    if (this.#cache.size > CACHED) {
      const [oldest] = this.#cache.keys();
      this.#cache.delete(oldest!);
    }
    return entry;
  }
}

function compile(source: string): RE2JS | undefined {
  if (source.includes('\ufffd')) return undefined;
  let expansion = Math.max(1, source.length);
  for (const [, least, most] of source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    expansion *= Math.max(1, Number(least), Number(most ?? 0));
  }
  if (expansion > MAX_EXPANDED_LENGTH) return undefined;
  try {
    return RE2JS.compile(source);
  } catch {
    // Whatever the library has against a pattern from the network, the asker is told that it is a bad one.
    return undefined;
  }
}

function match(pattern: RE2JS, candidates: readonly Discoverable[]): readonly Frame[] | undefined {
  const size = pattern.programSize();
  let steps = 0;
  for (const { name } of candidates) steps += name.length * size;
  if (steps > (size <= SMALL_PROGRAM ? MAX_STEPS_SMALL : MAX_STEPS)) return undefined;
  return candidates.filter(({ text }) => pattern.test(text)).map(({ name }) => name);
}
