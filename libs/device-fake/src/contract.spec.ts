import type { DeviceDriver } from '@raspy/devices';
import { driverTests, type CheckDriverOptions } from '@raspy/devices/testing';
import { standardTypes } from '@raspy/devices/types';
import { plugin } from './index.js';

/** What a driver is checked with beside its defaults. */
const options: Record<string, CheckDriverOptions> = {
  'fake.cyclic': { changedConfig: { min: 3, intervalMs: 500 } },
  'fake.linear': {
    config: { min: 0, max: 10, atBound: 'wrap', unit: 'l' },
    changedConfig: { start: 5 },
  },
  'fake.lamp': { commands: [{ name: 'level', args: { percent: 30 } }, { name: 'on' }, { name: 'off' }] },
  'fake.tank': { config: { speed: 60 }, changedConfig: { volumeLitres: 5, intervalMs: 100 } },
  'sensor.temperature': { config: { tank: 'reef', lagSeconds: 60 }, changedConfig: { intervalMs: 10_000 } },
  'sensor.level': { config: { course: 'linear', slopePerSecond: -1 }, changedConfig: { tank: 'reef' } },
  'sensor.contact': { changedConfig: { tank: 'reef', closedAbove: 95 } },
  'actuator.heater': { config: { tank: 'reef', watts: 300, onClose: 'off' } },
  'actuator.pump': { config: { tank: 'reef', direction: 'empty' } },
  'actuator.doser': {
    config: { onClose: 'off' },
    commands: [
      { name: 'dose', args: { ml: 5 } },
      { name: 'dose', args: { ml: 0.1 } },
      { name: 'set', args: { on: true } },
    ],
  },
  'clock.rtc': { writes: { time: [0, 2e12] } },
  'media.camera': { config: { width: 40, height: 33 }, commands: [{ name: 'photo' }, { name: 'photo' }] },
  'media.tv': {
    writes: {
      on: [false, true],
      'channel.channel': [1, 30],
      'volume.volume': [0, 100],
      'volume.muted': [true, false],
    },
    commands: [
      { name: 'set', args: { on: true } },
      ...['up', 'down', 'down'].flatMap((name) =>
        ['channel', 'volume'].map((subdevice) => ({ name, subdevice })),
      ),
    ],
  },
};
const both = (of: CheckDriverOptions['commands']): CheckDriverOptions['commands'] => [
  ...(of ?? []),
  { name: 'fault', args: { kind: 'slow', ms: 500, seconds: 5 } },
  { name: 'mend' },
];

describe.each(plugin.drivers.map((driver): [string, DeviceDriver] => [driver.type.oid, driver]))(
  '%s',
  (oid, driver) => {
    const given = options[oid] ?? {};
    const commands = Object.hasOwn(driver.type.commands, 'fault') ? both(given.commands) : given.commands;
    for (const { name, run } of driverTests(driver, {
      ...given,
      ...(commands !== undefined && { commands }),
    })) {
      it(name, run);
    }
    it('says that it is simulated', () => expect(driver.simulated).toBe(true));
  },
);

it('has a driver for every standard type', () => {
  const oids = plugin.drivers.map(({ type }) => type.oid);
  expect(oids).toEqual(expect.arrayContaining(standardTypes.map(({ oid }) => oid)));
  expect(oids).toHaveLength(standardTypes.length + 4);
});
