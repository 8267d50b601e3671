import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { env } from 'node:process';
import { deriveDeviceType, type DeviceDriver } from '@raspy/devices';
import { camera } from '@raspy/devices/types';
import { BehaviorSubject, map } from 'rxjs';
import { z } from 'zod';
import { runStill } from './run-still.js';

/** A camera whose photos come from a command. */
export const cameraType = deriveDeviceType(camera, {
  config: z.object({
    command: z
      .string()
      .min(1)
      .default('rpicam-still')
      .meta({ title: 'Command', description: 'Its name, or an absolute path; no shell is involved' }),
    args: z
      .array(z.string())
      .default(['--nopreview', '--immediate', '--timeout=1', '--encoding=jpg', '--output=-'])
      .meta({
        title: 'Arguments',
        description: 'With these it must write the picture to its standard output',
      }),
    timeoutSeconds: z
      .number()
      .min(1)
      .max(9)
      .default(8)
      .meta({ title: 'Longest time for a photo', unit: 's' }),
    maxMegabytes: z.number().positive().max(32).default(16).meta({ title: 'Largest photo', unit: 'MB' }),
  }),
});

/** Takes a photo by running the command. The device is failed while there is no such command. */
export const stillCamera: DeviceDriver<typeof cameraType> = {
  type: cameraType,
  async open({ command, args, timeoutSeconds, maxMegabytes }, { clock, log }) {
    await findCommand(command);
    const photos = new BehaviorSubject(0);
    return {
      values$: photos.pipe(map((value) => ({ name: 'photos', value }))),
      commands: {
        photo: async () => {
          const photo = await runStill({
            command,
            args,
            timeoutMs: timeoutSeconds * 1_000,
            maxBytes: maxMegabytes * 1_000_000,
            clock,
          });
          photos.next(photos.value + 1);
          log.debug('photo taken', { bytes: photo.length });
          return { result: { bytes: photo.length, at: clock.wallNow() }, bytes: [photo] };
        },
      },
      close: () => photos.complete(),
    };
  },
};

/** @throws Error that says what to do when there is no such command */
async function findCommand(command: string): Promise<void> {
  const folders = isAbsolute(command) ? [''] : (env['PATH'] ?? '').split(delimiter);
  for (const folder of folders) {
    try {
      await access(folder === '' ? command : join(folder, command), constants.X_OK);
      return;
    } catch {
      // Perhaps in the next one.
    }
  }
  throw new Error(`there is no command "${command}": install it, or set "command" to one that takes photos`);
}
