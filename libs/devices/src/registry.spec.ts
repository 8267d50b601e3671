import { pathsOf, thrown, probeType } from '../test/probe.js';
import { asleepDriver } from '../test/asleep.js';
import { DeviceHost, DeviceRegistry, definePlugin, type DeviceDriver } from './index.js';

const driver: DeviceDriver<typeof probeType> = {
  type: probeType,
  open: () => Promise.reject(new Error('none')),
};
const registry = (): DeviceRegistry => {
  const made = new DeviceRegistry([asleepDriver]);
  made.addPlugin(definePlugin({ name: 'gpio', drivers: [driver] }));
  made.addPlugin(definePlugin({ name: 'tasmota', drivers: [{ ...driver }] }));
  return made;
};
const device = { name: 'a', oid: 'sensor.probe', config: { probe: 'x' } };

it('chooses the driver of the plugin that the configuration names', () => {
  const made = registry();
  expect(made.get('sensor.probe', 'gpio')).toBe(driver);
  expect(made.get('sensor.probe', 'tasmota')).not.toBe(driver);
  expect(made.get('sensor.probe')).toBeUndefined();
  expect(made.get(asleepDriver.type.oid)).toBe(asleepDriver);
  expect(made.describe()).toHaveLength(3);
});

it.each([
  [{}, 'several plugins have a driver for "sensor.probe": say which, one of gpio, tasmota'],
  [{ driver: 'zigbee' }, 'the plugin "zigbee" has no driver for "sensor.probe"; these have: gpio, tasmota'],
])('says which plugins there are where it cannot tell which is meant: %j', async (more, message) => {
  const host = new DeviceHost({ registry: registry() });
  const error = thrown(() => host.add({ ...device, ...more }));
  expect(pathsOf(error)).toEqual(['driver']);
  expect(error.message).toContain(message);
  host.add({ ...device, driver: 'gpio' });
  expect(host.configurations()).toEqual([{ ...device, driver: 'gpio' }]);
  await host.close();
});

it('takes a plugin once', () => {
  const made = registry();
  expect(thrown(() => made.addPlugin(definePlugin({ name: 'gpio', drivers: [driver] }))).code).toBe(
    'DUPLICATE_DRIVER',
  );
});
