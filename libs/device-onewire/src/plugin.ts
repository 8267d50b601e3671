import { definePlugin, type RaspyPlugin } from '@raspy/devices';
import { z } from 'zod';
import { SharedBuses } from './buses/shared-buses.js';
import { deviceDrivers } from './devices/drivers.js';
import { chipFinder } from './discovery.js';
import { KernelBus } from './kernel/kernel-bus.js';
import { OwserverBus } from './owserver/owserver-bus.js';
import { serverAddress } from './server-address.js';

const owserverSchema = z
  .string()
  .refine((text) => serverAddress(text) !== undefined, {
    message: 'must be HOST:PORT, e.g. 127.0.0.1:4304, or a host alone',
  })
  .meta({ title: 'owserver' });

/** What can be set for all 1-Wire devices of a server together. */
export const onewireOptions = z.strictObject({
  devicesDir: z.string().min(1).optional().meta({
    title: 'Folder of the kernel',
    description: '/sys/bus/w1/devices when not given, unless an owserver is',
  }),
  owserver: z
    .union([owserverSchema, z.array(owserverSchema).max(16)])
    .optional()
    .meta({
      title: 'owserver, or several',
      description: 'HOST:PORT of each; besides the kernel where a folder is given too',
    }),
  scanSeconds: z.number().min(1).max(86_400).default(10).meta({
    title: 'Time between two searches for chips',
    unit: 's',
  }),
});

/** Where chips are looked for, and how often. */
export interface OnewireOptions {
  /** Folder in which the kernel shows chips. @default `/sys/bus/w1/devices`, unless an owserver is given */
  readonly devicesDir?: string | undefined;
  /** `HOST:PORT` of an owserver, or of several; the port may be left out, which is 4304 then. @default none */
  readonly owserver?: string | readonly string[] | undefined;
  /** Seconds between two searches for chips. @default 10 */
  readonly scanSeconds?: number | undefined;
}

const KERNEL_DIR = '/sys/bus/w1/devices';

/**
 * The plugin, on these buses.
 * @throws ZodError when an option has no meaning
 */
export function createOnewirePlugin(options: OnewireOptions = {}): RaspyPlugin {
  const { devicesDir, owserver = [], scanSeconds } = onewireOptions.parse(options);
  const servers = typeof owserver === 'string' ? [owserver] : owserver;
  const folder = devicesDir ?? (servers.length === 0 ? KERNEL_DIR : undefined);
  const buses = new SharedBuses(({ clock, log }) => [
    ...(folder === undefined ? [] : [new KernelBus({ devicesDir: folder, clock, log })]),
    ...servers.map((server) => new OwserverBus({ ...serverAddress(server)!, clock })),
  ]);
  return definePlugin({
    name: 'onewire',
    drivers: deviceDrivers(buses),
    finder: chipFinder(buses, scanSeconds),
    options: onewireOptions,
    withOptions: (others) => createOnewirePlugin(others),
  });
}

/** What a host that loads `raspy-plugin-onewire` gets. */
export const plugin = createOnewirePlugin();
