import { defineDeviceType, type ConfigOf, type DeviceDriver } from '@raspy/devices';
import { z } from 'zod';
import { FakeDevice } from './fake-device.js';
import { sensorConfig } from './sensor-config.js';
import { DEFAULT_TANK } from './simulated-tank.js';
import { World } from './world.js';

const { contents, ...properties } = DEFAULT_TANK;

/**
 * A simulated tank itself, known to other devices by the name of this one: says what it is like, and knows what
 * sensors may not. Its values can be set, as if its water were replaced.
 */
export const tankType = defineDeviceType({
  oid: 'fake.tank',
  title: 'Simulated tank',
  config: z.object({
    volumeLitres: z.number().min(0.1).max(1e6).default(properties.volumeLitres).meta({ title: 'Litres' }),
    ambientCelsius: z
      .number()
      .min(-50)
      .max(100)
      .default(properties.ambientCelsius)
      .meta({ title: 'Temperature of the room, °C' }),
    lossWattsPerKelvin: z
      .number()
      .min(0.01)
      .max(100_000)
      .default(properties.lossWattsPerKelvin)
      .meta({ title: 'Watts lost to the room for each kelvin that it is warmer' }),
    evaporationLitresPerDay: z
      .number()
      .min(0)
      .max(1e6)
      .default(properties.evaporationLitresPerDay)
      .meta({ title: 'Litres that evaporate a day' }),
    startCelsius: z
      .number()
      .min(-50)
      .max(100)
      .default(contents.celsius)
      .meta({ title: 'Temperature at first, °C' }),
    startPercent: z.number().min(0).max(100).default(contents.percent).meta({ title: 'Level at first, %' }),
    speed: z
      .number()
      .min(0.001)
      .max(100_000)
      .default(properties.speed)
      .meta({ title: 'Seconds that pass in the tank while one does here' }),
    intervalMs: sensorConfig(['missing']).intervalMs,
  }),
  values: {
    temperature: {
      title: 'Temperature',
      schema: z.number().min(-50).max(100),
      access: 'readwrite',
      unit: '°C',
      staleAfterMs: 300_000,
    },
    level: {
      title: 'Level',
      schema: z.number().min(0).max(100),
      access: 'readwrite',
      unit: '%',
      staleAfterMs: 300_000,
    },
  },
  commands: {},
});

/** Driver of {@link tankType}. */
export const tankDriver: DeviceDriver<typeof tankType> = {
  type: tankType,
  simulated: true,
  open(config, context) {
    const tank = World.of(context.clock).tank(context.name);
    const device = new FakeDevice(context, tankType.oid, { ...config, faults: [] });
    const build = ({ startCelsius, startPercent, ...like }: ConfigOf<typeof tankType>): void =>
      tank.build(like, { celsius: startCelsius, percent: startPercent });
    build(config);
    return {
      values$: device.values$(() => ({
        temperature: tank.celsius,
        level: tank.percent,
      })),
      commands: {},
      write: {
        temperature: (celsius) => device.act(() => tank.pour({ celsius })),
        level: (percent) => device.act(() => tank.pour({ percent })),
      },
      poll: device.poll,
      configure: (changed) => {
        build(changed);
        device.configure({ ...changed, faults: [] });
        return true;
      },
      close: () => device.close(),
    };
  },
};
