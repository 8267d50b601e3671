import { z } from 'zod';
import { ModelBus } from '../../test/support/model-bus.js';
import { KvValueError } from '../errors.js';
import { KvClient } from './kv-client.js';
import { jsonValues, type KvCodec, type StandardSchema } from './kv-codec.js';
import type { TypedKv } from './typed-kv.js';

const Lamp = z.object({ on: z.boolean(), level: z.number().min(0) });
const bytes = (text: string): Uint8Array => Buffer.from(text);

function mistakes(what: () => unknown): readonly string[] {
  try {
    what();
  } catch (error) {
    if (error instanceof KvValueError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('jsonValues', () => {
  it('writes and reads what a schema allows', () => {
    const lamps = jsonValues(Lamp);
    const lamp = { on: true, level: 3 };
    expect(lamps.decode(lamps.encode(lamp))).toEqual(lamp);
    expect(jsonValues<number>().decode(bytes('3'))).toBe(3);
  });

  it('tells what is wrong', () => {
    const lamps = jsonValues(Lamp);
    expect(mistakes(() => lamps.decode(bytes('{"on":1}')))).toEqual([
      expect.stringMatching(/^on: /) as string,
      expect.stringMatching(/^level: /) as string,
    ]);
    expect(mistakes(() => lamps.decode(bytes('{')))).toEqual(['it is no JSON']);
    expect(mistakes(() => lamps.encode({ on: true, level: -1 }))).toHaveLength(1);
    expect(mistakes(() => jsonValues().encode(undefined))).toEqual(['it cannot be written as JSON']);
    expect(mistakes(() => jsonValues().encode(1n))).toEqual(['it cannot be written as JSON']);
    expect(mistakes(() => jsonValues(z.number()).decode(bytes('"x"')))).toHaveLength(1);
  });

  it('takes the paths that the standard allows, and no promises', () => {
    const schema = (validate: StandardSchema<number>['~standard']['validate']): KvCodec<number> =>
      jsonValues({ '~standard': { version: 1, vendor: 'test', validate } });
    const odd = schema(() => ({ issues: [{ message: 'odd', path: [{ key: 'a' }, 0] }] }));
    expect(mistakes(() => odd.decode(bytes('1')))).toEqual(['a.0: odd']);
    const later = schema(() => Promise.reject(new Error('late')));
    expect(mistakes(() => later.decode(bytes('1')))[0]).toContain('synchronous');
  });
});

describe('TypedKv', () => {
  let bus: ModelBus;
  let client: KvClient;
  let lamps: TypedKv<z.infer<typeof Lamp>>;

  beforeEach(async () => {
    bus = await ModelBus.start();
    client = new KvClient(bus.options);
    lamps = client.typed(jsonValues(Lamp));
  });
  afterEach(() => client.close());

  it('sets, gets and sets on condition', async () => {
    await bus.advance();
    lamps.set('/lamp', { on: true, level: 1 });
    await bus.advance();
    const entry = await lamps.get('/lamp');
    expect(entry).toMatchObject({ key: '/lamp', value: { on: true, level: 1 }, seq: 1n, restored: false });
    expect(await lamps.get('/dark')).toBeUndefined();
    expect(await bus.until(lamps.setIf('/lamp', { on: false, level: 1 }, 1n))).toBe(2n);
  });

  it('refuses values of another form, with the key', async () => {
    await bus.advance();
    expect(() => lamps.set('/lamp', { on: true, level: -1 })).toThrow(
      'the value of "/lamp" does not have its form',
    );
    await expect(lamps.setIf('/lamp', { on: true, level: -1 }, 0n)).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      key: '/lamp',
    });
    bus.set('/lamp', 'x');
    await bus.advance();
    await expect(lamps.get('/lamp')).rejects.toMatchObject({ code: 'INVALID_VALUE', key: '/lamp' });
  });

  it('watch goes on over what it cannot read', async () => {
    bus.set('/bad', 'x');
    bus.set('/lamp', '{"on":true,"level":1}');
    const lines: string[] = [];
    lamps.watch().subscribe((change) => {
      if (change.type === 'snapshot')
        lines.push(`[${change.entries.map(({ value }) => value.level).join()}]@${String(change.seq)}`);
      else if (change.type === 'set') lines.push(`${change.entry.key} ${change.value.level}`);
      else if (change.type === 'invalid') lines.push(`${change.key} ${change.reason.mistakes[0] ?? ''}`);
      else lines.push(`-${change.key}`);
    });
    await bus.advance();
    bus.set('/lamp', 'y');
    bus.set('/lamp', '{"on":true,"level":2}');
    bus.set('/lamp', '');
    await bus.advance();
    expect(lines).toEqual(['[1]@2', '/bad it is no JSON', '/lamp it is no JSON', '/lamp 2', '-/lamp']);
  });

  it('a codec that throws something else ends nothing either', async () => {
    await bus.advance();
    bus.set('/a', 'x');
    await bus.advance();
    const failing = (error: unknown): TypedKv<string> =>
      client.typed({
        encode: () => bytes(''),
        decode: () => {
          throw error;
        },
      });
    await expect(failing(new Error('odd')).get('/a')).rejects.toMatchObject({ mistakes: ['odd'] });
    await expect(failing('odd').get('/a')).rejects.toMatchObject({ mistakes: ['its codec failed'] });
    const own = new KvValueError('/a', ['own']);
    await expect(failing(own).get('/a')).rejects.toBe(own);
  });
});
