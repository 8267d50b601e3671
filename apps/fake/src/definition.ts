import {
  devicesSetting,
  serverSettings,
  serviceSetting,
  VERSION,
  type ServerDefinition,
} from '@raspy/runtime';

/** Settings of the fake device server. */
export const fakeSettings = {
  ...serverSettings,
  service: serviceSetting('fake'),
  devices: devicesSetting(
    async () => (await import('./drivers.js')).drivers,
    'a small home: water, a lamp, a reef with heater and pump, a camera, a television',
  ),
};

/** The fake device server as a program. */
export const fakeDefinition: ServerDefinition<typeof fakeSettings> = {
  name: 'raspy-fake',
  version: VERSION,
  summary:
    'A server of fake devices, whose values are functions of time: for trying things out, and for tests.',
  settings: fakeSettings,
  examples: [
    ['raspy-fake', 'with the broker of this machine'],
    ['raspy-fake --service=tank2', 'a second one beside it'],
  ],
  compose: async (context) => (await import('./module.js')).composeFake(context),
};
