import { z } from 'zod';
import { LATCHABLE_RULES } from './definition.js';

const MOST_CONDITIONS = 32;
const MOST_BUDGETS = 16;

const positiveMs = z.number().positive();
const outputSchema = z.union([z.boolean(), z.number()]);

const conditionSchema = z.strictObject({
  device: z.string().min(1).meta({ title: 'Device' }),
  value: z.string().min(1).meta({ title: 'Value' }),
  is: z.union([z.boolean(), z.number(), z.string()]).optional().meta({ title: 'Equals' }),
  above: z.number().optional().meta({ title: 'Above' }),
  below: z.number().optional().meta({ title: 'Below' }),
});

/** The form of a device's safety configuration, for settings files and forms; `resolveSafety` tells whether it can be meant. */
export const safetyConfigSchema = z.strictObject({
  failSafe: outputSchema.optional().meta({ title: 'Fail-safe state' }),
  boot: z.enum(['off', 'last', 'on']).optional().meta({ title: 'State at the start' }),
  leaseRequired: z.boolean().optional().meta({ title: 'Active only under a lease' }),
  maxLeaseMs: positiveMs.optional().meta({ title: 'Longest lease', unit: 'ms' }),
  maxOnMs: positiveMs.optional().meta({ title: 'Longest time active at once', unit: 'ms' }),
  minOffMs: z.number().min(0).optional().meta({ title: 'Shortest time inactive', unit: 'ms' }),
  duty: z
    .strictObject({
      onMs: positiveMs.meta({ title: 'Longest time active within the window', unit: 'ms' }),
      windowMs: positiveMs.meta({ title: 'Window', unit: 'ms' }),
    })
    .optional()
    .meta({ title: 'Duty' }),
  budgets: z
    .array(
      z.strictObject({
        command: z.string().meta({ title: 'Command' }),
        argument: z.string().meta({ title: 'Argument' }),
        maxAtOnce: z.number().positive().optional().meta({ title: 'Most at once' }),
        max: z.number().positive().meta({ title: 'Most within the window' }),
        windowMs: positiveMs.meta({ title: 'Window', unit: 'ms' }),
      }),
    )
    .max(MOST_BUDGETS)
    .optional()
    .meta({ title: 'Budgets' }),
  latch: z
    .array(z.enum(LATCHABLE_RULES))
    .max(LATCHABLE_RULES.length)
    .optional()
    .meta({ title: 'Trips that hold until acknowledged' }),
  onlyWhile: z
    .array(conditionSchema)
    .max(MOST_CONDITIONS)
    .optional()
    .meta({ title: 'Active only while all of these hold' }),
  notWhile: z
    .array(conditionSchema)
    .max(MOST_CONDITIONS)
    .optional()
    .meta({ title: 'Not active while any of these holds' }),
});
