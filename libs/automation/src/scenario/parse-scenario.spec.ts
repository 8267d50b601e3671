import type { InvalidScenarioError } from './errors.js';
import { durationMs } from './duration.js';
import { parseScenario } from './parse-scenario.js';

function mistakes(json: unknown): Readonly<Record<string, string>> {
  try {
    parseScenario(json);
  } catch (error) {
    const { code, mistakes: list } = error as InvalidScenarioError;
    expect(code).toBe('INVALID_SCENARIO');
    return Object.fromEntries(list.map(({ path, message }) => [path, message]));
  }
  throw new Error('it was taken');
}
const base = { name: 'x', mode: 'fired', code: '' };

describe('the form of a scenario', () => {
  it('fills in its defaults', () => {
    const { entries, fires, policy, permissions, enabled } = parseScenario(base);
    expect({ entries, fires, policy, permissions, enabled }).toEqual({
      entries: {},
      fires: [],
      policy: { afterRestart: 'leave', overlap: 'skip' },
      permissions: { cron: false },
      enabled: true,
    });
  });

  it('tells all mistakes with their paths', () => {
    const found = mistakes({
      name: 'main',
      mode: 'sometimes',
      odd: 1,
      policy: { overlap: 'parallel' },
      permissions: { commands: ['water'] },
      entries: {
        water: { kind: 'value', key: '/elsewhere/x' },
        lamp: { kind: 'device', service: 'a', device: 'lamp' },
        '9': { kind: 'service', service: 'a' },
        bad: { kind: 'thing' },
        none: { kind: 'variable' },
        night: { kind: 'cron', when: { cron: '61 * * * *' } },
        dusk: { kind: 'sun', when: { everySeconds: 5 } },
        target: { kind: 'setting', value: 50, max: 30 },
        noon: { kind: 'cron', when: { everySeconds: 5 } },
      },
      fires: [{ entry: 'nothing' }, { entry: 'lamp', is: true }, { entry: 'noon', below: 3 }, 5],
    });
    expect(Object.keys(found).sort()).toEqual(
      [
        '',
        'name',
        'mode',
        'code',
        'policy.overlap',
        'entries.water.key',
        'entries.9',
        'entries.bad.kind',
        'entries.none.key',
        'entries.night.when.cron',
        'entries.dusk.when',
        'entries.target.value',
        'fires[0].entry',
        'fires[1].entry',
        'fires[2]',
        'fires[3].entry',
      ].sort(),
    );
    expect(found['entries.night.when.cron']).toMatch(/character 1/);
    expect(found['entries.target.value']).toBe('is a number from -Infinity to 30');
  });

  it('wants exactly one condition on a value, of those that fit its kind', () => {
    const entries = { v: { kind: 'variable', key: '/a/b' }, s: { kind: 'scenario', name: 'other' } };
    const fires = [
      { entry: 'v' },
      { entry: 'v', below: 1, above: 2 },
      { entry: 's', is: true },
      { entry: 'v', below: 1, for: 'soon' },
    ];
    expect(Object.keys(mistakes({ ...base, entries, fires }))).toEqual([
      'fires[0]',
      'fires[1]',
      'fires[2]',
      'fires[3].for',
    ]);
    expect(mistakes({ ...base, entries, permissions: { commands: ['v'] } })).toEqual({
      'permissions.commands[0]': 'is no entry of the kind "device": "v"',
    });
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['a prototype', JSON.parse('{"name":"x","entries":{"__proto__":{"kind":"cron"}}}')],
    ['great depth', JSON.parse(`{"name":"x","fires":${'['.repeat(50)}${']'.repeat(50)}}`)],
    ['very many members', { ...base, fires: Array.from({ length: 30_000 }, () => 1) }],
    ['entries that are none', { ...base, entries: [] }],
    [
      'too many entries',
      { ...base, entries: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`e${i}`, {}])) },
    ],
    ['too many fires', { ...base, fires: Array.from({ length: 33 }, () => ({})) }],
  ])('refuses %s', (_, json: unknown) => {
    expect(Object.keys(mistakes(json))).toHaveLength(1);
  });
});

it('reads spans of time', () => {
  expect(['5 minutes', '10s', '1.5 h', '2 days', '7 ms', 250].map(durationMs)).toEqual([
    300_000, 10_000, 5_400_000, 172_800_000, 7, 250,
  ]);
  expect(['5', 'm', '-1 s', '400 d', NaN, -1, Infinity, null, {}].map(durationMs)).toEqual(
    Array(9).fill(undefined),
  );
});
