import { defineDeviceType, type ConfigOf, type DeviceDriver } from '@raspy/devices';
import { z } from 'zod';
import { faultCommands } from './faults.js';
import { LONGEST_INTERVAL_MS, moderate, NUMBER_FAULTS, sensorConfig, unitConfig } from './sensor-config.js';
import { sensorSession } from './sensor-session.js';

/** A sensor whose value goes from `min` up to `max` at half the cycle and back to `min`, again and again. */
export const cyclicType = defineDeviceType({
  oid: 'fake.cyclic',
  title: 'Cyclic sensor',
  config: z
    .object({
      cycleSeconds: z.number().min(0.001).max(31_536_000).default(60).meta({ title: 'Seconds of a cycle' }),
      min: moderate.default(0).meta({ title: 'Lowest value' }),
      max: moderate.default(100).meta({ title: 'Highest value' }),
      ...unitConfig,
      ...sensorConfig(NUMBER_FAULTS),
    })
    .refine(({ min, max }) => min < max, { path: ['max'], message: 'must be more than min' }),
  values: {
    value: { title: 'Value', schema: z.number(), kind: 'gauge', staleAfterMs: 3 * LONGEST_INTERVAL_MS },
  },
  commands: faultCommands(NUMBER_FAULTS),
});

/** What {@link cyclicValue} depends on. */
export type CyclicConfig = Pick<ConfigOf<typeof cyclicType>, 'cycleSeconds' | 'min' | 'max'>;

/**
 * The value at the instant `t`, in milliseconds: `min` at 0, `max` at half the cycle, `min` at its end, straight
 * lines between; periodic in both directions of time and never outside `min` to `max`.
 */
export function cyclicValue(t: number, { cycleSeconds, min, max }: CyclicConfig): number {
  const cycleMs = cycleSeconds * 1_000;
  const phase = (((t % cycleMs) + cycleMs) % cycleMs) / cycleMs;
  const height = 1 - Math.abs(1 - 2 * phase);
  return Math.min(Math.max(min + (max - min) * height, min), max);
}

/** Driver of {@link cyclicType}; its time is the clock's monotonic one. */
export const cyclicDriver: DeviceDriver<typeof cyclicType> = {
  type: cyclicType,
  simulated: true,
  open: (config, context) =>
    sensorSession(context, cyclicType.oid, config, {
      read: (now, it) => ({ value: cyclicValue(now, it) }),
      fixed: ({ unit }) => unit,
      units: config.unit === '' ? {} : { value: config.unit },
    }),
};
