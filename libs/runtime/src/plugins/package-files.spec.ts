import { join } from 'node:path';
import { PluginWorkshop } from '../../test/plugin-workshop.js';
import { entryFile } from './entry-file.js';
import { findPackage, installedPlugins } from './package-files.js';

let shop: PluginWorkshop;
beforeEach(async () => {
  shop = await PluginWorkshop.open();
});
afterEach(() => shop.remove());

describe('the plugins that are installed', () => {
  it('are told by name and keyword, sorted, without importing one', async () => {
    await shop.install('raspy-plugin-lamp');
    await shop.install('@b/raspy-plugin-lamp', { version: 7 });
    await shop.install('raspy-plugin-theme', { keywords: ['raspy'] });
    await shop.install('lamp');
    await shop.write('node_modules/raspy-plugin-broken/package.json', '{');
    await shop.write('node_modules/raspy-plugin-empty/README.md', '');
    expect(await installedPlugins(shop.folder)).toEqual([
      {
        packageName: '@b/raspy-plugin-lamp',
        version: '?',
        folder: join(shop.folder, 'node_modules/@b/raspy-plugin-lamp'),
      },
      {
        packageName: 'raspy-plugin-lamp',
        version: '1.2.3',
        folder: join(shop.folder, 'node_modules/raspy-plugin-lamp'),
      },
    ]);
    expect(shop.imported).toEqual([]);
  });

  it('are none where nothing is installed', async () => {
    expect(await installedPlugins(join(shop.folder, 'elsewhere'))).toEqual([]);
  });
});

describe('a package', () => {
  it('is found where Node finds it: here, then further up, and never in node_modules/node_modules', async () => {
    const folder = await shop.install('raspy-plugin-lamp');
    await shop.write('node_modules/node_modules/raspy-plugin-lamp/package.json', '{}');
    expect(await findPackage('raspy-plugin-lamp', join(shop.folder, 'a/b'))).toBe(folder);
    expect(await findPackage('raspy-plugin-lamp', join(shop.folder, 'node_modules/x'))).toBe(folder);
    const nearer = 'a/node_modules/raspy-plugin-lamp';
    await shop.write(`${nearer}/package.json`, '{}');
    expect(await findPackage('raspy-plugin-lamp', join(shop.folder, 'a/b'))).toBe(join(shop.folder, nearer));
    expect(await findPackage('raspy-plugin-none', shop.folder)).toBeUndefined();
  });

  it('that is linked is found where it really is, as Node does', async () => {
    await shop.write('elsewhere/package.json', '{}');
    await shop.link(join(shop.folder, 'elsewhere'), 'node_modules/raspy-plugin-lamp');
    expect(await findPackage('raspy-plugin-lamp', shop.folder)).toBe(join(shop.folder, 'elsewhere'));
  });

  it('whose place is no folder is not there', async () => {
    await shop.write('node_modules/raspy-plugin-lamp', 'a file');
    expect(await findPackage('raspy-plugin-lamp', shop.folder)).toBeUndefined();
  });
});

describe('the file that an import loads', () => {
  beforeEach(async () => {
    for (const file of ['index.js', 'lib/index.js', 'lib/plugin.js']) await shop.write(`p/${file}`, '');
  });
  const entry = async (manifest: Record<string, unknown>): Promise<string> => {
    const folder = join(shop.folder, 'p');
    return (await entryFile({ folder, manifest })).slice(folder.length + 1);
  };

  it.each<[string, Record<string, unknown>, string]>([
    ['nothing', {}, 'index.js'],
    ['main', { main: './lib/plugin.js' }, 'lib/plugin.js'],
    ['main without its ending', { main: 'lib/plugin' }, 'lib/plugin.js'],
    ['main that is a folder', { main: 'lib' }, 'lib/index.js'],
    ['exports', { exports: './lib/plugin.js', main: 'index.js' }, 'lib/plugin.js'],
    ['exports with doors', { exports: { './x': './x.js', '.': './lib/plugin.js' } }, 'lib/plugin.js'],
    [
      'conditions, the first that fits',
      { exports: { types: './x.d.ts', import: './index.js', default: './y.js' } },
      'index.js',
    ],
    [
      'conditions in conditions',
      { exports: { '.': { browser: './b.js', node: { require: './r.cjs', default: './index.js' } } } },
      'index.js',
    ],
    ['alternatives', { exports: { '.': ['not-ours', './index.js'] } }, 'index.js'],
  ])('is told by %s', async (_, manifest, file) => {
    expect(await entry(manifest)).toBe(file);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['main that is not there', { main: 'dist' }, ''],
    ['exports for require alone', { exports: { require: './index.js' } }, 'no "." for an import'],
    ['exports without the package itself', { exports: { './x': './index.js' } }, 'no "." for an import'],
    ['a door that is shut', { exports: { '.': null } }, 'no "." for an import'],
    ['a number', { exports: 7 }, 'no "." for an import'],
    ['exports that are not built', { exports: './dist/index.js' }, 'is not there: was it built?'],
  ])('is none with %s', async (_, manifest, message) => {
    // Node, too, falls back to index.js, but only for main.
    if (message === '') expect(await entry(manifest)).toBe('index.js');
    else await expect(entry(manifest)).rejects.toThrow(message);
  });

  it('is none in an empty package', async () => {
    await shop.remove('p/index.js');
    await expect(entry({ main: 'dist' })).rejects.toThrow('dist, its "main", is not there: was it built?');
    await expect(entry({})).rejects.toThrow('index.js, its "main", is not there');
  });
});
