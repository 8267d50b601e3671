import { defineDeviceType, type DeviceDriver } from '@raspy/devices';
import { z } from 'zod';
import { OUTPUT_FAULTS } from './actuators.js';
import { FakeDevice } from './fake-device.js';
import { faultCommands, faultsConfig } from './faults.js';

const percent = z.number().min(0).max(100);

/** A lamp that can be dimmed, by its value or by commands; it does what it is told, at once. */
export const lampType = defineDeviceType({
  oid: 'fake.lamp',
  title: 'Lamp',
  config: z.object({
    initialPercent: percent.default(0).meta({ title: 'Level when opened, percent' }),
    faults: faultsConfig(OUTPUT_FAULTS),
  }),
  values: {
    level: {
      title: 'Level',
      schema: percent,
      access: 'readwrite',
      unit: '%',
      kind: 'gauge',
      range: [0, 100],
    },
  },
  commands: {
    level: { title: 'Set the level', args: z.object({ percent: percent.meta({ title: 'Percent' }) }) },
    on: { title: 'Switch on fully' },
    off: { title: 'Switch off' },
    ...faultCommands(OUTPUT_FAULTS),
  },
});

/** Driver of {@link lampType}; each of its commands answers `{ percent }`, the level after it. */
export const lampDriver: DeviceDriver<typeof lampType> = {
  type: lampType,
  simulated: true,
  open({ initialPercent, faults }, context) {
    const device = new FakeDevice(context, lampType.oid, { faults });
    let level = initialPercent;
    const set = (to: number): Promise<{ percent: number }> =>
      device.act(() => {
        if (!device.relayStuck) level = to;
        return { percent: level };
      });
    return {
      values$: device.values$(() => ({ level: level })),
      commands: {
        level: (args) => set(args.percent),
        on: () => set(100),
        off: () => set(0),
        ...device.commands,
      },
      write: {
        level: async (to) => {
          await set(to);
        },
      },
      poll: device.poll,
      close: () => device.close(),
    };
  },
};
