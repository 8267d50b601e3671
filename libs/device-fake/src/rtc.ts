import { deriveDeviceType, type DeviceDriver } from '@raspy/devices';
import { rtcClock } from '@raspy/devices/types';
import { z } from 'zod';
import { FakeDevice } from './fake-device.js';
import { faultCommands } from './faults.js';
import { sensorConfig } from './sensor-config.js';
import { World } from './world.js';

const RTC_FAULTS = ['stuck', 'crc', 'missing', 'slow'] as const;

/** A real-time clock that runs by the monotonic clock, so that nothing steps it but who sets it. */
export const rtcType = deriveDeviceType(rtcClock, {
  config: z.object({
    offsetSeconds: z.number().min(-1e10).max(1e10).default(0).meta({ title: 'Seconds it is ahead at first' }),
    driftPpm: z.number().min(-100_000).max(100_000).default(0).meta({
      title: 'How much too fast it runs, parts per million',
      description: '20 are 1.7 s a day',
    }),
    lostPower: z.boolean().default(false).meta({ title: 'It was without power before' }),
    ...sensorConfig(RTC_FAULTS),
  }),
  commands: faultCommands(RTC_FAULTS),
});

/** What it showed when it was set, at an instant of the monotonic clock; its battery keeps it between sessions. */
interface Running {
  time: number;
  at: number;
  lostPower: boolean;
}

/** Driver of {@link rtcType}. */
export const rtcDriver: DeviceDriver<typeof rtcType> = {
  type: rtcType,
  simulated: true,
  open(config, context) {
    const { clock } = context;
    const device = new FakeDevice(context, rtcType.oid, config);
    const running = World.of(clock).remembered<Running>('rtc', context.name, () => ({
      time: clock.wallNow() + config.offsetSeconds * 1_000,
      at: clock.now(),
      lostPower: config.lostPower,
    }));
    const time = (): number => running.time + (clock.now() - running.at) * (1 + config.driftPpm / 1e6);
    return {
      values$: device.values$(() => ({
        time: time(),
        lostPower: running.lostPower,
      })),
      commands: device.commands,
      write: {
        time: (to) =>
          device.act(() => {
            Object.assign(running, { time: to, at: clock.now(), lostPower: false });
          }),
      },
      poll: device.poll,
      close: () => device.close(),
    };
  },
};
