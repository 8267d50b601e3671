import {
  boundPortSetting,
  builtinTitanicSetting,
  kvServerSettings,
  maxMessageSetting,
  serverSettings,
  serviceSetting,
  titanicSettings,
  VERSION,
  type ServerDefinition,
} from '@raspy/runtime';

/** Settings of the broker. */
export const brokerAppSettings = {
  ...serverSettings,
  brokerPort: boundPortSetting,
  maxMessageMb: maxMessageSetting,
  ...kvServerSettings,
  titanic: builtinTitanicSetting,
  ...titanicSettings,
  service: serviceSetting('broker'),
};

/** The broker as a program. */
export const brokerDefinition: ServerDefinition<typeof brokerAppSettings> = {
  name: 'raspy-broker',
  version: VERSION,
  summary:
    'The Majordomo broker of a RasPy home, with its key/value tree, durable requests and settings: everyone connects to it.',
  settings: brokerAppSettings,
  examples: [
    ['raspy-broker', 'for programs on this machine'],
    ['raspy-broker --broker-ip=0.0.0.0', 'for other machines too'],
  ],
  // Loaded when the settings are right, so that help and complaints come at once.
  compose: async (context) => (await import('./module.js')).composeBroker(context),
};
