import { defineDeviceType, definePlugin } from '@raspy/devices';
import { serviceClient } from '@raspy/mdp-protocol';
import { filter, firstValueFrom, map, NEVER } from 'rxjs';
import { z } from 'zod';
import { CoreBench } from '../../../test/core-bench.js';
import { mistakesInScenario } from './mistakes.js';
import { scenarioService, scenariosService } from './scenario-service.js';

const bench = new CoreBench();
beforeEach(() => bench.open());
afterEach(() => bench.close());

const running = () => serviceClient(scenarioService, bench.client, 'pi.core.scenario');
const kept = () => serviceClient(scenariosService, bench.client, 'pi.core.scenarios');

const GREETS = {
  name: 'greets',
  mode: 'fired',
  entries: { who: { kind: 'setting', value: 'world' } },
  code: "await publish('said', 'hello ' + (fired.payload ?? entries.who.value));",
};
const WAITS = { name: 'waits', mode: 'background', code: 'await until(() => false);' };

/** The next value of a key, now or later, that fits. */
function published(key: string, fits: (json: unknown) => boolean = () => true): Promise<unknown> {
  return firstValueFrom(
    bench.tree.watch().pipe(
      map(() => bench.tree.peek(key)),
      filter((entry) => entry !== undefined),
      map(({ body }) => JSON.parse(Buffer.from(body).toString()) as unknown),
      filter(fits),
    ),
  );
}

describe('the services of scenarios', () => {
  beforeEach(() => bench.start());

  it('answer as the protocol says', async () => {
    expect(await bench.ask('pi.core.scenarios', 'list_keys')).toEqual(['', '200']);
    expect(await bench.ask('pi.core.scenario', 'info')).toEqual(['[]', '200']);
    await kept().add(GREETS);
    await kept().add(WAITS);
    expect(await bench.ask('pi.core.scenarios', 'list_keys')).toEqual(['greets|waits', '200']);
    expect(await bench.ask('pi.core.scenario', 'info')).toEqual(['["greets","waits"]', '200']);
    expect(await bench.ask('pi.core.scenario', 'dance')).toEqual(['501']);
    expect(await bench.ask('pi.core.scenarios', 'dance')).toEqual(['501']);
    expect(await bench.ask('pi.core.scenario', 'run', 'nobody')).toEqual([
      'there is no scenario "nobody"',
      '404',
    ]);
  });

  it('run a scenario by hand, with something for it, and tell what it did', async () => {
    await kept().add(GREETS);
    await running().run('greets');
    expect(await published('/scenario/greets/said')).toBe('hello world');
    // It has published, and may not have ended yet: a run that is asked for then is skipped.
    const state = async () => ((await running().status('greets')) as { readonly state: string }).state;
    while ((await state()) !== 'idle') await new Promise(setImmediate);
    await running().run('greets', 'moon');
    expect(await published('/scenario/greets/said', (said) => said !== 'hello world')).toBe('hello moon');
    const trace = (await running().trace('greets', 2)) as { readonly kind: string }[];
    expect(trace).toHaveLength(2);
    expect(await bench.ask('pi.core.scenario', 'trace', 'greets', '0')).toEqual([
      'count is a whole number from 1 to 200',
      '400',
    ]);
  });

  it('stop, disable, enable and delete', async () => {
    await kept().add(WAITS);
    expect(await running().status('waits')).toMatchObject({ state: 'running' });
    expect(await running().stop('waits')).toMatchObject({ state: 'idle' });
    await kept().enable('waits', false);
    expect(await running().status('waits')).toMatchObject({ state: 'off', enabled: false });
    expect(await bench.ask('pi.core.scenario', 'run', 'waits')).toEqual([
      'the scenario "waits" is disabled: enable it first',
      '400',
    ]);
    await kept().enable('waits');
    expect(await running().status()).toMatchObject([{ name: 'waits', state: 'running' }]);
    expect(await bench.ask('pi.core.scenarios', 'enable', 'waits', '3')).toEqual([
      'enabled is true or false',
      '400',
    ]);
    await kept().delete('waits');
    expect(await running().status()).toEqual([]);
  });

  it('say all that is wrong, and save nothing', async () => {
    const wrong = { ...GREETS, mode: 'sometimes', entries: { x: { kind: 'wish' } } };
    const [reason, status] = await bench.ask('pi.core.scenarios', 'add', JSON.stringify(wrong));
    expect(status).toBe('400');
    expect(reason).toContain('mode');
    expect(reason).toContain('entries.x.kind');
    const unreadable = { ...GREETS, code: 'const a = 1;\nawait (' };
    expect((await bench.ask('pi.core.scenarios', 'add', JSON.stringify(unreadable)))[0]).toMatch(
      /line 2, column \d/,
    );
    expect(await kept().check(unreadable)).toEqual([
      { path: 'code', message: expect.stringMatching(/^line 2, column \d+: /) as string },
    ]);
    expect(await kept().check(GREETS)).toEqual([]);
    expect(await kept().list()).toEqual([]);
  });

  it('change a scenario, and show it without and with its code', async () => {
    await kept().add(GREETS);
    await kept().update({ ...GREETS, title: 'Greets', code: "await publish('said', 'bye');" });
    expect(await kept().list()).toEqual([
      expect.objectContaining({ name: 'greets', title: 'Greets', codeLength: 29 }),
    ]);
    expect(await kept().get('greets')).toMatchObject({ code: "await publish('said', 'bye');" });
    await running().run('greets');
    expect(await published('/scenario/greets/said')).toBe('bye');
  });

  it('share a scenario as a file, and take one', async () => {
    await kept().add(GREETS);
    const file = await kept().export('greets');
    expect(file).toMatchObject({ format: 'raspy-scenario', version: 1 });
    expect(
      await kept().import(file, { name: 'other', entries: { who: { value: 'sun' } }, enabled: true }),
    ).toEqual({
      name: 'other',
      notes: [],
    });
    await running().run('other');
    expect(await published('/scenario/other/said')).toBe('hello sun');
    expect((await bench.ask('pi.core.scenarios', 'import', '{"format":"x"}', '{}'))[1]).toBe('400');
    expect((await kept().shipped()) as object[]).toHaveLength(2);
  });

  it('count in the statistics', async () => {
    await kept().add(WAITS);
    const [json] = await bench.ask('pi.core.statistics', 'all');
    expect(JSON.parse(json!)).toMatchObject({ 'scenarios.count': 1, 'scenarios.running': 1 });
  });
});

it('nothing runs in safe mode', async () => {
  const warnings: string[] = [];
  const { silentLogger } = await import('../../log/logger.js');
  await bench.start({
    values: { safeMode: true },
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
  });
  await kept().add(WAITS);
  expect(await running().status('waits')).toMatchObject({ state: 'off', safeMode: true });
  expect(warnings).toContain('safe mode: no scenario runs');
});

it('two core servers do not decide for one home', async () => {
  const errors: string[] = [];
  await bench.start();
  await kept().add(WAITS);
  const { silentLogger } = await import('../../log/logger.js');
  await bench.start({
    values: { hostname: 'other' },
    logger: {
      ...silentLogger,
      error: (message, fields) => void errors.push(`${message}: ${String(fields?.['reason'])}`),
    },
  });
  expect(errors).toContainEqual(
    expect.stringMatching(/^no scenario runs yet: .*decides for this home already$/),
  );
  expect(await bench.ask('other.core.mmi', 'status')).toEqual(['500']);
});

it('a core server has devices of its own, which the tree is told of', async () => {
  const type = defineDeviceType({
    oid: 'box.lid',
    title: 'Lid',
    config: z.object({}),
    values: { open: { schema: z.boolean() } },
    commands: {},
  });
  const driver = { type, open: () => ({ values$: NEVER, commands: {}, close: () => undefined }) };
  await bench.start({
    plugins: [definePlugin({ name: 'box', drivers: [driver] })],
    devices: [{ name: 'lid', oid: 'box.lid' }],
  });
  expect(await bench.ask('pi.core.devices', 'list_keys')).toEqual(['lid', '200']);
  expect(await published('/device/pi.core/lid')).toMatchObject({ oid: 'box.lid' });
});

it('what is wrong with a scenario is told with its path', async () => {
  expect(await mistakesInScenario({})).toEqual(
    expect.arrayContaining([expect.objectContaining({ path: 'name' })]),
  );
  expect(await mistakesInScenario('x')).toEqual([{ path: '', message: 'is no JSON object' }]);
});
