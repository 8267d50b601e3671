import { z } from 'zod';
import { BusError } from '../bus.js';
import { familyOfChip } from '../families.js';
import type { RomId } from '../rom-id.js';

/** Configuration of what is one channel of a switch. */
export const channelConfig = {
  channel: z.enum(['0', '1', '2', '3', '4', '5', '6', '7', 'A', 'B']).optional().meta({
    title: 'Channel',
    description: '0 to 7 of a DS2408, A or B of a DS2413; a DS2405 has only one, without a name',
  }),
  inverted: z.boolean().default(false).meta({
    title: 'Inverted',
    description: 'On is when the pin is not pulled low',
  }),
};

/**
 * The ending of the names of a channel's properties, such as `.3`.
 * @throws BusError `REFUSED` when the chip has no such channel
 */
export function channelSuffix(id: RomId, channel: string | undefined): string {
  const { title, channels } = familyOfChip(id);
  if (channels === undefined) throw new BusError('REFUSED', `${id} is a ${title}, which is no switch`);
  if (channels.includes(channel ?? '')) return channel === undefined ? '' : `.${channel}`;
  const wanted =
    channels[0] === '' ? 'leave "channel" out' : `give "channel" as one of ${channels.join(', ')}`;
  throw new BusError('REFUSED', `${id} is a ${title}: ${wanted}`);
}
