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

it('have their defaults where they are left out', async () => {
  const outcome = await pluginOptionsSchema([onewire])['~standard'].validate({ onewire: {} });
  expect(outcome).toEqual({ value: { onewire: { scanSeconds: 10 } } });
});

it('of a plugin that could not be loaded are not judged, and those of the others are', async () => {
  const schema = pluginOptionsSchema([onewire], { partial: true });
  expect(await schema['~standard'].validate({ gone: { a: 1 } })).toEqual({ value: { gone: {} } });
  expect(await schema['~standard'].validate({ gone: { a: 1 }, onewire: { more: 1 } })).toMatchObject({
    issues: [{ path: ['onewire'] }],
  });
});

it('make another plugin of theirs, and leave alone the others', async () => {
  const choice = { plugins: ['raspy-plugin-onewire'], pluginsDir: '' };
  const load = () => Promise.resolve({ plugins: [onewire], failures: [] });
  const { plugins } = await pluginsOf({ ...choice, pluginOptions: { onewire: { owserver: 'pi' } } }, load);
  expect(plugins[0]).not.toBe(onewire);
  expect(plugins[0]).toMatchObject({ name: 'onewire' });
  expect((await pluginsOf(choice, load)).plugins).toEqual([onewire]);
});
