import type { DeviceConfig, DeviceDriver } from '@raspy/devices';
import { structure, type Setting, type SettingValues } from './setting.js';

/**
 * The setting `devices` of a device server: which devices it has, each with the configuration that its driver asks for.
 * @param drivers - loaded when a file has the setting; it may hang on other settings, such as the plugins
 * @param defaultText - what the server has when no file says
 */
export function devicesSetting(
  drivers: (others: SettingValues) => Promise<Iterable<DeviceDriver>>,
  defaultText: string,
): Setting<readonly DeviceConfig[] | undefined> {
  return structure<readonly DeviceConfig[] | undefined>({
    description: 'The devices: a list of { name, oid, config, pollSeconds, log }',
    default: undefined,
    defaultText,
    schema: async (others) => {
      const { deviceListSchema } = await import('../device-server/device-list-schema.js');
      return deviceListSchema(await drivers(others));
    },
  });
}
