import { z } from 'zod';
import { parseRomId, type RomId } from '../rom-id.js';

/** Identity of a chip in a device's configuration, in either form. */
export const chipIdSchema = z
  .string()
  .refine((text) => parseRomId(text) !== undefined, {
    message: 'must be the id of a 1-Wire chip, e.g. 28-0316a2795eff, or 28.FF5E79A21603 as owserver has it',
  })
  .meta({ title: 'Id of the chip', description: 'As the kernel or as owserver writes it' });

/** In the one form that RasPy has for it. */
export function chipId({ id }: { readonly id: string }): RomId {
  // The schema has refused all else.
  return parseRomId(id)!;
}
