import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { workspace } from '../library.ts';

/** The plugin of docs/guides/first-device-plugin.md. */
export const example = join(workspace, 'docs/examples/first-device-plugin');

export const strangerPlugin = join(__dirname, 'raspy-plugin-stranger');

/** Plugins that are refused, each for one reason. */
export const bad: Readonly<Record<string, { manifest?: object; index?: string }>> = {
  'raspy-plugin-future': { manifest: { raspy: { kind: 'drivers', api: 2 } } },
  'raspy-plugin-nested': { manifest: { bundleDependencies: ['@raspy/devices'] } },
  'raspy-plugin-throws': { index: `throw new Error('there is no gpio here');` },
  'raspy-plugin-endless': { index: 'await new Promise(() => {});' },
};

/**
 * Makes those, each in a folder of its name.
 * @returns the folders
 */
export async function makeBadPlugins(parent: string): Promise<readonly string[]> {
  return Promise.all(Object.keys(bad).map((name) => makeBad(name, join(parent, name))));
}

async function makeBad(name: string, folder: string): Promise<string> {
  const { manifest, index = 'export const plugin = 1;' } = bad[name]!;
  await write(
    join(folder, 'package.json'),
    JSON.stringify({
      name,
      version: '1.0.0',
      type: 'module',
      keywords: ['raspy-plugin'],
      raspy: { kind: 'drivers', api: 1 },
      dependencies: name === 'raspy-plugin-nested' ? { '@raspy/devices': '^0.1.0' } : {},
      ...manifest,
    }),
  );
  await write(join(folder, 'index.js'), index);
  if (name === 'raspy-plugin-nested') {
    const copy = '{"name":"@raspy/devices","version":"0.1.0"}';
    await write(join(folder, 'node_modules/@raspy/devices/package.json'), copy);
  }
  return folder;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Sources of the programs that a stranger runs where he has installed plugins. */
export const programs: Readonly<Record<string, string>> = {
  contract: `import { checkDriver } from '@raspy/devices/testing';
    import { blindDriver, plugin } from 'raspy-plugin-stranger';
    async function main(): Promise<void> {
      const options = { config: { closedPercent: 5 }, commands: [{ name: 'move', args: { percent: 9 } }] };
      console.log(plugin.name, JSON.stringify(await checkDriver(blindDriver, options)));
    }
    void main();`,
  endless: `import { loadPlugins } from '@raspy/runtime/plugins';
    async function main(): Promise<void> {
      const names = ['raspy-plugin-endless', 'raspy-plugin-stranger'];
      const { plugins, failures } = await loadPlugins(names, { from: process.cwd(), timeoutMs: 1_500 });
      console.log(...plugins.map(({ plugin }) => plugin.name), ...failures.map(({ code }) => code));
    }
    void main();`,
};
