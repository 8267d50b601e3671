import { definePlugin, defineDeviceType, type DeviceDriver } from '@raspy/devices';
import { runTool } from '@raspy/runtime/cli';
import { TestHost } from '@raspy/runtime/testing';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { NEVER } from 'rxjs';
import { z } from 'zod';
import { plugin as fake } from 'raspy-plugin-fake';
import { plugin as clock } from 'raspy-plugin-clock';
import { plugin as onewire } from 'raspy-plugin-onewire';
import { raspyTool } from '../src/tool.js';

const type = defineDeviceType({
  oid: 'lamp.desk',
  title: 'Desk lamp',
  config: z.object({}),
  values: { level: { schema: z.number() } },
  commands: { on: { title: 'On' } },
});
const driver: DeviceDriver<typeof type> = {
  type,
  open: () => ({ values$: NEVER, commands: { on: () => undefined }, close: () => undefined }),
};
const modules: Readonly<Record<string, unknown>> = {
  'raspy-plugin-lamp': { plugin: definePlugin({ name: 'lamp', drivers: [driver] }) },
  'raspy-plugin-broken': {},
};

let home: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'raspy-home-')));
  const devices = join(home, 'node_modules/@raspy/devices');
  await mkdir(dirname(devices), { recursive: true });
  await symlink(resolve(__dirname, '../../../libs/devices'), devices);
});
afterEach(() => rm(home, { recursive: true }));

async function install(name: string, change: Record<string, unknown> = {}): Promise<void> {
  const folder = join(home, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  const manifest = {
    name,
    version: '1.2.3',
    keywords: ['raspy-plugin'],
    raspy: { kind: 'drivers', api: 1 },
    peerDependencies: { '@raspy/devices': '^0.1.0' },
    ...change,
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'index.js'), '');
}

async function raspy(argv: readonly string[], config = '/dev/null') {
  const host = new TestHost({ argv, env: { RASPY_CONFIG: config, RASPY_PLUGINS_DIR: home } });
  const importPlugin = (url: string): Promise<unknown> =>
    Promise.resolve(modules[/([^/]+)\/index\.js$/.exec(url)![1]!]);
  const code = await runTool(raspyTool({ importPlugin, cwd: home }), host);
  return {
    code,
    out: host.stdout.lines.map((line) => line.replaceAll(home, '<home>')),
    err: host.stderr.text,
  };
}

describe('raspy plugin ls', () => {
  it('lists what is named, what is built in, and what is installed and not used', async () => {
    for (const name of ['lamp', 'broken', 'spare']) await install(`raspy-plugin-${name}`);
    await writeFile(
      join(home, 'raspy.yaml'),
      'plugins: [raspy-plugin-lamp, raspy-plugin-broken, raspy-plugin-none]\n',
    );
    const { code, out, err } = await raspy(['plugin', 'ls'], join(home, 'raspy.yaml'));
    const [lines, fakes] = [out.filter((line) => !/^ /.test(line)), out.filter((line) => /^ /.test(line))];
    // The first of each stands in the line of its plugin.
    const others = [fake, clock, onewire].map(({ drivers }) => drivers.length - 1);
    expect(fakes).toHaveLength(others.reduce((sum, more) => sum + more, 0));
    expect(fakes).toContainEqual(expect.stringMatching(/^ +fake\.lamp +Lamp$/));
    expect(lines).toEqual([
      expect.stringMatching(/^PLUGIN +VERSION +STATE +TYPE +TITLE$/),
      expect.stringMatching(/^raspy-plugin-lamp +1\.2\.3 +loaded +lamp\.desk +Desk lamp$/),
      'raspy-plugin-broken   1.2.3    refused',
      'raspy-plugin-none     ?        refused',
      expect.stringMatching(/^raspy-plugin-fake +0\.1\.0 +built in +fake\.cyclic +Cyclic sensor$/),
      expect.stringMatching(/^raspy-plugin-clock +0\.1\.0 +built in +clock\.rtc +Clock of the board$/),
      expect.stringMatching(
        /^raspy-plugin-onewire +0\.1\.0 +built in +sensor\.temperature +Temperature sensor$/,
      ),
      'raspy-plugin-spare    1.2.3    installed, not used',
      '',
      expect.stringMatching(/^raspy-plugin-broken: PLUGIN_EXPORT: .* must export `plugin`/),
      'raspy-plugin-none: PLUGIN_NOT_FOUND: it is not installed: cd <home> && npm install raspy-plugin-none',
      '',
      'a plugin is used when the setting plugins names it: --plugins=raspy-plugin-spare, or in the file',
    ]);
    expect(err).toBe('');
    expect(code).toBe(1);
  });

  it('tells the same as JSON', async () => {
    for (const name of ['lamp', 'spare']) await install(`raspy-plugin-${name}`);
    const { code, out } = await raspy(['plugin', 'ls', '--plugins=raspy-plugin-lamp', '--json']);
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        package: 'raspy-plugin-lamp',
        version: '1.2.3',
        state: 'loaded',
        drivers: [{ oid: 'lamp.desk', title: 'Desk lamp' }],
        problems: [],
      },
      expect.objectContaining({ package: 'raspy-plugin-fake', state: 'built in' }),
      expect.objectContaining({ package: 'raspy-plugin-clock', state: 'built in' }),
      expect.objectContaining({ package: 'raspy-plugin-onewire', state: 'built in' }),
      { package: 'raspy-plugin-spare', version: '1.2.3', state: 'unused', drivers: [], problems: [] },
    ]);
    expect(code).toBe(0);
  });

  it('says where it looks when there is nothing to say', async () => {
    const { code, out } = await raspy(['plugin', 'ls', '--plugins-dir=x']);
    expect(out.at(-1)).toBe('plugins are looked for in <home>/x');
    expect(code).toBe(0);
  });

  it('refuses a name that is none before it looks for anything', async () => {
    const { code, err } = await raspy(['plugin', 'ls', '--plugins=lamp']);
    expect(err).toContain('--plugins: "lamp" is no name of a plugin');
    expect(code).toBe(2);
  });
});

describe('raspy plugin check', () => {
  it.each(['node_modules/raspy-plugin-lamp', 'raspy-plugin-lamp'])(
    'describes a sound plugin: %s',
    async (plugin) => {
      await install('raspy-plugin-lamp');
      expect(await raspy(['plugin', 'check', plugin])).toEqual({
        code: 0,
        err: '',
        out: [
          'raspy-plugin-lamp 1.2.3 in <home>/node_modules/raspy-plugin-lamp',
          '',
          'TYPE       TITLE      VALUES  COMMANDS',
          'lamp.desk  Desk lamp  level   on',
          '',
          'no mistakes',
        ],
      });
      const { out } = await raspy(['plugin', 'check', plugin, '--json']);
      expect(JSON.parse(out[0]!)).toMatchObject({
        packageName: 'raspy-plugin-lamp',
        mistakes: [],
        types: [{ oid: 'lamp.desk', values: { level: { schema: { type: 'number' } } } }],
      });
    },
  );

  it('tells every mistake', async () => {
    await install('raspy-plugin-broken', { keywords: [], raspy: { kind: 'drivers', api: 2 } });
    const { code, out } = await raspy(['plugin', 'check', 'raspy-plugin-broken']);
    expect(out.map((line) => line.split(':')[0])).toEqual([
      'raspy-plugin-broken 1.2.3 in <home>/node_modules/raspy-plugin-broken',
      '',
      'PLUGIN_KEYWORD',
      'PLUGIN_API',
      'PLUGIN_EXPORT',
      '3 mistakes',
    ]);
    expect(code).toBe(1);
    await install('raspy-plugin-lamp', { name: undefined });
    const one = await raspy(['plugin', 'check', 'node_modules/raspy-plugin-lamp']);
    expect(one.out[0]).toContain('(no name) 1.2.3');
  });

  it('tells that there is no such plugin', async () => {
    const { code, err } = await raspy(['plugin', 'check', 'raspy-plugin-none']);
    expect(err).toContain('no package raspy-plugin-none is installed in');
    expect(code).toBe(2);
    await rm(join(home, 'node_modules'), { recursive: true });
    const empty = await raspy(['plugin', 'check', '.']);
    expect(empty.out).toContainEqual(expect.stringContaining('PLUGIN_MANIFEST'));
    expect(empty.out.at(-1)).toBe('1 mistake');
  });
});
