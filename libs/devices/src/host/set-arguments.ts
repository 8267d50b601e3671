import { z } from 'zod';
import { writableValues, type DeviceType } from '../device-type.js';
import type { Mistake } from '../errors.js';

/** Arguments of the built-in command `set`: values that can be set, at least one. */
export function setArguments(type: DeviceType): z.ZodObject {
  const writable = writableValues(type);
  const shape = Object.fromEntries(
    writable.map((name) => {
      const { schema, title = name, unit } = type.values[name]!;
      return [name, schema.optional().meta({ title, ...(unit !== undefined && { unit }) })];
    }),
  );
  return z
    .strictObject(shape)
    .refine(
      (values) => Object.keys(values).length > 0,
      writable.length === 0 ? 'nothing of it can be set' : `give at least one of ${writable.join(', ')}`,
    );
}

/** Mistakes in such arguments; of values that there are, but that can be read only, it is said so. */
export function setMistakes(type: DeviceType, mistakes: readonly Mistake[]): readonly Mistake[] {
  // That nothing was given is no news where something was, which cannot be.
  const telling = mistakes.length > 1 ? mistakes.filter(({ path }) => path !== '') : mistakes;
  return telling.map(({ path, message }) => ({
    path,
    message: readOnly(type, path) ? 'can be read only' : message,
  }));
}

function readOnly(type: DeviceType, name: string): boolean {
  return Object.hasOwn(type.values, name) && !writableValues(type).includes(name);
}
