import { z } from 'zod';
import { SUN_EVENTS } from '../sun/sun-recurrence.js';
import { TIME_CHANGES } from './cron-expression.js';

const YEAR_S = 366 * 86_400;
const MONTH_MS = 31 * 86_400_000;
const HOUR_MS = 3_600_000;

/** Names are part of a service's lists, of keys and of paths: no blanks, bars and slashes. */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/,
    '1 to 100 letters, digits, "_", "-" and ".", no "." or "-" first',
  )
  .meta({ title: 'Name' });
const timeZone = z.string().max(100).meta({ title: 'Time zone', description: 'Europe/Paris, UTC or +01:00' });

export const placeSchema = z.strictObject({
  latitude: z.number().min(-90).max(90).meta({ title: 'Latitude', unit: '°' }),
  longitude: z.number().min(-180).max(180).meta({ title: 'Longitude', unit: '°' }),
});

/** The kinds of times by the key that tells them apart. */
export const whenSchemas = {
  cron: z
    .strictObject({
      cron: z
        .string()
        .meta({ title: 'Cron expression', description: 'Five fields, or six with seconds first' }),
      timeZone: timeZone.optional(),
      timeChange: z.enum(TIME_CHANGES).default('usual').meta({ title: 'At a change to or from summer time' }),
    })
    .meta({ title: 'Cron expression' }),
  everySeconds: z
    .strictObject({ everySeconds: z.number().min(1).max(YEAR_S).meta({ title: 'Every', unit: 's' }) })
    .meta({ title: 'Interval' }),
  sun: z
    .strictObject({
      sun: z.enum(SUN_EVENTS).meta({ title: 'Sun event' }),
      offsetMinutes: z
        .number()
        .min(-720)
        .max(720)
        .default(0)
        .meta({ title: 'Minutes after it', unit: 'min' }),
      place: placeSchema
        .optional()
        .meta({ title: 'Place', description: 'Where; else the place that is set' }),
    })
    .meta({ title: 'Sun' }),
  at: z
    .strictObject({
      at: z.iso
        .datetime({
          offset: true,
          error: 'a date and time that exist, with their offset: 2026-12-24T18:00:00+01:00 or …Z',
        })
        .meta({ title: 'At', description: '2026-12-24T18:00:00+01:00' }),
    })
    .meta({ title: 'Once' }),
};

const service = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^|\n]*$/, 'without "|" and line breaks');

/** What a job does besides its event, by the key that tells it. */
export const doesSchemas = {
  command: z
    .strictObject({
      command: z.strictObject({
        service: service.meta({ title: 'Service', description: 'pi.fake.devices' }),
        device: z.string().min(1).max(255).meta({ title: 'Device' }),
        name: z.string().min(1).max(255).meta({ title: 'Command' }),
        args: z.unknown().optional().meta({ title: 'Arguments' }),
        leaseMs: z.number().int().positive().optional().meta({ title: 'Lease', unit: 'ms' }),
        timeoutMs: z
          .number()
          .int()
          .min(1)
          .max(HOUR_MS)
          .default(10_000)
          .meta({ title: 'Give up after', unit: 'ms' }),
      }),
    })
    .meta({ title: 'Device command' }),
  request: z
    .strictObject({
      request: z.strictObject({
        service: service.meta({ title: 'Service' }),
        body: z.array(z.string().max(65_536)).min(1).max(16).meta({ title: 'Frames' }),
        expiresAfterMs: z.number().int().positive().optional().meta({ title: 'Expires after', unit: 'ms' }),
      }),
    })
    .meta({ title: 'Durable request' }),
};

/** What to do with runs whose time passed while nobody could run them, and with runs that meet the one before. */
export const MISSED_POLICIES = ['skip', 'once', 'all'] as const;
export const OVERLAP_RULES = ['skip', 'queue', 'parallel'] as const;
export type MissedPolicy = (typeof MISSED_POLICIES)[number];
export type OverlapRule = (typeof OVERLAP_RULES)[number];

export const jobFields = {
  name,
  title: z.string().max(200).optional().meta({ title: 'Title' }),
  missed: z.enum(MISSED_POLICIES).default('skip').meta({ title: 'Runs that were missed' }),
  windowMs: z
    .number()
    .positive()
    .max(MONTH_MS)
    .default(HOUR_MS)
    .meta({ title: 'Make up for runs not older than', unit: 'ms' }),
  jitterSeconds: z.number().min(0).max(3600).default(0).meta({ title: 'Random delay up to', unit: 's' }),
  overlap: z.enum(OVERLAP_RULES).default('skip').meta({ title: 'While the run before goes on' }),
  runWhileClockUntrusted: z.boolean().default(false).meta({ title: 'Run while the clock is not trusted' }),
  enabled: z.boolean().default(true).meta({ title: 'Enabled' }),
};

/** The JSON form of a job: what is stored, listed and edited. `parseJob` reads it with clearer complaints than a union gives. */
export const jobSchema = z.strictObject({
  ...jobFields,
  when: z
    .union([whenSchemas.cron, whenSchemas.everySeconds, whenSchemas.sun, whenSchemas.at])
    .meta({ title: 'When' }),
  does: z.union([doesSchemas.command, doesSchemas.request]).optional().meta({ title: 'Does' }),
});

/** A job with its defaults filled in. */
export type JobDefinition = z.output<typeof jobSchema>;
/** A job as it is written: what has a default may be left out. */
export type JobInput = z.input<typeof jobSchema>;
