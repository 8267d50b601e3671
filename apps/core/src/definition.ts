import { coreSettings, serverSettings, serviceSetting, VERSION, type ServerDefinition } from '@raspy/runtime';

/** Settings of the core server. */
export const coreAppSettings = {
  ...serverSettings,
  ...coreSettings,
  service: serviceSetting('core'),
};

/** The core server as a program. */
export const coreDefinition: ServerDefinition<typeof coreAppSettings> = {
  name: 'raspy-core',
  version: VERSION,
  summary: 'The server that decides: jobs in time, kept in the settings store of the home.',
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
