import { deriveDeviceType, type DeviceDriver } from '@raspy/devices';
import {
  contactSensor,
  humiditySensor,
  levelSensor,
  temperatureSensor,
  windSensor,
} from '@raspy/devices/types';
import { z } from 'zod';
import { courseConfig, courseValue, hasRoom, noRoom } from './course.js';
import { faultCommands } from './faults.js';
import { NUMBER_FAULTS, sensorConfig, tankName } from './sensor-config.js';
import { sensorSession } from './sensor-session.js';
import { World } from './world.js';

const TEMPERATURE_FAULTS = [...NUMBER_FAULTS, 'power-on'] as const;
const CONTACT_FAULTS = ['stuck', 'crc', 'missing', 'slow', 'flapping'] as const;

/** A temperature by a course, or of the water of a tank. */
export const temperatureType = deriveDeviceType(temperatureSensor, {
  config: z
    .object({
      ...courseConfig({ min: 24, max: 27, cycleSeconds: 3_600 }),
      tank: tankName.optional(),
      lagSeconds: z
        .number()
        .min(0)
        .max(86_400)
        .default(0)
        .meta({ title: 'Seconds within which it follows 63 % of a step', description: 'in a tank' }),
      ...sensorConfig(TEMPERATURE_FAULTS),
    })
    .refine(hasRoom, noRoom),
  commands: faultCommands(TEMPERATURE_FAULTS),
});

/** Driver of {@link temperatureType}. */
export const temperatureDriver: DeviceDriver<typeof temperatureType> = {
  type: temperatureType,
  simulated: true,
  open(config, context) {
    const { name, clock } = context;
    const { tank, lagSeconds } = config;
    const water = tank === undefined ? undefined : World.of(clock).tank(tank);
    const session = sensorSession(context, temperatureType.oid, config, {
      read: (now, it) => ({ temperature: water?.probe(name) ?? courseValue(now, it) }),
      fixed: (it) => `${it.tank ?? ''} ${it.lagSeconds}`,
      close: () => water?.takeProbe(name),
    });
    water?.putProbe(name, lagSeconds);
    return session;
  },
};

/** A level by a course, or of a tank. */
export const levelType = deriveDeviceType(levelSensor, {
  config: z
    .object({
      ...courseConfig({ min: 80, max: 100, cycleSeconds: 600 }),
      tank: tankName.optional(),
      ...sensorConfig(NUMBER_FAULTS),
      // A level is stale after a minute.
      intervalMs: z.int().min(10).max(20_000).default(1_000).meta({ title: 'Milliseconds between readings' }),
    })
    .refine(hasRoom, noRoom),
  commands: faultCommands(NUMBER_FAULTS),
});

/** Driver of {@link levelType}. */
export const levelDriver: DeviceDriver<typeof levelType> = {
  type: levelType,
  simulated: true,
  open(config, context) {
    const world = World.of(context.clock);
    return sensorSession(context, levelType.oid, config, {
      read: (now, it) => ({
        level: it.tank === undefined ? courseValue(now, it) : world.tank(it.tank).percent,
      }),
    });
  },
};

/** A humidity by a course. */
export const humidityType = deriveDeviceType(humiditySensor, {
  config: z
    .object({
      ...courseConfig({ min: 40, max: 65, cycleSeconds: 3_600 }),
      ...sensorConfig(NUMBER_FAULTS),
    })
    .refine(hasRoom, noRoom),
  commands: faultCommands(NUMBER_FAULTS),
});

/** Driver of {@link humidityType}. */
export const humidityDriver: DeviceDriver<typeof humidityType> = {
  type: humidityType,
  simulated: true,
  open: (config, context) =>
    sensorSession(context, humidityType.oid, config, {
      read: (now, it) => ({ humidity: courseValue(now, it) }),
    }),
};

/** A wind whose speed takes a course, and that turns clockwise from north. */
export const windType = deriveDeviceType(windSensor, {
  config: z
    .object({
      ...courseConfig({ min: 0, max: 12, cycleSeconds: 600 }),
      turnSeconds: z
        .number()
        .min(1)
        .max(31_536_000)
        .default(3_600)
        .meta({ title: 'Seconds of a whole turn of its direction' }),
      ...sensorConfig(NUMBER_FAULTS),
    })
    .refine(hasRoom, noRoom),
  commands: faultCommands(NUMBER_FAULTS),
});

/** Driver of {@link windType}. */
export const windDriver: DeviceDriver<typeof windType> = {
  type: windType,
  simulated: true,
  open: (config, context) =>
    sensorSession(context, windType.oid, config, {
      read: (now, it) => ({
        speed: courseValue(now, it),
        direction: ((now / 1_000 / it.turnSeconds) * 360) % 360,
      }),
    }),
};

/** A contact that is closed while a course, or the level of a tank, is above a threshold, as a float's is. */
export const contactType = deriveDeviceType(contactSensor, {
  config: z
    .object({
      ...courseConfig({ min: 0, max: 100, cycleSeconds: 60 }),
      tank: tankName.optional(),
      closedAbove: z.number().default(50).meta({ title: 'Closed while the course or level is above' }),
      ...sensorConfig(CONTACT_FAULTS),
    })
    .refine(hasRoom, noRoom),
  commands: faultCommands(CONTACT_FAULTS),
});

/** Driver of {@link contactType}. */
export const contactDriver: DeviceDriver<typeof contactType> = {
  type: contactType,
  simulated: true,
  open(config, context) {
    const world = World.of(context.clock);
    const height = (now: number, it: typeof config): number =>
      it.tank === undefined ? courseValue(now, it) : world.tank(it.tank).percent;
    return sensorSession(context, contactType.oid, config, {
      read: (now, it) => ({ closed: height(now, it) > it.closedAbove }),
    });
  },
};
