import { CommandRefusedError, deriveDeviceType, type DeviceDriver } from '@raspy/devices';
import { doserActuator } from '@raspy/devices/types';
import { z } from 'zod';
import { OUTPUT_FAULTS, outputConfig } from './actuators.js';
import { FakeDevice } from './fake-device.js';
import { faultCommands } from './faults.js';
import { World } from './world.js';

/** A dosing pump that gives millilitres by the time it turns. */
export const doserType = deriveDeviceType(doserActuator, {
  config: z.object({
    mlPerMinute: z.number().positive().max(100_000).default(300).meta({ title: 'Millilitres a minute' }),
    ...outputConfig,
  }),
  commands: faultCommands(OUTPUT_FAULTS),
});

/** How much it has given until an instant, and whether it turns since; this outlives the session. */
interface Given {
  ml: number;
  at: number;
  on: boolean;
}

/** Driver of {@link doserType}; `dose` ends when the amount was given, and answers `{ ml }`, which is what was given. */
export const doserDriver: DeviceDriver<typeof doserType> = {
  type: doserType,
  simulated: true,
  open(config, context) {
    const { clock } = context;
    const device = new FakeDevice(context, doserType.oid, config);
    const mlPerMs = config.mlPerMinute / 60_000;
    const given = World.of(clock).remembered<Given>('dosed', context.name, () => ({
      ml: 0,
      at: clock.now(),
      on: false,
    }));
    let stop = (): void => undefined;
    const dosed = (): number => given.ml + (given.on ? (clock.now() - given.at) * mlPerMs : 0);
    const turn = (on: boolean): void => {
      Object.assign(given, { ml: dosed(), at: clock.now(), on });
      if (!on) stop();
    };
    const dose = async (ml: number): Promise<{ ml: number }> => {
      if (given.on) throw new CommandRefusedError('its pump turns already: switch it off first');
      if (device.relayStuck) return { ml: 0 };
      const before = given.ml;
      turn(true);
      device.report();
      try {
        await device.wait(ml / mlPerMs, (stopIt) => (stop = stopIt));
      } finally {
        stop = () => undefined;
        turn(false);
      }
      const done = given.ml - before;
      // The clock of the machine may be late by a little: then it has given a little more.
      if (done < ml - 1e-6) throw new Error(`it was stopped after ${done} of ${ml} ml`);
      return { ml: done };
    };
    return {
      values$: device.values$(() => ({
        on: given.on,
        dosed: dosed(),
      })),
      commands: { ...device.commands, dose: ({ ml }) => device.act(() => dose(ml)) },
      write: {
        on: (on) =>
          device.act(() => {
            if (!device.relayStuck) turn(on);
          }),
      },
      poll: device.poll,
      close: () => {
        device.close();
        if (config.onClose === 'off') turn(false);
      },
    };
  },
};
