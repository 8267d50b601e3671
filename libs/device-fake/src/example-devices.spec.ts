import { checkPlugin, DeviceHost, DeviceRegistry } from '@raspy/devices';
import { exampleDevices } from './example-devices.js';
import { plugin } from './plugin.js';

it('offers example devices that the drivers of the plugin accept', async () => {
  const host = new DeviceHost({ registry: new DeviceRegistry(checkPlugin(plugin).drivers) });
  for (const device of exampleDevices) host.add(device);
  await host.opened();
  expect(host.list().map(({ name, state }) => [name, state])).toEqual([
    ['camera', 'open'],
    ['heater', 'open'],
    ['lamp', 'open'],
    ['pump', 'open'],
    ['reef', 'open'],
    ['reef-temperature', 'open'],
    ['tv', 'open'],
    ['tv.channel', 'open'],
    ['tv.volume', 'open'],
    ['water-level', 'open'],
    ['water-temperature', 'open'],
  ]);
  await host.close();
});
