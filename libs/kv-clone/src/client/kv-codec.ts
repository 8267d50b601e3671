import { asBuffer, textFrame } from '@raspy/wire';
import { KvValueError } from '../errors.js';

/** How values of a type are written as bytes. */
export interface KvCodec<T> {
  /** At least one byte. @throws {@link KvValueError} when it is no value of the type */
  encode(value: T): Uint8Array;
  /** @throws {@link KvValueError} when the bytes are none of the type */
  decode(body: Uint8Array): T;
}

/** What a Standard Schema (https://standardschema.dev) says of a value. */
export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** As much of a Standard Schema, of zod, valibot or another, as is needed to check values. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>;
  };
}

/**
 * Values as JSON.
 * @param schema - checks and types them, in both directions; synchronous ones only. Without one anything that JSON can say
 *   goes, and `T` is the caller's word
 */
export function jsonValues<T = unknown>(schema?: StandardSchema<T>): KvCodec<T> {
  const decode = (body: Uint8Array): T => check(schema, parse(body));
  return {
    decode,
    encode(value) {
      const body = stringify(value);
      // What is written must be readable by those who read with the same schema.
      decode(body);
      return body;
    },
  };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(asBuffer(body).toString('utf8'));
  } catch (cause) {
    throw new KvValueError('', ['it is no JSON'], { cause });
  }
}

function stringify(value: unknown): Uint8Array {
  let text: unknown;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new KvValueError('', ['it cannot be written as JSON'], { cause });
  }
  if (typeof text !== 'string') throw new KvValueError('', ['it cannot be written as JSON']);
  return textFrame(text);
}

function check<T>(schema: StandardSchema<T> | undefined, value: unknown): T {
  if (schema === undefined) return value as T;
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new KvValueError('', ['its schema answers later; only synchronous schemas can be used']);
  }
  if (result.issues === undefined) return result.value;
  throw new KvValueError(
    '',
    result.issues.map(({ message, path = [] }) => {
      const names = path.map((part) => String(typeof part === 'object' ? part.key : part));
      return names.length === 0 ? message : `${names.join('.')}: ${message}`;
    }),
  );
}
