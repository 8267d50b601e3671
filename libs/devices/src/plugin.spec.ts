import { EMPTY } from 'rxjs';
import { z } from 'zod';
import { Bench, probeType, thrown } from '../test/probe.js';
import {
  checkPlugin,
  definePlugin,
  DeviceRegistry,
  PLUGIN_API_VERSION,
  type DeviceDriver,
  type RaspyPlugin,
} from './index.js';

const driver: DeviceDriver<typeof probeType> = {
  type: probeType,
  open: () => {
    throw new Error('not opened here');
  },
};

describe('definePlugin', () => {
  it('makes a plugin of this API version', () => {
    const plugin = definePlugin({ name: 'probe', drivers: [driver] });
    expect(plugin).toEqual({ name: 'probe', api: 1, drivers: [driver] });
    expect(checkPlugin(plugin)).toBe(plugin);
  });

  it.each([
    ['nothing', undefined, '?', 'must export `plugin`'],
    ['another API version', { name: 'a', api: 2, drivers: [driver] }, 'a', 'API version 2, this is 1'],
    [
      'a package name',
      { name: '@x/raspy-plugin-a', api: 1, drivers: [driver] },
      '@x/raspy-plugin-a',
      'short name',
    ],
    ['no drivers', { name: 'a', api: 1, drivers: [] }, 'a', 'at least one'],
    ['no driver objects', { name: 'a', api: 1, drivers: [null] }, 'a', 'drivers[0] must be'],
    [
      'a driver twice',
      { name: 'a', api: 1, drivers: [driver, driver] },
      'a',
      'a second one for "sensor.probe"',
    ],
    [
      'a finder that is none',
      { name: 'a', api: 1, drivers: [driver], finder: {} },
      'a',
      'finder must be { open }',
    ],
    ['options alone', { name: 'a', api: 1, drivers: [driver], options: z.object({}) }, 'a', 'go together'],
    [
      'options that are no schema',
      { name: 'a', api: 1, drivers: [driver], options: {}, withOptions: (): undefined => undefined },
      'a',
      'options must be an object schema',
    ],
    [
      'options without a form in JSON',
      {
        name: 'a',
        api: 1,
        drivers: [driver],
        options: z.object({ at: z.date() }),
        withOptions: (): undefined => undefined,
      },
      'a',
      'options must be an object schema',
    ],
  ])('refuses %s', (_, candidate, name, mistake) => {
    const error = thrown(() => checkPlugin(candidate));
    expect(error.code).toBe('PLUGIN');
    expect(error.plugin).toBe(name);
    expect(error.mistakes).toEqual([expect.stringContaining(mistake)]);
  });

  it('may have options, and a finder', () => {
    const other: RaspyPlugin = definePlugin({ name: 'probe', drivers: [driver] });
    const plugin = definePlugin({
      name: 'probe',
      drivers: [driver],
      options: z.object({ port: z.int() }),
      withOptions: () => other,
      finder: { open: () => ({ found$: EMPTY, close: () => undefined }) },
    });
    expect(checkPlugin(plugin)).toBe(plugin);
  });

  it('lists all mistakes at once', () => {
    const error = thrown(() => checkPlugin({ name: 1 }));
    expect(error.mistakes).toHaveLength(3);
    expect(PLUGIN_API_VERSION).toBe(1);
  });
});

describe('DeviceRegistry', () => {
  it('finds drivers by the oid of their type and refuses a second one', () => {
    const registry = new DeviceRegistry([driver]);
    expect(registry.get('sensor.probe')).toBe(driver);
    expect(registry.get('sensor.other')).toBeUndefined();
    expect(registry.oids()).toEqual(['sensor.probe']);
    expect(registry.describe().map(({ title }) => title)).toEqual(['Probe']);
    expect(thrown(() => registry.add(driver)).code).toBe('DUPLICATE_DRIVER');
  });

  it('serves a host with drivers that come later', async () => {
    const bench = new Bench();
    const config = { name: 'late', oid: 'sensor.late' };
    expect(thrown(() => bench.host.add(config)).message).toContain('no driver for "sensor.late"');
    bench.registry.add({ ...driver, type: { ...probeType, oid: 'sensor.late' } });
    bench.host.add({ ...config, config: { probe: 'x' } });
    await bench.host.opened();
    expect(bench.host.info('late')).toMatchObject({ state: 'failed', reason: 'not opened here' });
    await bench.host.close();
  });
});
