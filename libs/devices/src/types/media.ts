import { z } from 'zod';
import { defineDeviceType } from '../device-type.js';

/** A camera that takes a photo when it is asked; the picture comes back as bytes. */
export const camera = defineDeviceType({
  oid: 'media.camera',
  title: 'Camera',
  config: z.object({}),
  values: {
    photos: { title: 'Photos taken', schema: z.int().min(0), kind: 'counter' },
  },
  commands: { photo: { title: 'Take a photo', bytes: true } },
});

/** The channel selector of a television. */
export const tvChannel = defineDeviceType({
  oid: 'media.tv-channel',
  title: 'Channel selector',
  config: z.object({}),
  values: {
    channel: { title: 'Channel', schema: z.int().min(1).max(9_999), access: 'readwrite' },
  },
  commands: { up: { title: 'Next channel' }, down: { title: 'Channel before' } },
});

/** The volume control of a television. */
export const tvVolume = defineDeviceType({
  oid: 'media.tv-volume',
  title: 'Volume',
  config: z.object({}),
  values: {
    volume: { title: 'Volume', schema: z.number().min(0).max(100), access: 'readwrite', unit: '%' },
    muted: { title: 'Muted', schema: z.boolean(), access: 'readwrite' },
  },
  commands: { up: { title: 'Louder' }, down: { title: 'Quieter' } },
});

/** A television: channel selector and volume are devices of their own inside. */
export const tv = defineDeviceType({
  oid: 'media.tv',
  title: 'Television',
  config: z.object({}),
  values: { on: { title: 'On', schema: z.boolean(), access: 'readwrite' } },
  commands: {},
  subdevices: { channel: tvChannel, volume: tvVolume },
});
