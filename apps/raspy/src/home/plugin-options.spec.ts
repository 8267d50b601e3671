import { plugin as onewire } from 'raspy-plugin-onewire';
import { pluginsOf } from './drivers.js';
import { pluginOptionsSchema } from './plugin-options.js';

const issuesOf = async (value: unknown): Promise<string[]> => {
  const { issues = [] } = await pluginOptionsSchema([onewire])['~standard'].validate(value);
  return issues.map(({ path = [] }) => path.map(String).join('.'));
};

it('are as the schema of their plugin wants them', async () => {
  expect(await issuesOf({ onewire: { owserver: ['pi:4304', 'pi2'], scanSeconds: 60 } })).toEqual([]);
  expect(await issuesOf({ onewire: { owserver: 'pi:x', scanSeconds: 0 } })).toEqual([
    'onewire.owserver',
    'onewire.scanSeconds',
  ]);
  expect(await issuesOf({ onewire: { more: 1 } })).toEqual(['onewire']);
  expect(await issuesOf([])).toEqual(['']);
});

it('make another plugin of theirs, and leave alone the others', async () => {
  const choice = { plugins: ['raspy-plugin-onewire'], pluginsDir: '' };
  const load = () => Promise.resolve({ plugins: [onewire], failures: [] });
  const { plugins } = await pluginsOf({ ...choice, pluginOptions: { onewire: { owserver: 'pi' } } }, load);
  expect(plugins[0]).not.toBe(onewire);
  expect(plugins[0]).toMatchObject({ name: 'onewire' });
  expect((await pluginsOf(choice, load)).plugins).toEqual([onewire]);
});
