import { SettingsError } from '@raspy/runtime';
import type { DeviceServer } from '@raspy/runtime/device-server/plain';
import { createDeviceServer } from '@raspy/runtime/device-server/plain';
import { pluginsOf, registryOf, type PluginChoice } from './drivers.js';
import { contextOf, type ServerSurroundings } from './server-context.js';

/**
 * Makes a device server; for hosts in processes of their own too, which have neither broker nor container to pay for. Devices
 * of a plugin that cannot be used are left out, and it is said: a broken camera must not keep a heater from being guarded.
 *
 * @throws SettingsError when all its devices are such
 */
export async function composeDevices(surroundings: ServerSurroundings): Promise<DeviceServer> {
  const { plan, load, endpoint, logger } = surroundings;
  const { name, settings, devices = [] } = plan;
  const { plugins, failures } = await pluginsOf(settings as unknown as PluginChoice, load);
  const oids = registryOf(plugins).oids();
  const usable = failures.length === 0 ? devices : devices.filter(({ oid }) => oids.includes(oid));
  if (failures.length > 0 && usable.length === 0) {
    throw new SettingsError(failures.map((problem) => ({ where: `plugins of ${name}`, problem })));
  }
  for (const reason of failures) logger.error('a plugin cannot be used', { reason });
  for (const { name: device, oid } of devices.filter((one) => !usable.includes(one))) {
    logger.error('a device is left out, since no plugin that can be used has a driver for it', {
      device,
      oid,
    });
  }
  return createDeviceServer({
    ...contextOf(surroundings),
    ...(endpoint !== undefined && { endpoint }),
    plugins,
    devices: usable,
  });
}
