import { z } from 'zod';

/** JSON of any form. */
export const json: z.ZodType = z
  .lazy(() =>
    z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
  )
  .meta({ id: 'Json' });

/** A JSON object of any form. */
export const jsonObject = z.record(z.string(), json);

/** Unix milliseconds. */
export const instant = z.number().meta({ description: 'Unix milliseconds' });

/**
 * The schema of what a library declares as a type. One that lacks a member, or tells another type for it, does not compile.
 * Schemas of answers describe and never judge: what servers of other versions tell besides is passed on.
 */
export const declared =
  <T>() =>
  <S extends z.ZodType<T>>(schema: S & Same<T, z.output<S>>): S =>
    schema;

type Same<T, O> = [keyof T] extends [keyof O]
  ? [T] extends [Frozen<O>]
    ? unknown
    : 'the type allows more than the schema'
  : 'the schema lacks a member of the type';

/** The same type, read only to its depth. */
export type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
