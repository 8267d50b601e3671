import { ScenarioRig } from '../../test/scenario-rig.js';
import type { ScenarioFileError } from './errors.js';
import type { ScenarioFile } from './export-scenario.js';
import { SHIPPED_SCENARIOS } from './shipped/shipped-scenarios.js';

const scenario = {
  name: 'dusk',
  title: 'Light at dusk',
  mode: 'fired',
  entries: {
    water: { kind: 'value', key: '/device/pi.secret/a/b', type: 'number', unit: '°C' },
    lamp: { kind: 'device', service: 'pi.secret.devices', device: 'secret', type: 'actuator.light' },
    spare: { kind: 'variable', key: '/secret/x', optional: true },
    other: { kind: 'scenario', name: 'secret' },
    doser: { kind: 'service', service: 'secret.service' },
    evening: {
      kind: 'sun',
      when: { sun: 'sunset', offsetMinutes: -10, place: { latitude: 48.1, longitude: 2.9 } },
    },
    night: { kind: 'cron', when: { cron: '0 22 * * *', timeZone: 'Europe/Paris' } },
    target: { kind: 'setting', value: 25 },
  },
  fires: [{ entry: 'evening' }, { entry: 'water', below: 20 }],
  code: 'await entries.lamp.set({ level: 50 });',
};
const mapping = {
  name: 'mine',
  entries: {
    water: { key: '/device/here/a/b' },
    lamp: { service: 'here.devices', device: 'lamp' },
    other: { name: 'there' },
    doser: { service: 'here.doser' },
    evening: { when: { sun: 'dusk', place: { latitude: 1, longitude: 2 } } },
    target: { value: 26 },
  },
};

async function exported(): Promise<{ rig: ScenarioRig; file: ScenarioFile }> {
  const rig = await ScenarioRig.started();
  await rig.manager.add(scenario);
  return { rig, file: rig.manager.export('dusk') };
}
async function refused(rig: ScenarioRig, file: unknown, map: object = mapping): Promise<ScenarioFileError> {
  const before = new Map(rig.store.values);
  const error = await rig.manager.import(file, map).then(
    () => {
      throw new Error('it was taken');
    },
    (reason: unknown) => reason as ScenarioFileError,
  );
  expect(rig.store.values).toEqual(before);
  return error;
}

describe('a scenario as a file', () => {
  it('holds nothing that is local, and all else', async () => {
    const { file } = await exported();
    const text = JSON.stringify(file);
    expect(text).not.toMatch(/secret|Paris|48\.1/);
    expect(file).toMatchObject({
      format: 'raspy-scenario',
      version: 1,
      permissions: { commands: ['lamp'], cron: false },
      entries: { water: { kind: 'value', type: 'number', unit: '°C' }, target: { value: 25 } },
      code: scenario.code,
    });
  });

  it('is imported by a mapping, disabled, and says what could not be checked', async () => {
    const { rig, file } = await exported();
    rig.home.known.set('/device/here/a/b', { unit: '°C' });
    const { name, notes } = await rig.manager.import(JSON.stringify(file), mapping);
    expect(name).toBe('mine');
    expect(notes).toEqual(['nothing is known of here.devices lamp ("lamp") now: it was not checked']);
    const { definition } = rig.manager.info('mine');
    expect(definition).toMatchObject({ enabled: false, fires: rig.manager.info('dusk').definition!.fires });
    expect(definition!.entries).toMatchObject({
      water: { key: '/device/here/a/b' },
      evening: { when: { sun: 'dusk', place: { latitude: 1 } } },
      night: { when: { cron: '0 22 * * *' } },
      target: { value: 26 },
    });
    expect(rig.manager.status('mine').state).toBe('off');
    await expect(rig.manager.import(file, mapping)).rejects.toMatchObject({ code: 'DUPLICATE_SCENARIO' });
  });

  it('is refused with each entry that is not mapped, or not as it has to be', async () => {
    const { rig, file } = await exported();
    const { mistakes, trouble } = await refused(rig, file, {
      entries: { water: { service: 'x' }, nothing: {}, target: { max: 3 } },
    });
    expect(trouble).toBe('mapping');
    expect(mistakes.map(({ path }) => path).sort()).toEqual(
      [
        'entries.nothing',
        'entries.water.service',
        'entries.lamp',
        'entries.other',
        'entries.doser',
        'entries.target.max',
      ].sort(),
    );
    expect((await refused(rig, file, { odd: 1 })).trouble).toBe('mapping');
    expect((await refused(rig, file, JSON.parse('{"entries":{"__proto__":{}}}') as object)).trouble).toBe(
      'mapping',
    );
    expect(
      (await refused(rig, file, { ...mapping, entries: { ...mapping.entries, water: { key: 5 } } })).trouble,
    ).toBe('wrong');
  });

  it('is refused where the house has other units or types', async () => {
    const { rig, file } = await exported();
    rig.home.known.set('/device/here/a/b', { unit: '°F' });
    rig.home.known.set('lamp', { type: 'actuator.pump' });
    const { mistakes } = await refused(rig, file);
    expect(mistakes).toEqual([
      { path: 'entries.water', message: 'is in °F, not in °C' },
      { path: 'entries.lamp', message: 'is a actuator.pump, not a actuator.light' },
    ]);
    await expect(rig.manager.checkImport(file, mapping)).rejects.toMatchObject({ trouble: 'mapping' });
  });

  it('is refused when its code cannot be read, with the line', async () => {
    const { rig, file } = await exported();
    const error = await refused(rig, { ...file, code: 'let a = 1;\nlet = = 2;' });
    expect(error).toMatchObject({ code: 'SCENARIO_CODE', mistakes: [{ line: 2 }] });
  });

  it.each([
    ['no JSON', 'not a scenario', () => '{'],
    ['something else', 'not a scenario', () => ({ format: 'other' })],
    ['a newer file', 'newer version', (file: object) => ({ ...file, version: 2, what: 'is new' })],
    ['an unknown member', 'wrong', (file: object) => ({ ...file, extra: 1 })],
    [
      'a local name',
      'wrong',
      (file: ScenarioFile) => ({ ...file, entries: { water: { kind: 'value', key: '/device/x/y/z' } } }),
    ],
    ['an unknown kind', 'wrong', (file: object) => ({ ...file, entries: { water: { kind: 'door' } } })],
    ['a prototype', 'hostile', (file: object) => JSON.stringify(file).replace('"water":', '"__proto__":')],
    [
      'great depth',
      'hostile',
      (file: object) =>
        JSON.stringify({ ...file, fires: 1 }).replace(
          '"fires":1',
          `"fires":${'['.repeat(5000)}${']'.repeat(5000)}`,
        ),
    ],
    ['great size', 'hostile', (file: object) => JSON.stringify({ ...file, code: ' '.repeat(1_100_000) })],
    ['code that is no text', 'wrong', (file: object) => ({ ...file, code: {} })],
  ] as const)('is refused when it is %s', async (_, trouble, change) => {
    const { rig, file } = await exported();
    expect(await refused(rig, change(file))).toMatchObject({ code: 'SCENARIO_FILE', trouble });
  });
});

it.each(SHIPPED_SCENARIOS.map((file) => [file.scenario.name, file] as const))(
  'the shipped scenario %s comes back as it is when it is exported',
  async (name, file) => {
    const rig = await ScenarioRig.started();
    const entries: Record<string, Record<string, string>> = {};
    for (const [entry, { kind, optional }] of Object.entries(file.entries)) {
      if (kind === 'device') entries[entry] = { service: 's', device: entry };
      else if (kind === 'value' && optional !== true) entries[entry] = { key: `/device/a/b/${entry}` };
    }
    await rig.manager.import(file, { entries });
    const back = rig.manager.export(name);
    expect(back.code).toBe(file.code);
    expect(JSON.parse(JSON.stringify(back.entries))).toMatchObject(file.entries);
  },
);
