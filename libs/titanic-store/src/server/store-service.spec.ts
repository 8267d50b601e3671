import fc from 'fast-check';
import { frameText, textFrame, type Frames } from '@raspy/wire';
import { hex } from '../../test/support/fake-bus.js';
import { memoryTitanicStorage } from '../storage/memory-storage.js';
import { SettingsTable } from './settings-table.js';
import { StoreService } from './store-service.js';

const newRig = (maxSettings?: number) => {
  const storage = memoryTitanicStorage();
  const table = new SettingsTable(storage, [], maxSettings === undefined ? {} : { maxSettings });
  const mistakes: string[] = [];
  const store = new StoreService(table, (action, error) =>
    mistakes.push(`${action}: ${(error as Error).message}`),
  );
  const serve = (body: Frames): Promise<Frames> => store.serve(body);
  const ask = async (...body: string[]): Promise<string[]> =>
    (await serve(body.map(textFrame))).map((frame) => frameText(frame));
  return { storage, table, mistakes, serve, ask };
};
const frames = (...digits: string[]): Frames => digits.map((text) => Buffer.from(text, 'hex'));

describe('titanic.store', () => {
  it('sets and gets (V26, V27, V28)', async () => {
    const { serve } = newRig();
    const place = ['737663', '736563'];
    expect(hex(await serve(frames('736574', ...place, '6b6579', '76616c')))).toEqual([
      ...place,
      '6b6579',
      '323030',
    ]);
    expect(hex(await serve(frames('676574', ...place, '6b6579')))).toEqual([
      ...place,
      '6b6579',
      '76616c',
      '323030',
    ]);
    expect(hex(await serve(frames('676574', ...place, '6e6f6b6579')))).toEqual([
      ...place,
      '6e6f6b6579',
      '343034',
    ]);
  });

  it.each([
    // Missing frames.
    [[], ['500']],
    [['set'], ['500']],
    [['set', 's'], ['500']],
    [['set', 's', 'c'], ['500']],
    [['set', 's', 'c', 'k'], ['500']],
    [['get'], ['500']],
    [['get', 's'], ['500']],
    [['get', 's', 'c'], ['500']],
    [['delete'], ['500']],
    [['compare_set', 's', 'c', 'k'], ['500']],
    [['compare_set', 's', 'c'], ['500']],
    [['compare_set', 's', 'c', 'k', '1', '2', '3'], ['500']],
    // What is not there.
    [
      ['get', 'x', 'c', 'k'],
      ['x', 'c', 'k', '404'],
    ],
    [
      ['get', 's', 'x', 'k'],
      ['s', 'x', 'k', '404'],
    ],
    [
      ['get', 's', 'c', 'x'],
      ['s', 'c', 'x', '404'],
    ],
    [
      ['delete', 's', 'c', 'x'],
      ['s', 'c', 'x', '200'],
    ],
    [
      ['delete', 's', 'x', 'k'],
      ['s', 'x', '500'],
    ],
    [
      ['delete', 'x', 'c', 'k'],
      ['x', 'c', '500'],
    ],
    [
      ['delete', 's', 'x'],
      ['s', 'x', '200'],
    ],
    [
      ['delete', 'x'],
      ['x', '200'],
    ],
    // What is there.
    [
      ['get', 's', 'c', 'k'],
      ['s', 'c', 'k', 'v', '200'],
    ],
    [
      ['delete', 's', 'c', 'k'],
      ['s', 'c', 'k', '200'],
    ],
    [
      ['delete', 's', 'c'],
      ['s', 'c', '200'],
    ],
    [
      ['delete', 's'],
      ['s', '200'],
    ],
    // Other actions.
    [['rename', 's'], ['501']],
    [['SET', 's', 'c', 'k', 'v'], ['501']],
    [['', 's'], ['501']],
    [['rename'], ['500']],
    // Our additions.
    [['list'], ['s', '200']],
    [
      ['list', 's'],
      ['s', 'c', '200'],
    ],
    [
      ['list', 's', 'c'],
      ['s', 'c', 'k', '200'],
    ],
    [
      ['list', 'x'],
      ['x', '200'],
    ],
    [
      ['list', 's', 'x'],
      ['s', 'x', '200'],
    ],
    [
      ['compare_set', 's', 'c', 'k', 'v', 'w'],
      ['s', 'c', 'k', '200'],
    ],
    [
      ['compare_set', 's', 'c', 'k', 'V', 'w'],
      ['s', 'c', 'k', 'v', '409'],
    ],
    [
      ['compare_set', 's', 'c', 'k', 'w'],
      ['s', 'c', 'k', 'v', '409'],
    ],
    [
      ['compare_set', 's', 'c', 'x', 'w'],
      ['s', 'c', 'x', '200'],
    ],
    [
      ['compare_set', 's', 'c', 'x', 'v', 'w'],
      ['s', 'c', 'x', '409'],
    ],
  ])('answers %j with %j', async (body, reply) => {
    const { ask } = newRig();
    await ask('set', 's', 'c', 'k', 'v');
    expect(await ask(...body)).toEqual(reply);
  });

  it.each([
    [['set', 's', 'c', 'k', 'w'], ['s', '500'], 'set'],
    [['delete', 's', 'c', 'k'], ['s', 'c', '500'], 'delete'],
    [['delete', 's', 'c'], ['s', 'c', '500'], 'delete'],
    [['delete', 's'], ['s', '500'], 'delete'],
    [['compare_set', 's', 'c', 'k', 'v', 'w'], ['s', '500'], 'compare_set'],
  ])('that cannot store answers %j with %j, tells why, and has what it had', async (body, reply, action) => {
    const { ask, storage, mistakes, table } = newRig();
    await ask('set', 's', 'c', 'k', 'v');
    storage.failure = new Error('no room');
    expect(await ask(...body)).toEqual(reply);
    expect(mistakes).toEqual([`${action}: no room`]);
    expect(await ask('get', 's', 'c', 'k')).toEqual(['s', 'c', 'k', 'v', '200']);
    expect(table.size).toBe(1);
  });

  it('that cannot read answers 500', async () => {
    const { ask, storage, mistakes } = newRig();
    await ask('set', 's', 'c', 'k', 'v');
    jest.spyOn(storage, 'setting').mockRejectedValue(new Error('bad sector'));
    expect(await ask('get', 's', 'c', 'k')).toEqual(['s', 'c', 'k', '500']);
    expect(mistakes).toEqual(['get: bad sector']);
  });

  it('keeps names and values as they are: case, percent signs, newlines, paths, any bytes', async () => {
    const { ask } = newRig();
    for (const name of ['Key', 'key', '%(x)s', 'a\nb', 'DEFAULT', '../../etc/passwd', '']) {
      expect(await ask('set', name, name, name, `=${name}`)).toEqual([name, name, name, '200']);
    }
    expect(await ask('get', 'Key', 'Key', 'Key')).toEqual(['Key', 'Key', 'Key', '=Key', '200']);
    expect(await ask('get', 'Key', 'key', 'Key')).toEqual(['Key', 'key', 'Key', '404']);
    expect(await ask('list')).toEqual([
      '',
      '%(x)s',
      '../../etc/passwd',
      'DEFAULT',
      'Key',
      'a\nb',
      'key',
      '200',
    ]);
  });

  it('takes names of 255 bytes and values of 1 MiB, and no more', async () => {
    const { serve, mistakes } = newRig();
    const status = async (name: number, value: number): Promise<string> => {
      const body = [
        textFrame('set'),
        ...[name, 1, 1].map((bytes) => Buffer.alloc(bytes)),
        Buffer.alloc(value),
      ];
      return frameText((await serve(body)).at(-1)!);
    };
    expect(await status(255, 1_048_576)).toBe('200');
    expect(await status(256, 1)).toBe('500');
    expect(await status(70_000, 1)).toBe('500');
    expect(await status(1, 1_048_577)).toBe('500');
    expect(mistakes).toEqual([
      'set: a name has more than 255 bytes',
      'set: a name has more than 255 bytes',
      'set: the value has more than 1,048,576 bytes',
    ]);
  });

  it('takes as many values as it may, however many come at a time, and more when some are gone', async () => {
    const { ask, table, mistakes } = newRig(2);
    const sets = ['1', '2', '3'].map(async (key) => (await ask('set', 's', 'c', key, 'v')).at(-1));
    expect(await Promise.all(sets)).toEqual(['200', '200', '500']);
    expect(mistakes).toEqual(['set: 2 values are kept, and no more may be']);
    expect(await ask('set', 's', 'c', '1', 'w')).toEqual(['s', 'c', '1', '200']);
    await ask('delete', 's', 'c', '1');
    expect(await ask('set', 's', 'c', '3', 'v')).toEqual(['s', 'c', '3', '200']);
    expect(table.size).toBe(2);
  });

  it('refuses limits without meaning', () => {
    expect(() => newRig(-1)).toThrow(/maxSettings/);
  });
});

describe('changes at the same time', () => {
  it('have the outcome that they would have one after the other', async () => {
    const action = fc.oneof(
      fc.record({ type: fc.constantFrom('set', 'delete'), section: fc.nat(1), key: fc.nat(1) }),
      fc.record({
        type: fc.constantFrom('deleteSection', 'deleteService'),
        section: fc.nat(1),
        key: fc.constant(0),
      }),
      fc.record({ type: fc.constant('add'), section: fc.nat(1), key: fc.nat(1) }),
    );
    const history = fc.array(fc.tuple(action, fc.boolean()), { minLength: 2, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(history, async (actions) => {
        const { ask, table } = newRig();
        const model = new Map<string, string>();
        const running: Promise<unknown>[] = [];
        const expected: [string, string][] = [];
        for (const [index, [{ type, section, key }, waits]] of actions.entries()) {
          const place = `${section} ${key}`;
          const names = ['s', String(section)] as const;
          let body: string[];
          let status = '200';
          if (type === 'set') {
            body = ['set', ...names, String(key), String(index)];
            model.set(place, String(index));
          } else if (type === 'add') {
            body = ['compare_set', ...names, String(key), String(index)];
            if (model.has(place)) status = '409';
            else model.set(place, String(index));
          } else if (type === 'delete') {
            body = ['delete', ...names, String(key)];
            model.delete(place);
          } else {
            body = type === 'deleteSection' ? ['delete', ...names] : ['delete', 's'];
            for (const known of model.keys()) {
              if (type === 'deleteService' || known.startsWith(`${section} `)) model.delete(known);
            }
          }
          // Whether a section is there may depend on what is under way for its other keys.
          const isSure = type !== 'delete';
          running.push(ask(...body).then((reply) => isSure && expected.push([reply.at(-1)!, status])));
          if (waits) await Promise.all(running);
        }
        await Promise.all(running);
        for (const [status, right] of expected) expect(status).toBe(right);
        expect(table.size).toBe(model.size);
        for (const [place, value] of model) {
          const [section, key] = place.split(' ');
          expect((await ask('get', 's', section!, key!)).at(-2)).toBe(value);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('compare and set: one of many that expect the same wins', async () => {
    const { ask } = newRig();
    await ask('set', 's', 'c', 'k', '0');
    const tries = Array.from({ length: 10 }, (_, index) =>
      ask('compare_set', 's', 'c', 'k', '0', String(index + 1)),
    );
    const statuses = (await Promise.all(tries)).map((reply) => reply.at(-1));
    expect(statuses).toEqual(['200', ...Array<string>(9).fill('409')]);
  });

  it('of one service do not wait for those of another', async () => {
    const { ask, storage } = newRig();
    let goOn: () => void = () => undefined;
    const commit = storage.commit.bind(storage);
    jest
      .spyOn(storage, 'commit')
      .mockImplementationOnce((changes) => new Promise((resolve) => (goOn = () => resolve(commit(changes)))));
    const first = ask('set', 'a', 'c', 'k', 'v');
    expect(await ask('set', 'b', 'c', 'k', 'v')).toEqual(['b', 'c', 'k', '200']);
    expect(await ask('set', 'a', 'c', 'other', 'v')).toEqual(['a', 'c', 'other', '200']);
    const all = ask('delete', 'a');
    expect(await ask('get', 'a', 'c', 'other')).toEqual(['a', 'c', 'other', 'v', '200']);
    goOn();
    expect([await first, await all]).toEqual([
      ['a', 'c', 'k', '200'],
      ['a', '200'],
    ]);
    expect(await ask('list')).toEqual(['b', '200']);
  });
});

it('a restart finds all settings', async () => {
  const { ask, storage } = newRig();
  for (const key of ['1', '2', '3']) await ask('set', 's', 'c', key, `v${key}`);
  await ask('delete', 's', 'c', '2');
  const { settings } = await storage.reopened().load();
  const table = new SettingsTable(storage, settings);
  expect(table.size).toBe(2);
  const [service, section, key] = ['s', 'c', '3'].map(textFrame);
  expect(await table.get({ service: service!, section: section!, key: key! })).toEqual(textFrame('v3'));
});
