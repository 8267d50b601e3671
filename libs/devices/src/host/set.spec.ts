import { Bench, pathsOf, rejection, thrown } from '../../test/probe.js';
import { Television } from '../../test/television.js';

let tv: Television;
beforeEach(async () => {
  tv = new Television();
  await tv.add();
});
afterEach(() => tv.host.close());

describe('the built-in command set', () => {
  it('sets values in the order of the type, each by its handler', async () => {
    expect(await tv.host.execute('tv', 'set', { source: 'hdmi', on: true })).toEqual({
      result: null,
      bytes: [],
    });
    expect(tv.calls).toEqual(['open 50', 'on true', 'source hdmi']);
  });

  it('is described with its values, none of which must be given', () => {
    expect(tv.host.info('tv').commands['set']).toMatchObject({
      title: 'Set values',
      args: {
        properties: { on: { type: 'boolean' }, source: { enum: ['tv', 'hdmi'] } },
        additionalProperties: false,
      },
    });
    expect(tv.host.info('tv').commands['set']!.args).not.toHaveProperty('required');
  });

  it.each([
    [{}, [''], 'give at least one of on, source'],
    [{ hours: 3 }, ['hours'], 'hours: can be read only'],
    [{ colour: 3 }, ['colour'], 'colour: is not known'],
    [{ on: 'yes', source: 'dvd' }, ['on', 'source'], 'expected boolean'],
    [7, [''], 'expected object'],
  ])('refuses %j and sets nothing', async (args, paths, message) => {
    const error = await rejection(tv.host.execute('tv', 'set', args));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(pathsOf(error)).toEqual(paths);
    expect(error.message).toContain(message);
    expect(tv.calls).toEqual(['open 50']);
  });

  it('stops at the first handler that fails, and says so; readings are bad until new ones come', async () => {
    tv.set.next({ name: 'on', value: false });
    tv.write = (what) => {
      if (what.startsWith('on')) throw new Error('no answer');
    };
    const error = await rejection(tv.host.execute('tv', 'set', { on: true, source: 'tv' }));
    expect(error).toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('no answer') as string,
    });
    expect(tv.calls).toEqual(['open 50', 'on true']);
    expect(tv.host.get('tv', 'on').quality).toBe('bad');
  });

  it('is refused with a lease where nothing is guarded', async () => {
    const error = await rejection(tv.host.execute('tv', 'set', { on: true }, { leaseMs: 1_000 }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(pathsOf(error)).toEqual(['leaseMs']);
    expect(tv.calls).toEqual(['open 50']);
  });
});

it('of a device of which nothing can be set says so', async () => {
  const bench = new Bench();
  await bench.add('tank');
  const one = await rejection(bench.execute('tank', 'set', { temperature: 20 }));
  expect(one).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(one.message).toContain('temperature: can be read only');
  expect((await rejection(bench.execute('tank', 'set'))).message).toContain('nothing of it can be set');
  expect(bench.host.info('tank').commands).not.toHaveProperty('set');
  await bench.host.close();
});

describe('a value that can be written only', () => {
  it('is set, and has no reading', async () => {
    await tv.host.execute('tv.volume', 'set', { pin: '1234' });
    expect(tv.calls).toContain('pin 1234');
    expect(Object.keys(tv.host.get('tv.volume'))).toEqual(['volume']);
    expect(thrown(() => tv.host.get('tv.volume', 'pin')).code).toBe('UNKNOWN_VALUE');
    expect(tv.host.info('tv.volume').type.values['pin']).toMatchObject({ access: 'write' });
  });
});

describe('a sub-device', () => {
  it('is there with its device, under its name', () => {
    expect(tv.host.keys()).toEqual(['tv', 'tv.volume']);
    expect(tv.host.list()[1]).toMatchObject({
      name: 'tv.volume',
      oid: 'media.set-volume',
      parent: 'tv',
      state: 'open',
    });
    expect(tv.host.parts('tv').map(({ name }) => name)).toEqual(['tv', 'tv.volume']);
    expect(tv.host.parts('tv.volume').map(({ name }) => name)).toEqual(['tv.volume']);
  });

  it('has readings and commands of its own', async () => {
    tv.volume.next({ name: 'volume', value: 30 });
    expect(tv.changes.at(-1)).toMatchObject({ device: 'tv.volume', value: 'volume', reading: { value: 30 } });
    expect(tv.host.get('tv.volume', 'volume')).toMatchObject({ value: 30, unit: '%', quality: 'good' });
    await tv.host.execute('tv.volume', 'mute');
    await tv.host.execute('tv.volume', 'set', { volume: 5 });
    expect(tv.calls.slice(1)).toEqual(['mute', 'volume 5']);
    expect(await tv.host.execute('tv.volume', 'reset')).toMatchObject({ result: { state: 'open' } });
    expect(tv.calls.slice(3)).toEqual(['close', 'open 50']);
  });

  it('waits for what its device is at', async () => {
    let end: () => void = () => undefined;
    tv.write = (what) => (what === 'on true' ? new Promise((resolve) => (end = resolve)) : undefined);
    const both = [tv.host.execute('tv', 'set', { on: true }), tv.host.execute('tv.volume', 'mute')];
    await tv.clock.advanceByAsync(10);
    expect(tv.calls).toEqual(['open 50', 'on true']);
    end();
    await Promise.all(both);
    expect(tv.calls).toEqual(['open 50', 'on true', 'mute']);
  });

  it('is bad when its device is lost, and gone when that is removed', async () => {
    tv.volume.next({ name: 'volume', value: 30 });
    tv.volume.error(new Error('cable'));
    expect(tv.host.list()[0]).toMatchObject({ state: 'failed', reason: 'cable' });
    expect(tv.host.get('tv.volume', 'volume')).toMatchObject({ value: 30, quality: 'bad' });
    expect(await rejection(tv.host.remove('tv.volume'))).toMatchObject({
      code: 'UNKNOWN_DEVICE',
      message: 'there is no device "tv.volume": it is a part of "tv"',
    });
    await tv.host.remove('tv');
    expect(tv.host.keys()).toEqual([]);
  });

  it('takes its name: no other device may have it', () => {
    const other = { name: 'tv.volume', oid: 'media.set', config: { host: 'y' } };
    expect(thrown(() => tv.host.add(other)).code).toBe('DUPLICATE_DEVICE');
  });
});

describe('a session without what its type declares', () => {
  it.each<[string, object, string]>([
    ['write handlers', { write: {} }, 'a write handler for the value "on"'],
    ['its sub-device', { subdevices: undefined }, 'values$ of its sub-device "volume"'],
    ['a configure that is a function', { configure: 7 }, 'a configure that is a function'],
  ])('%s is not taken', async (_, without, message) => {
    tv.change = (session) => ({ ...session, ...without });
    await tv.host.execute('tv', 'reset');
    expect(tv.host.list()[0]).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(message) as string,
    });
  });
});

describe('a command that brings bytes', () => {
  it('answers with them beside its result', async () => {
    expect(await tv.host.execute('tv', 'picture')).toEqual({
      result: { format: 'png' },
      bytes: [Uint8Array.of(1, 2)],
    });
    tv.picture = () => ({ bytes: [] });
    expect(await tv.host.execute('tv', 'picture')).toEqual({ result: null, bytes: [] });
    expect(tv.host.info('tv').commands['picture']).toMatchObject({ bytes: true });
  });

  it.each([[undefined], [{ bytes: 'x' }], [{ bytes: [7] }], [{ bytes: Array(17).fill(new Uint8Array(1)) }]])(
    'fails when its handler returns %j',
    async (returned) => {
      tv.picture = () => returned;
      expect((await rejection(tv.host.execute('tv', 'picture'))).message).toContain('{ result?, bytes }');
    },
  );
});

describe('a changed configuration', () => {
  const config = (brightness: number) => ({
    name: 'tv',
    oid: 'media.set',
    config: { host: 'x', brightness },
  });

  it('is taken by a session that can, without being closed', async () => {
    const taken: unknown[] = [];
    tv.change = (session) => ({ ...session, configure: (changed: unknown) => taken.push(changed) > 0 });
    await tv.host.execute('tv', 'reset');
    tv.calls.length = 0;
    expect(await tv.host.configure(config(70))).toBe('applied');
    expect(taken).toEqual([{ host: 'x', brightness: 70 }]);
    expect(tv.calls).toEqual([]);
    expect(tv.host.configurations()).toEqual([config(70)]);
  });

  it.each<[string, unknown]>([
    ['has no configure', undefined],
    ['says no', () => false],
    [
      'fails',
      () => {
        throw new Error('x');
      },
    ],
  ])('opens a device anew whose session %s', async (_, configure) => {
    tv.change = (session) => ({ ...session, ...(configure !== undefined && { configure }) });
    await tv.host.execute('tv', 'reset');
    tv.calls.length = 0;
    expect(await tv.host.configure(config(70))).toBe('reopened');
    expect(tv.calls).toEqual(['close', 'open 70']);
    expect(tv.host.info('tv').config).toEqual({ host: 'x', brightness: 70 });
  });

  it('that changes nothing that the driver knows touches nothing', async () => {
    expect(await tv.host.configure({ ...config(50), pollSeconds: 7, log: true })).toBe('applied');
    expect(tv.host.info('tv')).toMatchObject({ pollSeconds: -1, log: true });
    expect(tv.calls).toEqual(['open 50']);
  });

  it.each([
    [{ ...config(1), config: { host: 7 } }, 'INVALID_CONFIG'],
    [{ ...config(1), name: 'nobody' }, 'UNKNOWN_DEVICE'],
  ])('%j is refused, and changes nothing', async (changed, code) => {
    expect((await rejection(tv.host.configure(changed))).code).toBe(code);
    expect(tv.calls).toEqual(['open 50']);
    expect(tv.host.configurations()).toEqual([{ name: 'tv', oid: 'media.set', config: { host: 'x' } }]);
  });
});
