import { defineDeviceType, type ConfigOf, type DeviceDriver } from '@raspy/devices';
import { z } from 'zod';
import { faultCommands } from './faults.js';
import { LONGEST_INTERVAL_MS, moderate, NUMBER_FAULTS, sensorConfig, unitConfig } from './sensor-config.js';
import { sensorSession } from './sensor-session.js';

/** A sensor whose value grows or falls steadily; at `min` and `max` it stays, or begins again at the other end. */
export const linearType = defineDeviceType({
  oid: 'fake.linear',
  title: 'Linear sensor',
  config: z
    .object({
      start: moderate.default(0).meta({ title: 'Value at the start' }),
      slopePerSecond: moderate.default(1).meta({ title: 'Change a second' }),
      min: moderate.optional().meta({ title: 'Lowest value' }),
      max: moderate.optional().meta({ title: 'Highest value' }),
      atBound: z.enum(['hold', 'wrap']).default('hold').meta({
        title: 'At the lowest and highest value',
        description: 'wrap: begin again at the other end',
      }),
      ...unitConfig,
      ...sensorConfig(NUMBER_FAULTS),
    })
    .refine(({ min, max }) => min === undefined || max === undefined || min < max, {
      path: ['max'],
      message: 'must be more than min',
    })
    .refine(({ atBound, min, max }) => atBound === 'hold' || (min !== undefined && max !== undefined), {
      path: ['atBound'],
      message: 'wrap needs both min and max',
    }),
  values: {
    value: { title: 'Value', schema: z.number(), kind: 'gauge', staleAfterMs: 3 * LONGEST_INTERVAL_MS },
  },
  commands: faultCommands(NUMBER_FAULTS),
});

/** What {@link linearValue} depends on. */
export type LinearConfig = Pick<
  ConfigOf<typeof linearType>,
  'start' | 'slopePerSecond' | 'min' | 'max' | 'atBound'
>;

/**
 * The value at the instant `t`, in milliseconds: `start + slopePerSecond * t / 1000`, held at `min` and `max`, or
 * wrapped into `min` (included) to `max` (excluded).
 */
export function linearValue(t: number, config: LinearConfig): number {
  const { start, slopePerSecond, min = -Infinity, max = Infinity, atBound } = config;
  const value = start + (slopePerSecond * t) / 1_000;
  if (atBound === 'hold') return Math.min(Math.max(value, min), max);
  const span = max - min;
  const wrapped = min + ((((value - min) % span) + span) % span);
  return wrapped < max ? wrapped : min;
}

/** Driver of {@link linearType}; its time is the clock's monotonic one. */
export const linearDriver: DeviceDriver<typeof linearType> = {
  type: linearType,
  simulated: true,
  open: (config, context) =>
    sensorSession(context, linearType.oid, config, {
      read: (now, it) => ({ value: linearValue(now, it) }),
      fixed: ({ unit }) => unit,
      units: config.unit === '' ? {} : { value: config.unit },
    }),
};
