import { z } from 'zod';
import { probeType, thrown, type Caught } from '../test/probe.js';
import {
  defineDeviceType,
  deriveDeviceType,
  describeDeviceType,
  type CommandArgs,
  type ConfigInputOf,
  type ConfigOf,
  type DeviceType,
  type ValuesOf,
} from './index.js';

const good: DeviceType = {
  oid: 'sensor.some',
  title: 'Some',
  config: z.object({}),
  values: { level: { schema: z.number() } },
  commands: {},
};
/** The mistakes of a good type with some of its parts replaced, also by what TypeScript would refuse. */
function mistakesOf(changes: Record<string, unknown>): Caught['mistakes'] {
  const error = thrown(() => defineDeviceType({ ...good, ...changes }));
  expect(error.code).toBe('DEVICE_TYPE');
  return error.mistakes;
}

describe('defineDeviceType', () => {
  it('infers configuration, values and arguments', () => {
    const config: ConfigOf<typeof probeType> = { probe: 'a', offset: 1 };
    const written: ConfigInputOf<typeof probeType> = { probe: 'a' };
    const values: ValuesOf<typeof probeType> = { temperature: 1, mode: 'idle' };
    const args: CommandArgs<typeof probeType, 'calibrate'> = { reference: 1 };
    const none: CommandArgs<typeof probeType, 'blink'> = {};
    // @ts-expect-error -- offset has no text
    const wrong: ConfigOf<typeof probeType> = { probe: 'a', offset: '1' };
    // @ts-expect-error -- blink has no arguments
    const some: CommandArgs<typeof probeType, 'blink'> = { loud: true };
    expect([config, written, values, args, none, wrong, some]).toHaveLength(7);
  });

  it.each(['sensor.temperature', 'media.tv-volume', 'fake.cyclic', 'my-thing.d18b20'])(
    'takes the oid %s',
    (oid) => {
      expect(defineDeviceType({ ...good, oid }).oid).toBe(oid);
    },
  );

  it.each([
    '',
    'sensor',
    'sensor.',
    '.temperature',
    'Sensor.a',
    'a.b.c',
    'a.b-c-d',
    'a.b_c',
    'a.b\n',
    '1.a',
    'a.b-',
  ])('refuses the oid %j', (oid) => {
    expect(mistakesOf({ oid })).toEqual([expect.stringContaining('oid must be')]);
  });

  it.each(['commands', 'config', 'log', 'poll', 'reset'])(
    'keeps the command name %s for the host',
    (name) => {
      expect(mistakesOf({ commands: { [name]: { title: 'Mine' } } })).toEqual([
        `commands.${name}: every device has this command already`,
      ]);
    },
  );

  it.each([
    ['a title that is blank', { title: ' ' }, 'title must be a text'],
    ['a config that is no object schema', { config: z.number() }, 'config must be a z.object'],
    ['a value name with a dash', { values: { 'a-b': { schema: z.number() } } }, 'values.a-b: a name is'],
    ['a value without schema', { values: { a: {} } }, 'values.a.schema must be a zod schema'],
    ['an empty unit', { values: { a: { schema: z.number(), unit: '' } } }, 'values.a.unit must be'],
    [
      'a unit with a line end',
      { values: { a: { schema: z.number(), unit: 'm\n' } } },
      'values.a.unit must be',
    ],
    ['an unknown kind', { values: { a: { schema: z.number(), kind: 'meter' } } }, 'values.a.kind must be'],
    ['a blank value title', { values: { a: { schema: z.number(), title: '' } } }, 'values.a.title must be'],
    [
      'staleness at once',
      { values: { a: { schema: z.number(), staleAfterMs: 0 } } },
      'values.a.staleAfterMs',
    ],
    [
      'a range upside down',
      { values: { a: { schema: z.number(), range: [2, 1] } } },
      'values.a.range must be',
    ],
    ['an endless range', { values: { a: { schema: z.number(), range: [0, Infinity] } } }, 'values.a.range'],
    ['a range of texts', { values: { a: { schema: z.string(), range: [0, 1] } } }, 'for numbers'],
    ['a kind of texts', { values: { a: { schema: z.string(), kind: 'gauge' } } }, 'for numbers'],
    ['a value without JSON form', { values: { a: { schema: z.date() } } }, 'a schema has no JSON form'],
    ['a config without JSON form', { config: z.object({ at: z.date() }) }, 'a schema has no JSON form'],
    ['a command name with a capital', { commands: { On: { title: 'On' } } }, 'commands.On: a name is'],
    ['a command without title', { commands: { on: {} } }, 'commands.on.title must be a text'],
    [
      'arguments that are no object',
      { commands: { on: { title: 'On', args: z.int() } } },
      'commands.on.args',
    ],
    ['a member of another version', { colour: 1 }, 'colour is not known to this version'],
    [
      'such a member of a value',
      { values: { a: { schema: z.number(), max: 1 } } },
      'values.a.max is not known',
    ],
    ['such a member of a command', { commands: { on: { title: 'On', undo: 1 } } }, 'commands.on.undo is not'],
  ])('refuses %s', (_, changes, mistake) => {
    expect(mistakesOf(changes)).toEqual([expect.stringContaining(mistake)]);
  });

  it('refuses unknown members of a configuration, but for a type that says it takes them', () => {
    expect(probeType.config.safeParse({ probe: 'a', prob: 'b' }).success).toBe(false);
    expect(probeType.commands.calibrate.args.safeParse({ reference: 1, more: 2 }).success).toBe(false);
    const loose = defineDeviceType({ ...good, config: z.looseObject({}) });
    expect(loose.config.safeParse({ any: 1 }).success).toBe(true);
  });

  it('lists all mistakes at once', () => {
    const mistakes = mistakesOf({
      oid: 'x',
      title: '',
      values: { a: { schema: z.number(), unit: '', range: [1, 1] } },
    });
    expect(mistakes).toHaveLength(4);
  });
});

describe('deriveDeviceType', () => {
  const derived = deriveDeviceType(probeType, {
    config: z.object({ pin: z.int() }),
    title: 'Probe on a pin',
    commands: { beep: { title: 'Beep', args: z.object({ times: z.int() }) } },
  });

  it('keeps what the template has, but for its configuration, and adds commands', () => {
    expect(derived).toMatchObject({ oid: 'sensor.probe', title: 'Probe on a pin', values: probeType.values });
    expect(Object.keys(derived.config.shape)).toEqual(['pin']);
    expect(Object.keys(derived.commands)).toEqual(['calibrate', 'blink', 'beep']);
    expect(derived.commands.beep.args.safeParse({ times: 1, more: 2 }).success).toBe(false);
    expect(Object.keys(probeType.commands)).toEqual(['calibrate', 'blink']);
    const none = deriveDeviceType(probeType, { config: z.object({}) });
    expect(none).toMatchObject({ title: 'Probe', commands: probeType.commands });
  });

  it('adds values', () => {
    const more = deriveDeviceType(probeType, { config: z.object({}), values: { bits: { schema: z.int() } } });
    expect(Object.keys(more.values)).toEqual([...Object.keys(probeType.values), 'bits']);
    const values: Partial<ValuesOf<typeof more>> = { bits: 12, temperature: 20 };
    expect(values).toBeDefined();
  });

  it('does not let a value or command of the template be replaced', () => {
    const replacing = {
      config: z.object({}),
      commands: { blink: { title: 'Other' } },
      values: { mode: { schema: z.number() } },
    };
    expect(thrown(() => deriveDeviceType(probeType, replacing))).toMatchObject({
      code: 'DEVICE_TYPE',
      mistakes: [
        'commands.blink: the template has this command already',
        'values.mode: the template has this value already',
      ],
    });
  });
});

describe('describeDeviceType', () => {
  it('is plain JSON with a JSON Schema in place of each schema', () => {
    const description = describeDeviceType(probeType);
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description).toEqual({
      oid: 'sensor.probe',
      title: 'Probe',
      config: {
        type: 'object',
        properties: { probe: { type: 'string', title: 'Probe id' }, offset: { type: 'number', default: 0 } },
        required: ['probe'],
        additionalProperties: false,
      },
      values: {
        temperature: {
          title: 'temperature',
          schema: { type: 'number' },
          access: 'read',
          unit: '°C',
          kind: 'gauge',
          staleAfterMs: 60_000,
          range: [-55, 125],
        },
        mode: { title: 'Mode', access: 'read', schema: { type: 'string', enum: ['idle', 'busy'] } },
      },
      commands: {
        calibrate: {
          title: 'Calibrate',
          args: {
            type: 'object',
            properties: { reference: { type: 'number' } },
            required: ['reference'],
            additionalProperties: false,
          },
        },
        blink: { title: 'Blink', args: { type: 'object', properties: {}, additionalProperties: false } },
      },
    });
  });

  it('leaves a loose schema loose and keeps the kind of a counter', () => {
    const description = describeDeviceType(
      defineDeviceType({
        oid: 'meter.water',
        title: 'Water meter',
        config: z.looseObject({}),
        values: { litres: { schema: z.int(), kind: 'counter' } },
        commands: {},
      }),
    );
    expect(description.config['additionalProperties']).not.toBe(false);
    expect(description.values['litres']?.kind).toBe('counter');
  });
});
