import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineDeviceType, type DeviceDriver } from '@raspy/devices';
import { exampleDevices, plugin } from 'raspy-plugin-fake';
import { NEVER } from 'rxjs';
import { z } from 'zod';
import { mayDoHarm, type DriverLoader } from './drivers.js';
import { loadHome, type LoadedHome } from './load-home.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-homes-'));
});
afterAll(() => rm(folder, { recursive: true }));

const heaterType = defineDeviceType({
  oid: 'heat.heater',
  title: 'Heater',
  config: z.object({}),
  values: { on: { schema: z.boolean() } },
  commands: {},
});
const heater = {
  type: { ...heaterType, safety: { output: 'on' } },
  open: () => ({ values$: NEVER, commands: {}, close: () => undefined }),
} as DeviceDriver;
const load: DriverLoader = (plugins) => {
  const missing = plugins.includes('raspy-plugin-missing');
  return Promise.resolve({
    plugins: [
      plugin,
      ...(plugins.includes('raspy-plugin-heat') ? [{ ...plugin, name: 'heat', drivers: [heater] }] : []),
    ],
    failures: missing ? ['raspy-plugin-missing: it is not installed'] : [],
  });
};
async function homeOf(yaml: string, ...argv: string[]): Promise<LoadedHome> {
  const path = join(folder, 'raspy.yaml');
  await writeFile(path, yaml);
  return loadHome([`--config=${path}`, ...argv], { hostname: 'pi', homeDir: '/home/pi', env: {} }, load);
}
const named = ({ servers }: LoadedHome): string[] => servers.map(({ name, kind }) => `${name} ${kind}`);
const problemsOf = async (loading: Promise<unknown>): Promise<string[]> => {
  const error = await loading.catch((reason: unknown) => reason as Error);
  return (error as Error).message.split('\n').map((line) => line.replaceAll(`${folder}/`, ''));
};
const LAMP = '{ name: lamp, oid: fake.lamp }';

describe('which servers a home has', () => {
  it('without any settings of devices: the broker, one with example devices, and core', async () => {
    const home = await homeOf('');
    expect(named(home)).toEqual(['broker broker', 'fake fake', 'core core', 'web web']);
    expect(home.servers[1]!.devices).toHaveLength(exampleDevices.length);
    expect(home.servers[0]).toMatchObject({ fixed: true, settings: { titanic: true, brokerPort: 5514 } });
  });

  it('each section with a kind, and no example then', async () => {
    const home = await homeOf(
      `servers:\n  tank: { kind: devices, devices: [${LAMP}] }\n  toy: { kind: fake }\n  other: { log-level: debug }`,
    );
    expect(named(home)).toEqual(['broker broker', 'tank devices', 'toy fake', 'core core', 'web web']);
    expect(home.servers[1]).toMatchObject({ isolated: false, devices: [{ name: 'lamp' }] });
  });

  it('the short form: devices on top, of the server that --service names', async () => {
    expect(named(await homeOf(`devices: [${LAMP}]`))).toEqual([
      'broker broker',
      'fake fake',
      'core core',
      'web web',
    ]);
    const home = await homeOf(
      `devices: [${LAMP}]\nservers: { tank: { kind: devices, devices: [] } }`,
      '--service=hall',
    );
    expect(named(home)).toEqual(['broker broker', 'tank devices', 'hall fake', 'core core', 'web web']);
    expect(home.servers.map(({ devices }) => devices?.length)).toEqual([
      undefined,
      0,
      1,
      undefined,
      undefined,
    ]);
    const section = await homeOf(`servers: { fake: { devices: [${LAMP}], log-level: debug } }`);
    expect(section.servers[1]).toMatchObject({
      devices: [{ name: 'lamp' }],
      settings: { logLevel: 'debug' },
    });
    expect(section.values.logLevel).toBe('warn');
  });

  it('those that --servers names, by the name of their section or their kind', async () => {
    const file = `servers: { tank: { kind: devices, devices: [] } }`;
    expect(named(await homeOf(file, '--servers=tank,broker,tank'))).toEqual([
      'tank devices',
      'broker broker',
    ]);
    expect(named(await homeOf(file, '--servers=fake'))).toEqual(['fake fake']);
    const { servers } = await homeOf(file, '--servers=broker,titanic');
    expect(servers.map(({ kind, settings }) => [kind, settings['titanic']])).toEqual([
      ['broker', false],
      ['titanic', undefined],
    ]);
  });

  it('settings of the broker from its section, flags before all', async () => {
    const home = await homeOf('kv-flush-ms: 100\nservers: { broker: { kv-flush-ms: 200 } }', '--liveness=7');
    expect(home.servers[0]!.settings).toMatchObject({ kvFlushMs: 200, liveness: 7 });
    expect(home.servers[1]!.settings).not.toHaveProperty('kvFlushMs');
  });
});

describe('isolation', () => {
  const heat = '{ name: heater, oid: heat.heater }';
  it.each([
    ['true', LAMP, true],
    ['false', heat, false],
    ['auto', LAMP, false],
    ['auto', heat, true],
  ])('isolate: %s with %s: %s', async (isolate, device, isolated) => {
    const { servers } = await homeOf(
      `plugins: [raspy-plugin-heat]\nservers: { tank: { kind: devices, isolate: ${isolate}, devices: [${device}] } }`,
    );
    expect(servers[1]!.isolated).toBe(isolated);
  });

  it('is for what may do harm: safety declared, by the type or a part of it, and no simulation', () => {
    const device = [{ name: 'a', oid: 'heat.heater' }];
    const pluginOf = (changes: Partial<DeviceDriver>) => [
      { ...plugin, drivers: [{ ...heater, ...changes }] },
    ];
    expect(mayDoHarm(pluginOf({}), device)).toBe(true);
    expect(mayDoHarm(pluginOf({}), [])).toBe(false);
    expect(mayDoHarm(pluginOf({ simulated: true }), device)).toBe(false);
    const whole = { ...heaterType, subdevices: { relay: heater.type } };
    expect(mayDoHarm(pluginOf({ type: whole }), device)).toBe(true);
    const harmless = { ...heaterType, subdevices: { probe: heaterType } };
    expect(mayDoHarm(pluginOf({ type: harmless }), device)).toBe(false);
  });
});

describe('mistakes', () => {
  it('are told all at once and once each, with their lines', async () => {
    expect(
      await problemsOf(
        homeOf(
          [
            'lvieness: 3',
            'servers:',
            '  tank: { kind: devcies }',
            '  air: { kind: devices }',
            '  hall: { kind: devices, isolate: maybe, devices: [{ name: a, oid: fake.lmap }] }',
            '  web: { kind: core }',
            '  broker: { isolate: true }',
            '  two: { kind: broker }',
            '  titanic: { kind: fake }',
          ].join('\n'),
          '--heartbeat-ms=soon',
        ),
      ),
    ).toEqual([
      '--heartbeat-ms: "soon" will not do: give a whole number from 10 to 3600000',
      'raspy.yaml:1:1, lvieness: no such setting: did you mean liveness?',
      'raspy.yaml, servers.broker.isolate: is for device servers: a broker has no isolate',
      'raspy.yaml:3:17, servers.tank.kind: "devcies" is no kind of server: give one of broker, titanic, core, web, devices, fake',
      'raspy.yaml, servers.air: has no devices: give it devices: [], a list of { name, oid, config }',
      'raspy.yaml:5:35, servers.hall.isolate: "maybe" will not do: give true, false or auto',
      'raspy.yaml:5:68, servers.hall.devices.0.oid: no driver for "fake.lmap": give one of ' +
        plugin.drivers
          .map(({ type }) => type.oid)
          .sort()
          .join(', '),
      'raspy.yaml, servers.two: cannot be of the kind broker: a broker is called broker',
      'raspy.yaml, servers.titanic: cannot be of the kind fake: the name titanic is for the titanic itself',
      'raspy.yaml, servers.web: cannot be of the kind core: a core is called core',
    ]);
  });

  it('in --servers tell which there are', async () => {
    expect(
      await problemsOf(homeOf('servers: { tank: { kind: devices, devices: [] } }', '--servers=tnak,devices')),
    ).toEqual([
      '--servers: there is no server "tnak": there are broker, core, fake, tank, titanic, web',
      '--servers: there is no server "devices": there are broker, core, fake, tank, titanic, web',
    ]);
    expect(await problemsOf(homeOf('', '--servers=,'))).toEqual([
      '--servers: names no server: give one, e.g. broker,fake',
    ]);
  });

  it('in the options of plugins are told with their lines', async () => {
    expect(await problemsOf(homeOf('devices: []\nplugin-options: { fake: {}, lamp: {} }'))).toEqual([
      'raspy.yaml:2:25, plugin-options.fake: the plugin fake has no options',
      'raspy.yaml:2:35, plugin-options.lamp: no plugin of this server is called "lamp": there are fake',
    ]);
  });

  it('of plugins do not hinder the others: that server alone is broken', async () => {
    const home = await homeOf(
      'servers: { tank: { kind: devices, plugins: [raspy-plugin-missing], plugin-options: { missing: { speed: 1 } }, devices: [{ name: a, oid: missing.thing }] } }',
    );
    expect([...home.broken]).toEqual([['tank', ['raspy-plugin-missing: it is not installed']]]);
    expect(named(home)).toEqual(['broker broker', 'tank devices', 'core core', 'web web']);
  });
});
