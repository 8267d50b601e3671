import {
  defineDeviceType,
  deriveDeviceType,
  type DeviceDriver,
  type DeviceSession,
  type DeviceType,
} from '@raspy/devices';
import { contactSensor, humiditySensor } from '@raspy/devices/types';
import { z } from 'zod';
import type { SharedBuses } from '../buses/shared-buses.js';
import { channelConfig, channelSuffix } from './channels.js';
import { chipId, chipIdSchema } from './chip-id.js';
import { POLL_SECONDS } from './poll-seconds.js';
import {
  parseBit,
  parseCount,
  parseDecimal,
  PropertySession,
  type PropertyValue,
} from './property-session.js';

const STALE_AFTER_MS = 5 * 60_000;

const volts = (title: string, low: number, high: number) =>
  ({ title, schema: z.number(), unit: 'V', staleAfterMs: STALE_AFTER_MS, range: [low, high] }) as const;
const pulses = (title: string) =>
  ({ title, schema: z.int().min(0), kind: 'counter', staleAfterMs: STALE_AFTER_MS }) as const;

/** One pin of a DS2408, DS2413 or DS2405 as an input: closed is when something pulls it low. */
export const onewireContact = deriveDeviceType(contactSensor, {
  config: z.object({ id: chipIdSchema, ...channelConfig }),
});

/** A humidity sensor that a DS2438 measures. */
export const onewireHumidity = deriveDeviceType(humiditySensor, {
  config: z.object({
    id: chipIdSchema,
    sensor: z
      .enum(['', 'HIH3600', 'HIH4000', 'HTM1735', 'DATANAB'])
      .default('')
      .meta({ title: 'Sensor', description: 'As owserver names it; empty for the one that it takes it for' }),
  }),
});

/** A DS2438: voltages and temperature beside a battery, or beside a sensor that gives a voltage. */
export const onewireBattery = defineDeviceType({
  oid: 'onewire.battery',
  title: 'Battery monitor DS2438',
  config: z.object({ id: chipIdSchema }),
  values: {
    temperature: {
      title: 'Temperature of the chip',
      schema: z.number(),
      unit: '°C',
      staleAfterMs: STALE_AFTER_MS,
      range: [-55, 125],
    },
    supply: volts('Supply (VDD)', 0, 10.24),
    input: volts('Input (VAD)', 0, 10.24),
    shunt: volts('Voltage over the shunt (VIS)', -0.26, 0.26),
  },
  commands: {},
});

/** A DS2450: four inputs of 0 to 5.12 V. */
export const onewireAdc = defineDeviceType({
  oid: 'onewire.adc',
  title: 'A/D converter DS2450',
  config: z.object({
    id: chipIdSchema,
    range: z.enum(['5.12', '2.56']).default('5.12').meta({ title: 'Highest voltage', unit: 'V' }),
  }),
  values: {
    a: volts('Input A', 0, 5.12),
    b: volts('Input B', 0, 5.12),
    c: volts('Input C', 0, 5.12),
    d: volts('Input D', 0, 5.12),
  },
  commands: {},
});

/** A DS2423: two counters of pulses, which go on counting while nobody looks. */
export const onewireCounter = defineDeviceType({
  oid: 'onewire.counter',
  title: 'Counter DS2423',
  config: z.object({ id: chipIdSchema }),
  values: { a: pulses('Counter A'), b: pulses('Counter B') },
  commands: {},
});

/** The drivers of chips that are only read, on these buses. */
export function chipDrivers(buses: SharedBuses): DeviceDriver[] {
  return [
    readDriver(buses, onewireContact, ({ id, channel, inverted }) => {
      const property = `sensed${channelSuffix(chipId({ id }), channel)}`;
      const closed = (text: string): boolean | undefined => {
        const high = parseBit(text);
        return high === undefined ? undefined : high === inverted;
      };
      return [{ name: 'closed', property, parse: closed }];
    }),
    readDriver(buses, onewireHumidity, ({ sensor }) => [
      { name: 'humidity', property: sensor === '' ? 'humidity' : `${sensor}/humidity`, parse: parseDecimal },
    ]),
    readDriver(buses, onewireBattery, () => [
      { name: 'temperature', property: 'temperature', parse: parseDecimal },
      { name: 'supply', property: 'VDD', parse: parseDecimal },
      { name: 'input', property: 'VAD', parse: parseDecimal },
      { name: 'shunt', property: 'vis', parse: parseDecimal },
    ]),
    readDriver(buses, onewireAdc, ({ range }) =>
      ['A', 'B', 'C', 'D'].map((input) => ({
        name: input.toLowerCase(),
        property: `${range === '5.12' ? 'volt' : 'volt2'}.${input}`,
        parse: parseDecimal,
      })),
    ),
    readDriver(buses, onewireCounter, () => [
      { name: 'a', property: 'counters.A', parse: parseCount },
      { name: 'b', property: 'counters.B', parse: parseCount },
    ]),
  ];
}

/** A driver that only reads properties. */
function readDriver<T extends DeviceType<z.ZodObject<{ id: z.ZodString }>>>(
  buses: SharedBuses,
  type: T,
  valuesOf: (config: z.output<T['config']>) => readonly PropertyValue[],
): DeviceDriver {
  const driver: DeviceDriver<T> = {
    type,
    pollSeconds: POLL_SECONDS,
    addressOf: chipId,
    open: (config, { clock, log }) => {
      const values = valuesOf(config);
      const session = new PropertySession({
        id: chipId(config),
        use: buses.use({ clock, log }),
        log,
        values,
      });
      return {
        values$: session.values$,
        commands: {},
        poll: () => session.poll(),
        close: () => session.close(),
      } as DeviceSession as DeviceSession<T>;
    },
  };
  return driver;
}
