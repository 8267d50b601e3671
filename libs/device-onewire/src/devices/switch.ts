import { deriveDeviceType, type DeviceDriver } from '@raspy/devices';
import { switchActuator } from '@raspy/devices/types';
import { z } from 'zod';
import type { SharedBuses } from '../buses/shared-buses.js';
import { channelConfig, channelSuffix } from './channels.js';
import { chipId, chipIdSchema } from './chip-id.js';
import { POLL_SECONDS } from './poll-seconds.js';
import { parseBit, PropertySession, type PropertyValue } from './property-session.js';

/** One output of a DS2408, DS2413 or DS2405: on is when its transistor pulls the pin low. */
export const onewireSwitch = deriveDeviceType(switchActuator, {
  config: z.object({ id: chipIdSchema, ...channelConfig }),
  values: { pin: { title: 'The pin is high', schema: z.boolean() } },
});

/** The driver of switches on these buses. */
export function switchDriver(buses: SharedBuses): DeviceDriver<typeof onewireSwitch> {
  return {
    type: onewireSwitch,
    pollSeconds: POLL_SECONDS,
    addressOf: chipId,
    open: async (config, { clock, log, name }) => {
      const id = chipId(config);
      const suffix = channelSuffix(id, config.channel);
      const bit = (text: string): boolean | undefined => {
        const value = parseBit(text);
        return value === undefined ? undefined : value !== config.inverted;
      };
      const on: PropertyValue = { name: 'on', property: `PIO${suffix}`, parse: bit };
      const pin: PropertyValue = { name: 'pin', property: `sensed${suffix}`, parse: parseBit };
      const use = buses.use({ clock, log });
      try {
        use.claim(`${id}${suffix}`, name);
      } catch (error) {
        await use.release();
        throw error;
      }
      const session = new PropertySession({ id, use, log, values: [on, pin] });
      return {
        values$: session.values$,
        commands: {},
        write: {
          on: async (value) => {
            await session.write(on.property, value === config.inverted ? '0' : '1');
            // What the chip says it does, not what it was told.
            session.values$.next(await session.read(on));
          },
        },
        poll: () => session.poll(),
        close: () => session.close(),
      } as ReturnType<DeviceDriver<typeof onewireSwitch>['open']>;
    },
  };
}
