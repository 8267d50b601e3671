import type { Frame, Frames } from '@raspy/wire';
import { type Coded, coded, uncoded } from './coded.js';
import type { AnyKind } from './frame-kind.js';

/** What the frames are to the reader of a reason. */
export type FrameRole = 'argument' | 'result';

/** Writes values, one a kind and in order; a `rest` takes an array. */
export function encodeFrames(
  role: FrameRole,
  kinds: readonly AnyKind[],
  values: readonly unknown[],
): Coded<Frame[]> {
  const frames: Frame[] = [];
  let leftOut: string | undefined;
  for (const [index, kind] of kinds.entries()) {
    // A kind takes its own input; what a caller without types hands in, it refuses itself.
    const part = kind.encode(values[index] as never);
    if (!part.ok) return uncoded(`${role} "${kind.name}": ${part.reason}`);
    if (part.value.length === 0 && kind.arity === 'optional') leftOut ??= kind.name;
    else if (leftOut !== undefined)
      return uncoded(`${role} "${leftOut}" is left out, but "${kind.name}" is given`);
    frames.push(...part.value);
  }
  return coded(frames);
}

/** Reads as many values as there are kinds. */
export function decodeFrames(role: FrameRole, kinds: readonly AnyKind[], frames: Frames): Coded<unknown[]> {
  const values: unknown[] = [];
  let at = 0;
  for (const kind of kinds) {
    const own = kind.arity === 'rest' ? frames.slice(at) : frames.slice(at, at + 1);
    if (own.length === 0 && kind.arity === 'one') return uncoded(`${role} "${kind.name}" is missing`);
    at += own.length;
    const part = kind.decode(own);
    if (!part.ok) return uncoded(`${role} "${kind.name}": ${part.reason}`);
    values.push(part.value);
  }
  if (at < frames.length) {
    return uncoded(`too many ${role}s: ${frames.length} given, ${kinds.length} taken at most`);
  }
  return coded(values);
}

/** Values by the names of their kinds; what was left out is no member. */
export function nameValues(kinds: readonly AnyKind[], values: readonly unknown[]): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const [index, kind] of kinds.entries()) {
    if (values[index] !== undefined) named[kind.name] = values[index];
  }
  return named;
}
