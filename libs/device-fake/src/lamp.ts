import { defineDeviceType, type DeviceDriver } from '@raspy/devices';
import { BehaviorSubject, map } from 'rxjs';
import { z } from 'zod';

const percent = z.number().min(0).max(100);

/** A lamp that can be dimmed; it does what it is told, at once. */
export const lampType = defineDeviceType({
  oid: 'fake.lamp',
  title: 'Lamp',
  config: z.object({ initialPercent: percent.default(0).meta({ title: 'Level when opened, percent' }) }),
  values: {
    level: { title: 'Level', schema: z.number(), unit: '%', kind: 'gauge', range: [0, 100] },
  },
  commands: {
    level: { title: 'Set the level', args: z.object({ percent: percent.meta({ title: 'Percent' }) }) },
    on: { title: 'Switch on fully' },
    off: { title: 'Switch off' },
  },
});

/** Driver of {@link lampType}; each command answers `{ percent }`, the level after it. */
export const lampDriver: DeviceDriver<typeof lampType> = {
  type: lampType,
  open({ initialPercent }) {
    const level = new BehaviorSubject(initialPercent);
    const set = (value: number): { percent: number } => {
      level.next(value);
      return { percent: value };
    };
    return {
      values$: level.pipe(map((value) => ({ name: 'level', value }))),
      commands: { level: (args) => set(args.percent), on: () => set(100), off: () => set(0) },
      poll: () => level.next(level.value),
      close: () => level.complete(),
    };
  },
};
