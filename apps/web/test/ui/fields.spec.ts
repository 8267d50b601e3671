import { entrySchema, jobSchema, scenarioSchema } from '../../ui/model/automation-schemas.js';
import { fieldOf } from '../../ui/model/fields.js';
import {
  asList,
  asObject,
  choiceIndex,
  initial,
  mistakesAt,
  mistakesIn,
  titleAt,
  withMember,
} from '../../ui/model/form.js';
import { budgetNames, commonSchema } from '../../ui/model/guard-form.js';
import type { DeviceType, JsonSchema } from '../../ui/model/types.js';
import { mockTypes } from './mock-types.js';

describe('the field of a schema', () => {
  it('is a switch, a number, a choice or a text', () => {
    expect(fieldOf({ type: 'boolean', title: 'On' })).toEqual({ kind: 'boolean', title: 'On' });
    expect(fieldOf({ type: 'integer', minimum: 1, exclusiveMaximum: 9 }, 'pollSeconds')).toEqual({
      kind: 'number',
      title: 'Poll seconds',
      integer: true,
      min: 1,
      max: 9,
      aboveMin: false,
      belowMax: true,
    });
    expect(fieldOf({ type: 'string', enum: ['a', 'b'], default: 'a' }, 'x')).toMatchObject({
      kind: 'enum',
      options: ['a', 'b'],
      default: 'a',
    });
    expect(fieldOf({ type: 'string', maxLength: 10_000 })).toMatchObject({ kind: 'text', long: true });
  });

  it('leaves out the bounds of JSON’s own integers, which nobody means', () => {
    expect(fieldOf({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER })).not.toHaveProperty(
      'max',
    );
  });

  it('is JSON where the schema is not known, refers elsewhere or is too deep', () => {
    expect(fieldOf({}).kind).toBe('json');
    expect(fieldOf({ $ref: '#' }).kind).toBe('json');
    expect(fieldOf({ type: 'array' }).kind).toBe('json');
    expect(fieldOf({ type: 'object', additionalProperties: {} }).kind).toBe('json');
    let deep: object = { type: 'boolean' };
    for (let index = 0; index < 12; index++) deep = { type: 'array', items: deep };
    expect(JSON.stringify(fieldOf(deep as never))).toContain('"kind":"json"');
  });

  it('is one field for one choice beside null, and names choices that have no title', () => {
    expect(fieldOf({ anyOf: [{ type: 'number' }, { type: 'null' }] }, 'limit')).toMatchObject({
      kind: 'number',
      title: 'Limit',
    });
    expect(fieldOf({ type: ['boolean', 'number'], title: 'Equals' })).toMatchObject({
      kind: 'choice',
      title: 'Equals',
      choices: [{ title: 'Switch' }, { title: 'Number' }],
    });
    expect(
      fieldOf({ type: ['number', 'null'], title: 'Limit', unit: 'ms', default: 3, minimum: 1 }),
    ).toMatchObject({ kind: 'number', title: 'Limit', unit: 'ms', default: 3, min: 1 });
    expect(fieldOf({ anyOf: [{ const: 1 }, { const: 2 }] })).toMatchObject({ kind: 'enum', options: [1, 2] });
    const choices: readonly JsonSchema[] = [
      { type: 'boolean' },
      { type: 'object', properties: { scale: { type: 'number' }, offset: { type: 'number' } } },
      { type: 'array', items: { type: 'number' } },
    ];
    const field = fieldOf({ anyOf: choices });
    expect(field.kind === 'choice' && field.choices.map(({ title }) => title)).toEqual([
      'Switch',
      'Scale, Offset',
      'Form 3',
    ]);
  });
});

describe('a form', () => {
  const schema = {
    type: 'object',
    required: ['name', 'level', 'points'],
    properties: {
      name: { type: 'string', minLength: 1, pattern: '^[a-z]+$' },
      level: { type: 'number', exclusiveMinimum: 0, maximum: 100 },
      points: {
        type: 'array',
        minItems: 1,
        maxItems: 2,
        items: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] },
      },
      note: { type: 'string' },
      on: { type: 'boolean', default: true },
    },
  };
  const field = fieldOf(schema);

  it('begins with what is needed, and leaves out what need not be', () => {
    expect(initial(field, undefined)).toEqual({ points: [[null, null]] });
    expect(initial(field, { name: 'x' })).toEqual({ name: 'x' });
    expect(initial(fieldOf({ type: 'boolean' }), undefined)).toBe(false);
    expect(initial(fieldOf({ const: 'cron' }), undefined)).toBe('cron');
  });

  it('tells all mistakes with their paths', () => {
    expect(mistakesIn(field, { level: 0, points: [[1]], name: 'A' })).toEqual([
      { path: 'name', message: 'has another form' },
      { path: 'level', message: 'is more than 0' },
      { path: 'points[0]', message: 'has 2 parts' },
    ]);
    expect(mistakesIn(field, { name: 'a', level: 101, points: [] })).toEqual([
      { path: 'level', message: 'is at most 100' },
      { path: 'points', message: 'needs at least 1' },
    ]);
    expect(
      mistakesIn(field, {
        name: '',
        level: 1,
        points: [
          [1, 2],
          [1, 2],
          [1, 'x'],
        ],
      }).map(({ path }) => path),
    ).toEqual(['name', 'points', 'points[2][1]']);
    expect(mistakesIn(field, [])).toEqual([{ path: '', message: 'is an object' }]);
    expect(mistakesIn(field, undefined)).toEqual([{ path: '', message: 'is needed' }]);
  });

  it('leads to what is wrong by titles as the form shows them', () => {
    expect(titleAt(field, {}, 'points[0][1]')).toBe('Points › 1 › 2');
    const scenario = fieldOf(scenarioSchema);
    const draft = { entries: { lamp: { kind: 'device' } }, fires: [{ entry: 'lamp', below: 'x' }] };
    expect(titleAt(scenario, draft, 'entries.lamp.service')).toBe('What it has to do with › lamp › Service');
    expect(titleAt(scenario, draft, 'fires[0].below')).toBe('What fires it › 1 › Below');
    expect(titleAt(scenario, draft, 'nobody.knows')).toBe('nobody › knows');
    expect(titleAt(scenario, draft, '')).toBe('');
  });

  it('has nothing against what fits, defaults left out, and keeps JSON as it is', () => {
    expect(mistakesIn(field, { name: 'a', level: 100, points: [[1, 2]] })).toEqual([]);
    expect(mistakesIn(fieldOf({}), { any: 1 })).toEqual([]);
  });

  it('knows whole numbers, ends, texts, choices and records', () => {
    const one = (of: object, value: never) =>
      mistakesIn(fieldOf(of as never), value).map(({ message }) => message);
    expect(one({ type: 'integer' }, 1.5 as never)).toEqual(['is a whole number']);
    expect(one({ type: 'number', minimum: 2 }, 1 as never)).toEqual(['is at least 2']);
    expect(one({ type: 'number', exclusiveMaximum: 2 }, 2 as never)).toEqual(['is less than 2']);
    expect(one({ type: 'number' }, NaN as never)).toEqual(['is a number']);
    expect(one({ type: 'string', maxLength: 2 }, 'abc' as never)).toEqual(['has at most 2 characters']);
    expect(one({ type: 'string', minLength: 2 }, 'a' as never)).toEqual(['has at least 2 characters']);
    expect(one({ type: 'string', pattern: '(' }, 'a' as never)).toEqual([]);
    expect(one({ type: 'string' }, 1 as never)).toEqual(['is a text']);
    expect(one({ enum: ['a'] }, 'b' as never)).toEqual(['is none of the choices']);
    expect(one({ const: 1 }, 2 as never)).toEqual(['is 1']);
    expect(one({ type: 'boolean' }, 1 as never)).toEqual(['is on or off']);
    expect(one({ type: 'array', items: { type: 'number' } }, {} as never)).toEqual(['is a list']);
    expect(
      mistakesIn(fieldOf({ type: 'object', additionalProperties: { type: 'number' } }), { a: 'x' }),
    ).toEqual([{ path: 'a', message: 'is a number' }]);
  });

  it('sets, adds and empties members without touching the others', () => {
    expect(withMember({ a: 1, b: 2 }, 'a', 3)).toEqual({ a: 3, b: 2 });
    expect(withMember({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 });
    expect(withMember(undefined, 'a', 1)).toEqual({ a: 1 });
    expect(asList('x')).toEqual([]);
    expect(asObject([1])).toEqual({});
  });

  it('finds what is said of one field', () => {
    const mistakes = [
      { path: 'a', message: 'x' },
      { path: 'a.b', message: 'y' },
    ];
    expect(mistakesAt(mistakes, 'a')).toEqual(['x']);
  });

  it('knows of which kind a value is, also while it is not whole', () => {
    const entry = fieldOf(entrySchema);
    if (entry.kind !== 'choice') throw new Error('entries have kinds');
    const titleOf = (draft: never): string => entry.choices[choiceIndex(entry, draft)]!.title;
    expect(titleOf({ kind: 'device', service: 'pi.fake.devices', device: 'lamp' } as never)).toBe(
      'Device to command',
    );
    expect(titleOf({ kind: 'setting' } as never)).toBe('Setting');
    expect(mistakesIn(entry, { kind: 'setting' })).toEqual([{ path: 'value', message: 'is needed' }]);
  });
});

describe('the forms of jobs and scenarios', () => {
  it('do not give an example as if it were what is set', () => {
    const told = JSON.stringify([jobSchema, scenarioSchema]).matchAll(/"description":"([^"]*)/g);
    const bare = [...told].map(([, text]) => text!).filter((text) => /^\S*[./]\S*$|^\d|: \d/.test(text));
    expect(bare).toEqual([]);
  });

  it('take what the core server takes', () => {
    const job = {
      name: 'light',
      when: { sun: 'sunset', offsetMinutes: 45 },
      does: { command: { service: 'pi.fake.devices', device: 'lamp', name: 'set', args: { level: 80 } } },
    };
    expect(mistakesIn(fieldOf(jobSchema), job)).toEqual([]);
    const scenario = {
      name: 'thermostat',
      mode: 'background',
      entries: {
        water: { kind: 'value', key: '/device/pi.fake/water/temperature', type: 'number' },
        target: { kind: 'setting', value: 25.5 },
      },
      fires: [{ entry: 'water', below: 24 }],
    };
    expect(mistakesIn(fieldOf(scenarioSchema), scenario)).toEqual([]);
    expect(
      mistakesIn(fieldOf(scenarioSchema), { ...scenario, fires: [{ entry: 'water', below: 'x' }] }),
    ).toEqual([{ path: 'fires[0].below', message: 'is a number' }]);
  });

  it('begin with something that can be filled in', () => {
    expect(initial(fieldOf(jobSchema), undefined)).toEqual({ when: {} });
  });
});

describe('the form of every device', () => {
  const typeOf = (oid: string): DeviceType => mockTypes.find((type) => type.oid === oid)!;
  const guardOf = (oid: string) => {
    const field = fieldOf(commonSchema(typeOf(oid)));
    const guard = field.kind === 'object' && field.members.find(({ name }) => name === 'safety')?.field;
    return guard && guard.kind === 'object' ? guard.members : undefined;
  };
  const failSafeOf = (oid: string) => guardOf(oid)?.find(({ name }) => name === 'failSafe')?.field;

  it('has a guard where there is one, with all that can be made tighter', () => {
    expect(guardOf('sensor.temperature')).toBeUndefined();
    expect(guardOf('actuator.heater')!.map(({ name, field: { kind } }) => `${name}: ${kind}`)).toEqual([
      'failSafe: boolean',
      'boot: enum',
      'leaseRequired: boolean',
      'maxLeaseMs: number',
      'maxOnMs: number',
      'minOffMs: number',
      'duty: object',
      'budgets: list',
      'latch: list',
      'onlyWhile: list',
      'notWhile: list',
    ]);
  });

  it('asks for a fail-safe state that its output can have', () => {
    expect(failSafeOf('actuator.heater')).toMatchObject({ kind: 'boolean', default: false });
    expect(failSafeOf('actuator.light')).toMatchObject({ kind: 'number', min: 0, max: 100, default: 0 });
    const pump: DeviceType = { ...typeOf('actuator.pump'), safety: { output: 'on', failSafe: true } };
    expect(commonSchema(pump)).toMatchObject({
      properties: { safety: { properties: { failSafe: { default: true } } } },
    });
  });

  it('takes what a server knows besides, and finds what is wrong in a guard', () => {
    const field = fieldOf(commonSchema(typeOf('actuator.heater')));
    expect(mistakesIn(field, { safety: { maxOnMs: 5, fromTomorrow: true } })).toEqual([]);
    expect(
      mistakesIn(field, { safety: { latch: ['never'], budgets: [{ command: 'set' }], duty: { onMs: 0 } } }),
    ).toMatchObject([
      { path: 'safety.duty.onMs' },
      { path: 'safety.duty.windowMs' },
      { path: 'safety.budgets[0].argument' },
      { path: 'safety.budgets[0].max' },
      { path: 'safety.budgets[0].windowMs' },
      { path: 'safety.latch[0]' },
    ]);
  });

  it('knows the commands and arguments that a budget may name', () => {
    const doser = typeOf('actuator.doser');
    expect(budgetNames(doser, 'safety.budgets.command')).toEqual(['dose', 'fault', 'mend']);
    expect(budgetNames(doser, 'safety.budgets.argument')).toEqual(['ml', 'seconds']);
    expect(budgetNames(doser, 'safety.onlyWhile.device')).toEqual([]);
  });
});
