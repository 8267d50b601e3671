import { join } from 'node:path';
import { pluginOf, PluginWorkshop } from '../../test/plugin-workshop.js';
import { checkPluginPackage } from './check-package.js';

let shop: PluginWorkshop;
beforeEach(async () => {
  shop = await PluginWorkshop.open();
});
afterEach(() => shop.remove());

async function check(name: string, standardOids: string[] = []) {
  const folder = join(shop.folder, 'node_modules', name);
  return checkPluginPackage(folder, { importer: shop.importer, standardOids });
}

it('describes the types of a plugin that is as it should be', async () => {
  await shop.install('raspy-plugin-lamp', {}, { plugin: pluginOf('lamp', 'lamp.desk', 'actuator.light') });
  const report = await check('raspy-plugin-lamp', ['actuator.light']);
  expect(report).toMatchObject({
    packageName: 'raspy-plugin-lamp',
    version: '1.2.3',
    folder: join(shop.folder, 'node_modules/raspy-plugin-lamp'),
    mistakes: [],
    types: [
      { oid: 'lamp.desk', values: { level: { schema: { type: 'number' } } } },
      { oid: 'actuator.light' },
    ],
  });
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

it('does not mind which @raspy/devices an author has, and what it finds in a folder that is no plugin', async () => {
  await shop.install('raspy-plugin-lamp');
  await shop.remove('node_modules/@raspy');
  expect((await check('raspy-plugin-lamp')).mistakes).toEqual([]);
  await shop.write('node_modules/empty/package.json', '{}');
  const { packageName, mistakes } = await check('empty');
  expect(packageName).toBe('');
  expect(mistakes.map(({ code }) => code)).toEqual([
    'PLUGIN_NAME',
    'PLUGIN_KEYWORD',
    'PLUGIN_KIND',
    'PLUGIN_API',
    'PLUGIN_PEERS',
    'PLUGIN_ENTRY',
  ]);
});

it.each<[string, Record<string, unknown>, string]>([
  [
    'as a dependency',
    { dependencies: { '@raspy/devices': '1', rxjs: '7' }, peerDependencies: undefined },
    '@raspy/devices and rxjs must stand in "peerDependencies"',
  ],
  ['nowhere', { peerDependencies: { rxjs: '7' } }, '@raspy/devices must stand in "peerDependencies"'],
  [
    'as both',
    { dependencies: { rxjs: '7' } },
    'rxjs must stand in "peerDependencies", and not in "dependencies"',
  ],
])('tells an author who has the shared packages %s', async (_, change, message) => {
  await shop.install('raspy-plugin-lamp', change);
  expect((await check('raspy-plugin-lamp')).mistakes).toEqual([
    { code: 'PLUGIN_PEERS', message: expect.stringContaining(message) as string },
  ]);
});

it('tells what is wrong with package.json and with the module, together', async () => {
  await shop.install('raspy-plugin-lamp', { keywords: [] }, { plugin: pluginOf('lamb') });
  expect((await check('raspy-plugin-lamp')).mistakes.map(({ code }) => code)).toEqual([
    'PLUGIN_KEYWORD',
    'PLUGIN_NAME',
    'PLUGIN_OIDS',
  ]);
});

it('tells that there is no package', async () => {
  const report = await checkPluginPackage(join(shop.folder, 'none'));
  expect(report).toMatchObject({ packageName: '', types: [], mistakes: [{ code: 'PLUGIN_MANIFEST' }] });
  expect(report.mistakes[0]!.message).toContain('none has no package.json that can be read');
});
