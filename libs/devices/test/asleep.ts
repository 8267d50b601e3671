import { NEVER } from 'rxjs';
import { z } from 'zod';
import { defineDeviceType, type DeviceDriver } from '../src/index.js';

/** A type whose devices speak when they like and cannot be asked. */
export const asleepType = defineDeviceType({
  oid: 'sensor.asleep',
  title: 'Asleep',
  config: z.object({}),
  values: { level: { schema: z.number() } },
  commands: {},
});

export const asleepDriver: DeviceDriver<typeof asleepType> = {
  type: asleepType,
  open: () => ({ values$: NEVER, commands: {}, close: () => undefined }),
};
