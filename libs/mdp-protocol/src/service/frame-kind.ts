import type { Frame, Frames } from '@raspy/wire';
import { type Coded, coded, uncoded } from './coded.js';
import { frameToJson, frameToText, jsonToFrame, textToFrame } from './frame-values.js';
import { joinKeys, splitKeys } from './keys.js';
import { type SchemaInput, type SchemaOutput, type StandardSchema, validate } from './standard-schema.js';

/** How a value becomes bytes: UTF-8 text, UTF-8 JSON, the bytes themselves, or a list of keys (PROTOCOLS §7). */
export type FrameForm = 'text' | 'json' | 'bytes' | 'keys';

/** How many frames a value takes: exactly one, one or none, or any number. */
export type Arity = 'one' | 'optional' | 'rest';

/**
 * One parameter or result of an action and how it travels. Made by {@link text}, {@link json}, {@link bytes} and
 * {@link keys}, and varied by {@link optional} and {@link rest}.
 *
 * @typeParam Name - its name in arguments, results, descriptions and reasons
 * @typeParam In - what a sender gives
 * @typeParam Out - what a receiver gets
 */
export interface FrameKind<Name extends string, In, Out, A extends Arity = 'one'> {
  readonly name: Name;
  readonly form: FrameForm;
  readonly arity: A;
  readonly schema: StandardSchema | undefined;
  /** @internal */
  readonly encode: (value: In) => Coded<Frames>;
  /** @internal */
  readonly decode: (frames: Frames) => Coded<Out>;
}

/** Any parameter or result. */
export type AnyKind = FrameKind<string, never, unknown, Arity>;

/** What a sender gives for a parameter or result. */
export type KindInput<K extends AnyKind> = K extends FrameKind<string, infer In, unknown, Arity> ? In : never;
/** What a receiver gets for a parameter or result. */
export type KindOutput<K extends AnyKind> =
  K extends FrameKind<string, never, infer Out, Arity> ? Out : never;

/** A frame of UTF-8 text, further checked by a schema over strings if one is given (an enum, a pattern). */
export function text<const Name extends string>(name: Name): FrameKind<Name, string, string>;
export function text<const Name extends string, S extends StandardSchema<string, unknown>>(
  name: Name,
  schema: S,
): FrameKind<Name, SchemaInput<S>, SchemaOutput<S>>;
export function text(name: string, schema?: StandardSchema): FrameKind<string, never, unknown> {
  return checked(name, 'text', schema, textToFrame, frameToText);
}

/**
 * A frame of JSON. The sender's value is checked by the schema and travels as given; the receiver gets what the
 * schema makes of it (defaults, transformations). Without a schema: any JSON value, as `unknown`.
 */
export function json<const Name extends string>(name: Name): FrameKind<Name, unknown, unknown>;
export function json<const Name extends string, S extends StandardSchema>(
  name: Name,
  schema: S,
): FrameKind<Name, SchemaInput<S>, SchemaOutput<S>>;
export function json(name: string, schema?: StandardSchema): FrameKind<string, never, unknown> {
  return checked(name, 'json', schema, jsonToFrame, frameToJson);
}

/** A frame of bytes, by reference: neither side changes them after hand-over. */
export function bytes<const Name extends string>(name: Name): FrameKind<Name, Uint8Array, Uint8Array> {
  return {
    name,
    form: 'bytes',
    arity: 'one',
    schema: undefined,
    encode: (value) => (value instanceof Uint8Array ? coded([value]) : uncoded('not a Uint8Array')),
    decode: (frames) => coded(frames[0]!),
  };
}

/**
 * The result of `list_keys`, which stands alone: written as one frame, sorted and joined by `|`; read in that form
 * and in the one with a frame a key, empty keys dropped (PROTOCOLS §7). A key that is empty or holds `|` or a newline
 * is refused by the writer.
 */
export function keys<const Name extends string>(
  name: Name,
): FrameKind<Name, readonly string[], string[], 'rest'> {
  return { name, form: 'keys', arity: 'rest', schema: undefined, encode: joinKeys, decode: splitKeys };
}

/** May be left out; only others that may be left out follow it. */
export function optional<Name extends string, In, Out>(
  kind: FrameKind<Name, In, Out>,
): FrameKind<Name, In | undefined, Out | undefined, 'optional'> {
  return {
    ...kind,
    arity: 'optional',
    encode: (value) => (value === undefined ? coded([]) : kind.encode(value)),
    decode: (frames) => (frames.length === 0 ? coded(undefined) : kind.decode(frames)),
  };
}

/** All frames that are left, none included; nothing follows it. */
export function rest<Name extends string, In, Out>(
  kind: FrameKind<Name, In, Out>,
): FrameKind<Name, readonly In[], Out[], 'rest'> {
  return {
    ...kind,
    arity: 'rest',
    encode: (values) => {
      if (!Array.isArray(values)) return uncoded('not an array');
      const frames: Frame[] = [];
      for (const [index, value] of (values as readonly In[]).entries()) {
        const part = kind.encode(value);
        if (!part.ok) return uncoded(`[${index}]: ${part.reason}`);
        frames.push(...part.value);
      }
      return coded(frames);
    },
    decode: (frames) => {
      const values: Out[] = [];
      for (const [index, frame] of frames.entries()) {
        const part = kind.decode([frame]);
        if (!part.ok) return uncoded(`[${index}]: ${part.reason}`);
        values.push(part.value);
      }
      return coded(values);
    },
  };
}

/** A kind of one frame, whose value passes the schema on both sides. */
function checked(
  name: string,
  form: FrameForm,
  schema: StandardSchema | undefined,
  write: (value: unknown) => Coded<Frames>,
  read: (frame: Frame) => Coded<unknown>,
): FrameKind<string, unknown, unknown> {
  return {
    name,
    form,
    arity: 'one',
    schema,
    encode: (value) => {
      if (schema !== undefined) {
        const fit = validate(schema, value);
        if (!fit.ok) return fit;
      }
      return write(value);
    },
    decode: (frames) => {
      const value = read(frames[0]!);
      return schema !== undefined && value.ok ? validate(schema, value.value) : value;
    },
  };
}
