import {
  coreSettings,
  serverSettings,
  serviceSetting,
  structure,
  VERSION,
  type ServerDefinition,
} from '@raspy/runtime';

/** The clock of the board, which the server has as a device. */
const clockSetting = structure<Readonly<Record<string, unknown>>>({
  description: 'What is configured of the device clock, see raspy-plugin-clock',
  hint: 'MAP',
  default: {},
  defaultText: 'what it takes by itself',
  schema: async () => (await import('./clock.js')).machineClockType.config,
});

/** Settings of the core server. */
export const coreAppSettings = {
  ...serverSettings,
  ...coreSettings,
  clock: clockSetting,
  service: serviceSetting('core'),
};

/** The core server as a program. */
export const coreDefinition: ServerDefinition<typeof coreAppSettings> = {
  name: 'raspy-core',
  version: VERSION,
  summary: 'The server that decides: jobs in time and scenarios, kept in the settings store of the home.',
  settings: coreAppSettings,
  examples: [
    ['raspy-core', 'with the broker of this machine'],
    [
      'raspy-core --time-zone=Europe/Paris --latitude=48.85 --longitude=2.35',
      'for jobs that go by the sun there',
    ],
  ],
  compose: async (context) => (await import('./module.js')).composeCore(context),
};
