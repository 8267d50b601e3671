import { z } from 'zod';
import { faultsConfig, type FaultKind } from './faults.js';

/** Longest time between two readings; a contract's `staleAfterMs` has to allow for it. */
export const LONGEST_INTERVAL_MS = 60_000;

/** Faults of everything that measures a number. */
export const NUMBER_FAULTS = ['stuck', 'drift', 'crc', 'missing', 'slow', 'flapping'] as const;

/** What all fake sensors can be told. */
export function sensorConfig(kinds: readonly [FaultKind, ...FaultKind[]]) {
  return {
    intervalMs: z
      .int()
      .min(10)
      .max(LONGEST_INTERVAL_MS)
      .default(1_000)
      .meta({ title: 'Milliseconds between readings' }),
    faults: faultsConfig(kinds),
  };
}

/** The unit of a sensor that measures whatever it is told to. */
export const unitConfig = {
  unit: z.string().max(16).default('').meta({ title: 'Unit', description: 'empty for none' }),
};

/** A number that any arithmetic here keeps finite. */
export const moderate = z.number().min(-1e12).max(1e12);

/** Name of a simulated tank. */
export const tankName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'must be 1 to 64 letters, digits, "_", "-" or "."')
  .meta({ title: 'Simulated tank', description: 'shared by the devices that name it' });
