import { defineDeviceType, type DeviceDriver, type DeviceUpdate } from '@raspy/devices';
import { Subject } from 'rxjs';
import { z } from 'zod';
import type { SharedBuses } from '../buses/shared-buses.js';
import { familyOfChip } from '../families.js';
import { chipId, chipIdSchema } from './chip-id.js';
import { TroubleLog, troubleOf } from './trouble.js';

/** Any chip: whether it is there. What nobody has a driver for, or must not be driven before it is configured, is seen by this. */
export const onewireChip = defineDeviceType({
  oid: 'onewire.chip',
  title: '1-Wire chip',
  config: z.object({ id: chipIdSchema }),
  values: {
    present: { title: 'It answers', schema: z.boolean() },
    family: { title: 'What it is', schema: z.string() },
  },
  commands: {},
});

/** Seconds between two looks; the buses are searched for other reasons more often. */
const POLL_SECONDS = 30;

/** The driver of chips of whatever family on these buses. */
export function chipDriver(buses: SharedBuses): DeviceDriver<typeof onewireChip> {
  return {
    type: onewireChip,
    pollSeconds: POLL_SECONDS,
    addressOf: chipId,
    open: (config, { clock, log }) => {
      const id = chipId(config);
      const use = buses.use({ clock, log });
      const trouble = new TroubleLog(log);
      const values$ = new Subject<DeviceUpdate<typeof onewireChip>>();
      return {
        values$,
        commands: {},
        poll: async () => {
          values$.next({ name: 'family', value: familyOfChip(id).title });
          try {
            values$.next({ name: 'present', value: await use.bus.present(id) });
            trouble.tell(undefined);
          } catch (error) {
            const bad = troubleOf(error);
            values$.next({ name: 'present', bad });
            trouble.tell(bad);
          }
        },
        close: () => {
          values$.complete();
          return use.release();
        },
      };
    },
  };
}
