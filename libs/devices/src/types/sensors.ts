import { z } from 'zod';
import { defineDeviceType } from '../device-type.js';

const MINUTE_MS = 60_000;

/** A temperature in °C, of water, air or ground. Believable from -55 to 125, as the common probes measure. */
export const temperatureSensor = defineDeviceType({
  oid: 'sensor.temperature',
  title: 'Temperature sensor',
  config: z.object({}),
  values: {
    temperature: {
      title: 'Temperature',
      schema: z.number(),
      unit: '°C',
      staleAfterMs: 5 * MINUTE_MS,
      range: [-55, 125],
      maxChangePerSecond: 5,
    },
  },
  commands: {},
});

/** Speed of the wind, and where it comes from. */
export const windSensor = defineDeviceType({
  oid: 'sensor.wind',
  title: 'Wind sensor',
  config: z.object({}),
  values: {
    speed: {
      title: 'Speed',
      schema: z.number(),
      unit: 'm/s',
      staleAfterMs: 5 * MINUTE_MS,
      range: [0, 120],
    },
    direction: {
      title: 'Direction it comes from, clockwise from north',
      schema: z.number(),
      unit: '°',
      staleAfterMs: 5 * MINUTE_MS,
      range: [0, 360],
    },
  },
  commands: {},
});

/** How full a tank is. */
export const levelSensor = defineDeviceType({
  oid: 'sensor.level',
  title: 'Level sensor',
  config: z.object({}),
  values: {
    level: { title: 'Level', schema: z.number(), unit: '%', staleAfterMs: MINUTE_MS, range: [0, 100] },
  },
  commands: {},
});

/** Relative humidity of the air. */
export const humiditySensor = defineDeviceType({
  oid: 'sensor.humidity',
  title: 'Humidity sensor',
  config: z.object({}),
  values: {
    humidity: {
      title: 'Relative humidity',
      schema: z.number(),
      unit: '%',
      staleAfterMs: 5 * MINUTE_MS,
      range: [0, 100],
    },
  },
  commands: {},
});

/** A contact of a door, a window, a float or a leak: closed or not. */
export const contactSensor = defineDeviceType({
  oid: 'sensor.contact',
  title: 'Contact',
  config: z.object({}),
  values: {
    closed: { title: 'Closed', schema: z.boolean(), staleAfterMs: 5 * MINUTE_MS },
  },
  commands: {},
});
