import { VirtualClock } from '@raspy/clock';
import { join } from 'node:path';
import { driverOf, manifestOf, ourDevices, pluginOf, PluginWorkshop } from '../../test/plugin-workshop.js';
import { driversOf, loadPlugins, type LoadPluginsOptions } from './load-plugins.js';

let shop: PluginWorkshop;
beforeEach(async () => {
  shop = await PluginWorkshop.open();
});
afterEach(() => shop.remove());

function load(names: readonly string[], options: Partial<LoadPluginsOptions> = {}) {
  return loadPlugins(names, { from: shop.folder, importer: shop.importer, ...options });
}

/** What is wrong with one package, as `CODE message`. */
async function complaints(name: string, options: Partial<LoadPluginsOptions> = {}): Promise<string[]> {
  const { plugins, failures } = await load([name], options);
  expect(plugins).toEqual([]);
  return failures.map(({ packageName, code, message }) => {
    expect(packageName).toBe(name);
    return `${code} ${message.replaceAll(shop.folder, '<home>')}`;
  });
}

describe('a plugin that is as it should be', () => {
  it('is loaded with its version and folder', async () => {
    const plugin = pluginOf('lamp', 'lamp.desk', 'lamp.wall');
    const folder = await shop.install('raspy-plugin-lamp', {}, { plugin });
    const clock = new VirtualClock();
    const { plugins, failures } = await load(['raspy-plugin-lamp'], { clock });
    expect(clock.nextAt).toBe(Infinity);
    expect(failures).toEqual([]);
    expect(plugins).toEqual([{ packageName: 'raspy-plugin-lamp', version: '1.2.3', folder, plugin }]);
    expect(driversOf(plugins).map(({ type }) => type.oid)).toEqual(['lamp.desk', 'lamp.wall']);
  });

  it('may have a scope, be installed further up, and have no version', async () => {
    await shop.install('@some-body/raspy-plugin-lamp', { version: undefined });
    await shop.write('house/cellar/raspy.yaml', '');
    const from = join(shop.folder, 'house/cellar');
    const { plugins, failures } = await load(['@some-body/raspy-plugin-lamp'], { from });
    expect(failures).toEqual([]);
    expect(plugins).toMatchObject([{ packageName: '@some-body/raspy-plugin-lamp', version: '?' }]);
  });

  it.each([
    ['by name', (plugin: unknown) => ({ plugin })],
    ['as its default', (plugin: unknown) => ({ default: plugin })],
    ['by CommonJS', (plugin: unknown) => ({ default: { plugin } })],
  ])('exports its plugin %s', async (_, exported) => {
    await shop.install('raspy-plugin-lamp', {}, exported(pluginOf('lamp')));
    expect(await load(['raspy-plugin-lamp'])).toMatchObject({ failures: [], plugins: [{}] });
  });

  it('comes in the order of the names, once, and alone: nothing else is imported', async () => {
    for (const name of ['a', 'b', 'c']) await shop.install(`raspy-plugin-${name}`);
    const { plugins } = await load(['raspy-plugin-c', 'raspy-plugin-a', 'raspy-plugin-c']);
    expect(plugins.map(({ plugin }) => plugin.name)).toEqual(['c', 'a']);
    // Side by side, so that one that hangs delays no other.
    expect(shop.imported.map((url) => url.replace(/^.*node_modules/, '')).sort()).toEqual([
      '/raspy-plugin-a/index.js',
      '/raspy-plugin-c/index.js',
    ]);
  });

  it('may serve the types that ship, or those that it is told of instead', async () => {
    await shop.install('raspy-plugin-lamp', {}, { plugin: pluginOf('lamp', 'lamp.desk', 'actuator.light') });
    expect(await load(['raspy-plugin-lamp'])).toMatchObject({ failures: [] });
    const { failures } = await load(['raspy-plugin-lamp'], { standardOids: ['actuator.switch'] });
    expect(failures.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'PLUGIN_OIDS its own types must have oids that begin with "lamp.", and these do not: actuator.light',
    ]);
  });
});

describe('what is refused before anything is imported', () => {
  afterEach(() => {
    expect(shop.imported).toEqual([]);
  });

  it.each(['lamp', 'raspy-plugin-', '../raspy-plugin-lamp', 'raspy-plugin-a/b', 'raspy-plugin-Lamp', ''])(
    'the name "%s"',
    async (name) => {
      expect(await complaints(name)).toEqual([
        `PLUGIN_NAME "${name}" is no name of a plugin: those are raspy-plugin-… or @scope/raspy-plugin-…`,
      ]);
    },
  );

  it('a name that is longer than npm takes', async () => {
    const [complaint] = await complaints(`raspy-plugin-${'x'.repeat(202)}`);
    expect(complaint).toContain('PLUGIN_NAME');
  });

  it('a package that is not installed', async () => {
    expect(await complaints('raspy-plugin-lamp')).toEqual([
      'PLUGIN_NOT_FOUND it is not installed: cd <home> && npm install raspy-plugin-lamp',
    ]);
  });

  it.each([
    ['no JSON', 'is not valid JSON'],
    ['[1]', 'it is not a JSON object'],
    [`"${'x'.repeat(1_048_576)}"`, 'it has 1048578 bytes'],
  ])('a package.json that is %.7s', async (text, message) => {
    await shop.write('node_modules/raspy-plugin-lamp/package.json', text);
    const [complaint] = await complaints('raspy-plugin-lamp');
    expect(complaint).toContain('PLUGIN_MANIFEST its package.json cannot be read: ');
    expect(complaint).toContain(message);
  });

  it('an older and a newer plugin interface, each with what to do', async () => {
    await shop.install('raspy-plugin-new', { raspy: { kind: 'drivers', api: 2 } });
    expect(await complaints('raspy-plugin-new')).toEqual([
      'PLUGIN_API it needs a newer RasPy: it is written for version 2 of the plugin interface, this one has version 1',
    ]);
    await shop.install('raspy-plugin-old', { raspy: { kind: 'drivers', api: 0 } });
    expect((await complaints('raspy-plugin-old'))[0]).toContain('"raspy" must have "api": 1');
  });

  it('all that package.json lacks, at once', async () => {
    await shop.install('raspy-plugin-lamp', {
      name: 'raspy-plugin-lamb',
      keywords: 'raspy',
      raspy: undefined,
    });
    expect(await complaints('raspy-plugin-lamp')).toEqual([
      'PLUGIN_NAME its package.json says that it is "raspy-plugin-lamb": install it by that name',
      'PLUGIN_KEYWORD it does not say that it is a plugin: "keywords" must hold "raspy-plugin"',
      'PLUGIN_KIND "raspy" must have "kind": "drivers", and has none',
      'PLUGIN_API "raspy" must have "api": 1, the plugin interface it is written for, and has none',
    ]);
  });

  it('a second copy of @raspy/devices inside the plugin', async () => {
    await shop.install('raspy-plugin-lamp');
    const copy = 'node_modules/raspy-plugin-lamp/node_modules/@raspy/devices';
    await shop.write(`${copy}/package.json`, '{"version":"0.0.9"}');
    expect(await complaints('raspy-plugin-lamp')).toEqual([
      `PLUGIN_SECOND_COPY it brings a second copy of @raspy/devices: <home>/${copy} (0.0.9), RasPy uses ${ourDevices}. ` +
        'Run npm dedupe in <home>; if the copy stays, the author of raspy-plugin-lamp has to list @raspy/devices ' +
        'in "peerDependencies" instead of "dependencies"',
    ]);
  });

  it('the folder of its author, linked, with what that needs for its tests', async () => {
    await shop.install('raspy-plugin-lamp');
    await shop.write('work/lamp/package.json', JSON.stringify(manifestOf('raspy-plugin-lamp')));
    await shop.write('work/lamp/node_modules/@raspy/devices/package.json', '{"version":"0.1.0"}');
    await shop.remove('node_modules/raspy-plugin-lamp');
    await shop.link(join(shop.folder, 'work/lamp'), 'node_modules/raspy-plugin-lamp');
    expect((await complaints('raspy-plugin-lamp'))[0]).toMatch(
      / It is a link to that folder; install it as others will: cd <home> && npm install --install-links <home>\/work\/lamp$/,
    );
  });

  it('a copy beside the plugin that is not the one RasPy uses', async () => {
    await shop.install('raspy-plugin-lamp');
    await shop.remove('node_modules/@raspy');
    await shop.write('node_modules/@raspy/devices/package.json', 'rubbish');
    expect(await complaints('raspy-plugin-lamp')).toEqual([
      'PLUGIN_SECOND_COPY it would use a second copy of @raspy/devices: <home>/node_modules/@raspy/devices (?), ' +
        `RasPy uses ${ourDevices}. Install both in one folder: cd <home> && npm install raspy raspy-plugin-lamp, ` +
        'and start RasPy from there',
    ]);
  });

  it('a plugin that finds no @raspy/devices', async () => {
    await shop.install('raspy-plugin-lamp');
    await shop.remove('node_modules/@raspy');
    expect((await complaints('raspy-plugin-lamp'))[0]).toContain(
      'PLUGIN_NO_DEVICES it finds no @raspy/devices: cd <home>',
    );
  });

  it('one that has no file to import', async () => {
    await shop.install('raspy-plugin-lamp', { exports: './dist/index.js' });
    expect(await complaints('raspy-plugin-lamp')).toEqual([
      'PLUGIN_ENTRY ./dist/index.js, the "." of its "exports", is not there: was it built?',
    ]);
  });

  it('one with the short name of a plugin that the program brings itself', async () => {
    await shop.install('raspy-plugin-fake');
    expect(await complaints('raspy-plugin-fake', { builtIn: [{ name: 'fake' }] })).toEqual([
      'PLUGIN_DUPLICATE there is a plugin "fake" already, built in or named before it: leave one of them out of the setting plugins',
    ]);
  });
});

it('refuses the second of two plugins with one short name', async () => {
  await shop.install('raspy-plugin-lamp');
  await shop.install('@other/raspy-plugin-lamp');
  const { plugins, failures } = await load(['@other/raspy-plugin-lamp', 'raspy-plugin-lamp']);
  expect(plugins.map(({ packageName }) => packageName)).toEqual(['@other/raspy-plugin-lamp']);
  expect(failures).toMatchObject([{ packageName: 'raspy-plugin-lamp', code: 'PLUGIN_DUPLICATE' }]);
});

describe('what is refused after the import', () => {
  it.each<[string, () => unknown, string]>([
    [
      'that throws',
      () => {
        throw new Error('no gpio');
      },
      'failed: no gpio',
    ],
    [
      'that throws something else',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- foreign code does
        throw null;
      },
      'failed: an error that cannot be printed',
    ],
    [
      'that throws at length',
      () => {
        throw new Error('x'.repeat(9_999));
      },
      `failed: ${'x'.repeat(500)}…`,
    ],
  ])('a module %s', async (_, module, message) => {
    await shop.install('raspy-plugin-lamp', {}, module);
    expect(await complaints('raspy-plugin-lamp')).toEqual([
      `PLUGIN_IMPORT_FAILED importing <home>/node_modules/raspy-plugin-lamp/index.js ${message}`,
    ]);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['a function', { plugin: () => 1 }],
    ['a text', { default: 'plugin' }],
    ['null', () => null],
    ['no drivers', { plugin: { name: 'lamp', api: 1, drivers: [] } }],
    [
      'what throws when looked at',
      {
        get plugin() {
          throw new Error('no');
        },
      },
    ],
  ])('a module that exports %s', async (_, module) => {
    const thunk = (): unknown => module;
    await shop.install('raspy-plugin-lamp', {}, typeof module === 'function' ? module : thunk);
    expect(await complaints('raspy-plugin-lamp')).toEqual([expect.stringMatching(/^PLUGIN_EXPORT /)]);
  });

  it('all that is wrong with a plugin, at once', async () => {
    const handmade = {
      type: { oid: 'Lamp.x', title: 'x', config: 1, values: {}, commands: {} },
      open: () => 1,
    };
    const drivers = [driverOf('sensor.lamp'), handmade];
    await shop.install('raspy-plugin-lamp', {}, { plugin: { name: 'lamb', api: 1, drivers } });
    expect(await complaints('raspy-plugin-lamp')).toEqual([
      'PLUGIN_NAME it calls itself "lamb", its package "lamp": give definePlugin the package\'s short name',
      expect.stringMatching(/^PLUGIN_TYPES the type "Lamp.x" is none: .*; make it with defineDeviceType$/),
      'PLUGIN_OIDS its own types must have oids that begin with "lamp.", and these do not: sensor.lamp, Lamp.x',
    ]);
  });

  it('a type whose oid is none', async () => {
    const { type, open } = driverOf('lamp.desk');
    const drivers = [{ type: { ...type, oid: 'lamp.Desk' }, open }];
    await shop.install('raspy-plugin-lamp', {}, { plugin: { name: 'lamp', api: 1, drivers } });
    expect(await complaints('raspy-plugin-lamp')).toEqual([expect.stringContaining('PLUGIN_TYPES')]);
  });

  it('an import that never ends, without disturbing the others', async () => {
    const clock = new VirtualClock();
    await shop.install('raspy-plugin-slow', {}, () => new Promise(() => undefined));
    await shop.install('raspy-plugin-lamp');
    const loading = load(['raspy-plugin-slow', 'raspy-plugin-lamp'], { clock, timeoutMs: 500 });
    while (shop.imported.length < 2) await clock.advanceByAsync(0);
    await clock.advanceByAsync(500);
    const { plugins, failures } = await loading;
    expect(plugins).toMatchObject([{ packageName: 'raspy-plugin-lamp' }]);
    expect(failures).toEqual([
      {
        packageName: 'raspy-plugin-slow',
        code: 'PLUGIN_IMPORT_TIMEOUT',
        message: expect.stringContaining('did not end within 500 ms: it may await something') as string,
      },
    ]);
    expect(clock.nextAt).toBe(Infinity);
  });
});

it('tells a log what was loaded and what was not', async () => {
  const lines: unknown[] = [];
  const logger = {
    info: (...line: unknown[]) => void lines.push(['info', ...line]),
    error: (...line: unknown[]) => void lines.push(['error', ...line]),
  };
  const folder = await shop.install('raspy-plugin-lamp');
  await load(['raspy-plugin-none', 'raspy-plugin-lamp'], { logger });
  expect(lines).toEqual([
    [
      'info',
      'plugin loaded',
      { plugin: 'raspy-plugin-lamp', version: '1.2.3', folder, oids: ['lamp.thing'] },
    ],
    [
      'error',
      expect.stringContaining('the plugin raspy-plugin-none is not used: it is not installed'),
      { plugin: 'raspy-plugin-none', code: 'PLUGIN_NOT_FOUND' },
    ],
  ]);
});

it('is Node’s own import unless told otherwise', async () => {
  await shop.install('raspy-plugin-lamp');
  const { failures } = await loadPlugins(['raspy-plugin-lamp'], { from: shop.folder });
  // Whatever a test runner makes of it: it was asked, and the mistake is the plugin's.
  expect(failures).toMatchObject([{ packageName: 'raspy-plugin-lamp' }]);
});
