import type { DeviceConfig } from '@raspy/devices';
import {
  boundPortSetting,
  builtinTitanicSetting,
  coreSettings,
  exporterSettings,
  kvServerSettings,
  maxMessageSetting,
  serverSettings,
  serviceSetting,
  structure,
  titanicSettings,
  toggle,
  toolSettings,
  webSettings,
  type Reading,
  type Setting,
  type SettingsOf,
} from '@raspy/runtime';
import { pluginsSettings } from '@raspy/runtime/plugins';
import { registryOf, type DriverLoader } from './drivers.js';
import { pluginOptionsSchema } from './plugin-options.js';
import { kindMistake } from './server-kinds.js';

/** Whether a device server runs in a process of its own; `auto`: when one of its devices may do harm. */
export type Isolation = boolean | 'auto';

/**
 * The settings of a home and of each of its servers, which are all of one shape: what one server has no use for, another
 * one may.
 */
export function homeSettings(load: DriverLoader) {
  return {
    ...serverSettings,
    brokerPort: boundPortSetting,
    maxMessageMb: maxMessageSetting,
    ...kvServerSettings,
    titanic: builtinTitanicSetting,
    ...titanicSettings,
    ...coreSettings,
    ...exporterSettings,
    ...webSettings,
    clock: structure<Readonly<Record<string, unknown>>>({
      description: 'What is configured of the device clock of core, see raspy-plugin-clock',
      hint: 'MAP',
      default: {},
      defaultText: 'what it takes by itself',
      schema: async () => (await import('../built-in/clock.js')).machineClockType.config,
    }),
    ...pluginsSettings,
    pluginOptions: structure<Readonly<Record<string, Readonly<Record<string, unknown>>>>>({
      description: 'What is set once for all devices of a plugin, by its short name',
      hint: 'MAP',
      default: {},
      defaultText: 'what each plugin takes by itself',
      schema: async (others) => {
        const { plugins, failures } = await load(
          others['plugins'] as readonly string[],
          others['pluginsDir'] as string,
        );
        return pluginOptionsSchema(plugins, { partial: failures.length > 0 });
      },
    }),
    servers: serversSetting,
    service: {
      ...serviceSetting('fake'),
      description: 'Name on the bus of the device server whose devices stand on top of the file',
      fallback: () => undefined,
    } as Setting<string | undefined>,
    isolate: isolateSetting,
    kind: kindSetting,
    devices: structure<readonly DeviceConfig[] | undefined>({
      description: 'The devices: a list of { name, oid, config, pollSeconds, log }',
      default: undefined,
      defaultText: 'a small home: water, a lamp, a reef with heater and pump, a camera, a television',
      schema: async ({ plugins, pluginsDir }) => {
        const loaded = await load(plugins as readonly string[], pluginsDir as string);
        const { deviceListSchema } = await import('./device-list.js');
        // Without all of its plugins nobody can say which devices are right: the server tells of the plugins.
        return deviceListSchema(registryOf(loaded.plugins), { partial: loaded.failures.length > 0 });
      },
    }),
    json: toggle({ description: 'Print JSON lines: ready, services, readings' }),
    logLevel: toolSettings.logLevel,
  };
}

/** The values of {@link homeSettings}. */
export type HomeValues = SettingsOf<ReturnType<typeof homeSettings>>;

/** Names, with commas between them. */
const serversSetting: Setting<readonly string[] | undefined> = {
  description:
    'Which servers to run, of those that the file has and of the kinds broker, titanic, core, web, fake',
  hint: 'NAME,…',
  from: 'command',
  fallback: () => undefined,
  fallbackText: () => 'the broker, all device servers of the file, else fake, core and web',
  read: (input) => {
    const names = String(input)
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    return names.length > 0 ? { value: names } : [{ problem: 'names no server: give one, e.g. broker,fake' }];
  },
};

const ISOLATIONS = new Map<unknown, Isolation>([
  ['auto', 'auto'],
  ['', true],
  ['true', true],
  ['false', false],
  [true, true],
  [false, false],
]);

const isolateSetting: Setting<Isolation> = {
  description:
    'Whether device servers run in processes of their own: true, false, or auto, which is for those with actuators',
  hint: 'true|false|auto',
  from: 'everywhere',
  fallback: () => 'auto',
  fallbackText: () => 'auto',
  read: (input): Reading<Isolation> => {
    const value = ISOLATIONS.get(input);
    return value === undefined
      ? [{ problem: `${JSON.stringify(input)} will not do: give true, false or auto` }]
      : { value };
  },
};

const kindSetting: Setting<string | undefined> = {
  description:
    'In a section of servers: which kind of server it is: devices, fake, titanic, core, web; the server runs then',
  hint: 'KIND',
  from: 'file',
  fallback: () => undefined,
  fallbackText: () => undefined,
  read: (input) => {
    const problem = kindMistake(input);
    return problem === undefined ? { value: input as string } : [{ problem }];
  },
};
