import { z } from 'zod';
import { Bench, probeType, thrown } from '../../test/probe.js';
import { defineDeviceType, DeviceHost, DeviceRegistry, type DeviceDriver } from '../index.js';
import { switchActuator } from '../types/index.js';

const nothing = {
  values$: { subscribe: () => ({ unsubscribe: () => undefined }) } as never,
  commands: {},
  close: () => undefined,
};

it('shows that a device was found, until it is configured', async () => {
  const bench = new Bench();
  await bench.add('tank');
  bench.host.add(
    { name: 'other', oid: 'sensor.probe', config: { probe: 'x' } },
    { found: true, note: 'a chip' },
  );
  expect(bench.host.info('other')).toMatchObject({ found: true, note: 'a chip' });
  expect(bench.host.isFound('other')).toBe(true);
  expect(bench.host.isFound('tank')).toBe(false);
  expect(bench.host.list()[1]).not.toHaveProperty('found');
  await bench.host.configure({ name: 'other', oid: 'sensor.probe', config: { probe: 'y' } });
  expect(bench.host.info('other')).not.toHaveProperty('found');
  await bench.host.close();
});

it('does not take for found what could be driven, nor what has such inside', () => {
  const outer = defineDeviceType({
    oid: 'x.outer',
    title: 'Outer',
    config: z.object({}),
    values: {},
    commands: {},
    subdevices: {
      inner: defineDeviceType({
        oid: 'x.outer-inner',
        title: 'Inner',
        config: z.object({}),
        values: { on: { schema: z.boolean(), access: 'readwrite' } },
        commands: {},
      }),
    },
  });
  const drivers = [switchActuator, outer].map((type) => ({ type, open: () => nothing }));
  const host = new DeviceHost({ registry: new DeviceRegistry(drivers) });
  for (const oid of ['actuator.switch', 'x.outer']) {
    expect(thrown(() => host.add({ name: 'a', oid }, { found: true }))).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('what is only found is not driven') as string,
    });
  }
});

it('polls as the driver says where the configuration does not, and knows an address by it', async () => {
  const driver: DeviceDriver<typeof probeType> = {
    type: probeType,
    pollSeconds: 30,
    addressOf: ({ probe }) => probe.toUpperCase(),
    open: () => ({
      ...nothing,
      commands: { blink: () => undefined, calibrate: () => undefined },
      poll: () => undefined,
    }),
  };
  const host = new DeviceHost({ registry: new DeviceRegistry([driver]) });
  const config = { name: 'a', oid: 'sensor.probe', config: { probe: 'x' } };
  host.add(config);
  host.add({ ...config, name: 'b', pollSeconds: 0 });
  await host.opened();
  expect([host.info('a').pollSeconds, host.info('b').pollSeconds]).toEqual([30, 0]);
  expect(host.addressOf(config)).toBe('X');
  expect(host.addressOf({ ...config, oid: 'none.such' })).toBeUndefined();
  await host.close();
});
