import { z } from 'zod';
import { defineDeviceType } from '../device-type.js';

/** A real-time clock, which knows the time while the board is without power. */
export const rtcClock = defineDeviceType({
  oid: 'clock.rtc',
  title: 'Real-time clock',
  config: z.object({}),
  values: {
    time: {
      title: 'Time it shows, Unix milliseconds',
      schema: z.number(),
      unit: 'ms',
      access: 'readwrite',
      staleAfterMs: 3_600_000,
    },
    lostPower: { title: 'It was without power, and its time is wrong', schema: z.boolean() },
  },
  commands: {},
});
