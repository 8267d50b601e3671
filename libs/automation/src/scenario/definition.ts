import { z } from 'zod';
import type { jobSchema } from '../cron/job.js';
import { durationSchema, valueConditionSchemas } from './condition.js';

/** Most characters that the code of a scenario may have. */
export const MAX_CODE_LENGTH = 262_144;
/** Most entries of a scenario. */
export const MAX_ENTRIES = 64;
/** Most conditions that fire a scenario. */
export const MAX_FIRES = 32;

/** A scenario's name is part of keys, sections and paths. */
export const scenarioName = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/,
    '1 to 100 letters, digits, "_", "-" and ".", no "." or "-" first',
  )
  .refine((name) => name !== 'main' && !name.startsWith('__'), {
    error: 'is reserved: choose another name',
  })
  .meta({ title: 'Name' });

/** The name by which the code knows an entry. */
export const entryName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, '1 to 40 letters, digits and "_", a letter first')
  .refine((name) => !['constructor', 'prototype', 'toString', 'valueOf'].includes(name), {
    error: 'is reserved: choose another name',
  });

const title = z.string().max(200).optional().meta({ title: 'Title' });
const unit = z.string().max(20).optional().meta({ title: 'Unit' });
const key = z
  .string()
  .regex(/^\/[^|\s/]+(\/[^|\s/]+)*$/, 'is a key such as /device/pi.fake/water/temperature')
  .max(255);
const service = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^|\s]*$/, 'without "|" and blanks')
  .meta({ title: 'Service', description: 'pi.fake.devices' });

/** What a value is expected to be; one that is not counts as bad. */
export const VALUE_TYPES = ['number', 'boolean', 'text', 'any'] as const;

const read = {
  title,
  type: z.enum(VALUE_TYPES).default('any').meta({ title: 'Type' }),
  unit,
  maxAge: durationSchema
    .optional()
    .meta({ title: 'Stale after', description: 'A value that nobody told for this long counts as stale' }),
  optional: z.boolean().default(false).meta({ title: 'Optional', description: 'It works without it, too' }),
};

/** The kinds of entries by their `kind`. */
export const entrySchemas = {
  value: z
    .strictObject({
      kind: z.literal('value'),
      key: key.startsWith('/device/', 'is the key of a value of a device: /device/…').optional(),
      ...read,
    })
    .meta({ title: 'Value of a device' }),
  variable: z
    .strictObject({ kind: z.literal('variable'), key: key.optional(), ...read })
    .meta({ title: 'Variable of the tree' }),
  device: z
    .strictObject({
      kind: z.literal('device'),
      title,
      service,
      device: z.string().min(1).max(255).meta({ title: 'Device' }),
      type: z.string().max(100).optional().meta({ title: 'Type', description: 'actuator.heater' }),
    })
    .meta({ title: 'Device to command' }),
  service: z
    .strictObject({ kind: z.literal('service'), title, service })
    .meta({ title: 'Service to send requests to' }),
  cron: z.strictObject({ kind: z.literal('cron'), title, when: z.unknown() }).meta({ title: 'Time' }),
  sun: z.strictObject({ kind: z.literal('sun'), title, when: z.unknown() }).meta({ title: 'Sun' }),
  scenario: z
    .strictObject({ kind: z.literal('scenario'), title, name: scenarioName })
    .meta({ title: 'Another scenario' }),
  setting: z
    .strictObject({
      kind: z.literal('setting'),
      title,
      value: z.union([z.number(), z.boolean(), z.string().max(1000)]).meta({ title: 'Value' }),
      unit,
      min: z.number().optional(),
      max: z.number().optional(),
    })
    .meta({ title: 'Setting' }),
};

/** An entry that is read: a value of a device, or a variable. */
export type ReadEntry = z.output<(typeof entrySchemas)['value' | 'variable']>;
/** An entry that is a time, which fires a scenario. */
export type TimedEntry = {
  readonly kind: 'cron' | 'sun';
  readonly title?: string;
  readonly when: z.output<typeof jobSchema.shape.when>;
};

/** Something that a scenario has to do with, under the name that its code uses. */
export type Entry =
  | ReadEntry
  | TimedEntry
  | z.output<(typeof entrySchemas)['device' | 'service' | 'scenario' | 'setting']>;
export type EntryKind = Entry['kind'];

/** What another scenario has to do for an entry of it to fire. */
export const SCENARIO_MOMENTS = ['started', 'ended', 'failed'] as const;

const entry = z.string().max(40).meta({ title: 'Entry' });
/** What fires a scenario, by what its entry is. */
export const fireSchemas = {
  time: z.strictObject({ entry }),
  scenario: z.strictObject({ entry, when: z.enum(SCENARIO_MOMENTS) }),
  ...valueConditionSchemas,
};

/** A condition that fires a scenario. */
export type Fire = z.output<(typeof fireSchemas)[keyof typeof fireSchemas]>;

/** What becomes of a fired run that a power cut or a crash of core ended. */
export const AFTER_RESTART = ['leave', 'restart', 'resume'] as const;
export const SCENARIO_OVERLAPS = ['skip', 'restart', 'queue'] as const;
export const AFTER_ERROR = ['restart', 'leave'] as const;

/** All of a scenario but its entries and what fires it, which are chosen by kind. */
export const scenarioFields = {
  name: scenarioName,
  title,
  description: z.string().max(10_000).optional().meta({ title: 'Description' }),
  mode: z
    .enum(['background', 'fired'])
    .meta({ title: 'Mode', description: 'Runs from start-up on, or when something fires it' }),
  policy: z
    .strictObject({
      afterRestart: z
        .enum(AFTER_RESTART)
        .default('leave')
        .meta({ title: 'A fired run that a power cut ended' }),
      afterError: z.enum(AFTER_ERROR).optional().meta({ title: 'A run that failed' }),
      overlap: z.enum(SCENARIO_OVERLAPS).default('skip').meta({ title: 'Fired while it runs' }),
    })
    .prefault({}),
  permissions: z
    .strictObject({
      commands: z.array(entryName).max(MAX_ENTRIES).optional().meta({ title: 'Devices that it may command' }),
      cron: z.boolean().default(false).meta({ title: 'Change jobs of the cron server' }),
    })
    .prefault({}),
  enabled: z.boolean().default(true).meta({ title: 'Enabled' }),
  code: z.string().max(MAX_CODE_LENGTH).meta({ title: 'Code' }),
};

type Fields = z.output<z.ZodObject<typeof scenarioFields>>;

/** A scenario with its defaults filled in. */
export interface ScenarioDefinition extends Fields {
  readonly entries: Readonly<Record<string, Entry>>;
  readonly fires: readonly Fire[];
}

/** Whether a run that failed begins again, after a pause: those in the background do unless the policy says otherwise. */
export function restartsAfterError({ mode, policy }: Pick<ScenarioDefinition, 'mode' | 'policy'>): boolean {
  return (policy.afterError ?? (mode === 'background' ? 'restart' : 'leave')) === 'restart';
}
