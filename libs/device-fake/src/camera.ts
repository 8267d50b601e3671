import { deriveDeviceType, type DeviceDriver } from '@raspy/devices';
import { camera } from '@raspy/devices/types';
import { z } from 'zod';
import { FakeDevice } from './fake-device.js';
import { faultCommands, faultsConfig } from './faults.js';
import { pngPicture } from './picture.js';
import { World } from './world.js';

const CAMERA_FAULTS = ['missing', 'slow'] as const;

/** A camera that draws its pictures: a sky, the number of the photo, and the time. */
export const cameraType = deriveDeviceType(camera, {
  config: z.object({
    width: z.int().min(32).max(1_920).default(160).meta({ title: 'Width in pixels' }),
    height: z.int().min(32).max(1_080).default(120).meta({ title: 'Height in pixels' }),
    faults: faultsConfig(CAMERA_FAULTS),
  }),
  commands: faultCommands(CAMERA_FAULTS),
});

/** Driver of {@link cameraType}; `photo` answers `{ photo, type, width, height, at }` and the bytes of a PNG file. */
export const cameraDriver: DeviceDriver<typeof cameraType> = {
  type: cameraType,
  simulated: true,
  open({ width, height, faults }, context) {
    const { clock, name } = context;
    const device = new FakeDevice(context, cameraType.oid, { faults });
    const taken = World.of(clock).remembered('photos', name, () => ({ photos: 0 }));
    return {
      values$: device.values$(() => ({ photos: taken.photos })),
      commands: {
        ...device.commands,
        photo: () =>
          device.act(() => {
            const photo = { photo: ++taken.photos, width, height, at: clock.wallNow() };
            return { result: { type: 'image/png', ...photo }, bytes: [pngPicture(photo)] };
          }),
      },
      poll: device.poll,
      close: () => device.close(),
    };
  },
};
