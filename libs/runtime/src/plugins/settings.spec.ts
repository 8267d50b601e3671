import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { programSettings } from '../config/common-settings.js';
import { loadSettings } from '../config/load-settings.js';
import { pluginsFolder, pluginsSettings } from './settings.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raspy-settings-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(argv: readonly string[], yaml?: string, env: Record<string, string> = {}) {
  const config = join(folder, 'raspy.yaml');
  if (yaml !== undefined) await writeFile(config, yaml);
  const RASPY_CONFIG = yaml === undefined ? '/dev/null' : config;
  const machine = { hostname: 'pi', homeDir: '/home/pi', env: { RASPY_CONFIG, ...env } };
  return loadSettings({ ...programSettings, ...pluginsSettings }, argv, machine);
}

describe('the plugins', () => {
  it('are none unless somebody names them', async () => {
    expect((await load([])).values).toMatchObject({ plugins: [], pluginsDir: '' });
  });

  it('are named in a list, or in a text with commas', async () => {
    const names = ['raspy-plugin-a', '@x/raspy-plugin-b'];
    expect((await load([], `plugins: ['raspy-plugin-a', '@x/raspy-plugin-b']`)).values.plugins).toEqual(
      names,
    );
    expect((await load([], 'plugins: raspy-plugin-a')).values.plugins).toEqual(['raspy-plugin-a']);
    expect((await load(['--plugins=raspy-plugin-a, @x/raspy-plugin-b,'])).values.plugins).toEqual(names);
    const byVariable = await load([], undefined, { RASPY_PLUGINS: 'raspy-plugin-a,@x/raspy-plugin-b' });
    expect(byVariable.values.plugins).toEqual(names);
    expect((await load(['--plugins='], 'plugins: raspy-plugin-a')).values.plugins).toEqual([]);
  });

  it('are told with each mistake, where it stands', async () => {
    const yaml = 'plugins:\n  - raspy-plugin-a\n  - lamp\n  - 7\n  - raspy-plugin-a\n';
    const message = await load([], yaml).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    expect(message.replaceAll(folder, '')).toBe(
      [
        '/raspy.yaml:3:5, plugins.1: "lamp" is no name of a plugin: those are raspy-plugin-… or @scope/raspy-plugin-…',
        '/raspy.yaml:4:5, plugins.2: is not a text: give the name of a package',
        '/raspy.yaml:5:5, plugins.3: "raspy-plugin-a" stands twice',
      ].join('\n'),
    );
    await expect(load([], 'plugins: { a: 1 }')).rejects.toThrow('is not a list of packages');
    await expect(load([`--plugins=${'raspy-plugin-a,'.repeat(101)}`])).rejects.toThrow(
      '101 packages: at most 100',
    );
  });
});

describe('their folder', () => {
  it('is the one that is set, else that in which RasPy is installed', async () => {
    expect(await pluginsFolder({ pluginsDir: '/srv/plugins' }, '/here')).toBe('/srv/plugins');
    expect(await pluginsFolder({ pluginsDir: 'plugins' }, '/here')).toBe('/here/plugins');
    const workspace = await pluginsFolder({ pluginsDir: '' }, '/here');
    expect(await realpath(join(workspace, 'node_modules/@raspy/runtime'))).toBe(resolve(__dirname, '../..'));
  });
});
