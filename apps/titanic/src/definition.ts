import {
  serverSettings,
  serviceSetting,
  titanicSettings,
  VERSION,
  type ServerDefinition,
} from '@raspy/runtime';

/** Settings of Titanic. */
export const titanicAppSettings = {
  ...serverSettings,
  ...titanicSettings,
  service: serviceSetting('titanic'),
};

/** Titanic as a program. */
export const titanicDefinition: ServerDefinition<typeof titanicAppSettings> = {
  name: 'raspy-titanic',
  version: VERSION,
  summary:
    'Durable requests and the settings store (titanic.*) in a process of their own, for a broker that does not serve them.',
  settings: titanicAppSettings,
  examples: [
    ['raspy-broker --titanic=false', 'the broker that it is for'],
    ['raspy-titanic --data-dir=/var/lib/raspy', 'beside it, or on another machine'],
  ],
  compose: async (context) => (await import('./module.js')).composeTitanic(context),
};
