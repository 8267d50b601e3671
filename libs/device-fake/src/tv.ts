import { CommandRefusedError, deriveDeviceType, type DeviceDriver } from '@raspy/devices';
import { tv } from '@raspy/devices/types';
import { z } from 'zod';
import { OUTPUT_FAULTS } from './actuators.js';
import { FakeDevice } from './fake-device.js';
import { faultCommands, faultsConfig } from './faults.js';
import { World } from './world.js';

/** A television. */
export const tvType = deriveDeviceType(tv, {
  config: z.object({
    channels: z.int().min(1).max(9_999).default(30).meta({ title: 'Channels it receives' }),
    volumeStep: z
      .number()
      .positive()
      .max(100)
      .default(5)
      .meta({ title: 'Percent louder or quieter at a time' }),
    faults: faultsConfig(OUTPUT_FAULTS),
  }),
  commands: faultCommands(OUTPUT_FAULTS),
});

/** Driver of {@link tvType}: while it is off, channel and volume stay, and refuse to be changed. */
export const tvDriver: DeviceDriver<typeof tvType> = {
  type: tvType,
  simulated: true,
  open({ channels, volumeStep, faults }, context) {
    const device = new FakeDevice(context, tvType.oid, { faults });
    const state = World.of(context.clock).remembered('tv', context.name, () => ({
      on: false,
      channel: 1,
      volume: 20,
      muted: false,
    }));
    const change = (changes: Partial<typeof state>): Promise<void> =>
      device.act(() => {
        if (!device.relayStuck) Object.assign(state, changes);
      });
    /** @throws CommandRefusedError (rejects) while it is off */
    const whileOn = async (changes: () => Partial<typeof state>): Promise<void> => {
      if (!state.on) throw new CommandRefusedError('it is off: switch it on first');
      await change(changes());
    };
    const tune = (channel: number) => () => {
      if (channel <= channels) return { channel };
      throw new CommandRefusedError(`it receives the channels 1 to ${channels}`);
    };
    // Whoever turns a television louder wants to hear it.
    const turn = (by: number) => () => ({
      volume: Math.min(Math.max(state.volume + by, 0), 100),
      ...(by > 0 && { muted: false }),
    });
    const channelAfter = (): number => (state.channel % channels) + 1;
    const channelBefore = (): number => (state.channel > 1 ? state.channel - 1 : channels);
    return {
      values$: device.values$(() => ({ on: state.on })),
      commands: device.commands,
      write: { on: (on) => change({ on }) },
      subdevices: {
        channel: {
          values$: device.values$(() => ({ channel: state.channel })),
          commands: {
            up: () => whileOn(() => ({ channel: channelAfter() })),
            down: () => whileOn(() => ({ channel: channelBefore() })),
          },
          write: { channel: (channel) => whileOn(tune(channel)) },
        },
        volume: {
          values$: device.values$(() => ({
            volume: state.volume,
            muted: state.muted,
          })),
          commands: { up: () => whileOn(turn(volumeStep)), down: () => whileOn(turn(-volumeStep)) },
          write: {
            volume: (volume) => whileOn(() => ({ volume })),
            muted: (muted) => whileOn(() => ({ muted })),
          },
        },
      },
      poll: device.poll,
      close: () => device.close(),
    };
  },
};
