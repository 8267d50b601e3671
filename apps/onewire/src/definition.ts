import {
  devicesSetting,
  serverSettings,
  serviceSetting,
  text,
  VERSION,
  type ServerDefinition,
} from '@raspy/runtime';

/** Settings of the 1-Wire device server. */
export const onewireSettings = {
  ...serverSettings,
  service: serviceSetting('onewire'),
  devicesDir: text({
    description: 'Folder in which the kernel shows 1-Wire chips',
    hint: 'DIR',
    default: undefined,
    defaultText: '/sys/bus/w1/devices, unless an owserver is given',
  }),
  owserver: text({
    description: 'An owserver to ask, in place of the kernel or beside it',
    hint: 'HOST:PORT',
    default: undefined,
    defaultText: 'none',
    pattern: /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/,
    expected: 'HOST:PORT, e.g. 127.0.0.1:4304',
  }),
  devices: devicesSetting(
    async () => (await import('./drivers.js')).drivers,
    'whatever is found on the bus, by its id',
  ),
};

/** The 1-Wire device server as a program. */
export const onewireDefinition: ServerDefinition<typeof onewireSettings> = {
  name: 'raspy-onewire',
  version: VERSION,
  summary: '1-Wire sensors and switches, by the Linux kernel or by owserver.',
  settings: onewireSettings,
  examples: [
    ['raspy-onewire', 'what the kernel of this machine finds'],
    ['raspy-onewire --owserver=127.0.0.1:4304', 'what an owserver has'],
  ],
  compose: async (context) => (await import('./module.js')).composeOnewire(context),
};
