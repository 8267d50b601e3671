import { Bench, pathsOf, rejection } from '../../test/probe.js';
import { CommandRefusedError, DeviceHost, DeviceRegistry } from '../index.js';
import { asleepDriver, asleepType } from '../../test/asleep.js';

describe('executing a command', () => {
  it('checks the arguments, calls the handler and returns its result', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    expect(await bench.execute('tank', 'calibrate', { reference: 20 })).toEqual({ reference: 20 });
    expect(await bench.execute('tank', 'blink')).toBeNull();
    expect(probe.calls).toEqual(['calibrate 20', 'blink']);
    await bench.host.close();
  });

  it.each([
    ['a wrong type', 'calibrate', { reference: 'x' }, 'reference'],
    ['a missing one', 'calibrate', {}, 'reference'],
    ['an unknown one', 'calibrate', { reference: 1, more: 2 }, 'more'],
    ['one too many', 'blink', { loud: true }, 'loud'],
    ['no object', 'blink', 7, ''],
    ['null where they are needed', 'calibrate', null, 'reference'],
    ['a wrong one of a built-in', 'poll', { seconds: -2 }, 'seconds'],
  ])('refuses arguments with %s and does nothing', async (_, command, args, path) => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    const error = await rejection(bench.execute('tank', command, args));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(pathsOf(error)).toEqual([path]);
    expect(probe.calls).toEqual([]);
    await bench.host.close();
  });

  it('happens one after the other, in order, also beside polls', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    const ends: (() => void)[] = [];
    probe.blink = () => new Promise<void>((resolve) => ends.push(resolve));
    const results = [
      bench.execute('tank', 'blink'),
      bench.execute('tank', 'poll'),
      bench.execute('tank', 'calibrate', { reference: 2 }),
    ];
    await bench.clock.advanceByAsync(100);
    expect(probe.calls).toEqual(['blink']);
    ends[0]!();
    await Promise.all(results);
    expect(probe.calls).toEqual(['blink', 'poll', 'calibrate 2']);
    await bench.host.close();
  });

  it('is refused while too many wait', async () => {
    const bench = new Bench({ maxQueuedCommands: 2 });
    const probe = await bench.add('tank');
    let end: () => void = () => undefined;
    probe.blink = () => new Promise<void>((resolve) => (end = resolve));
    const first = bench.execute('tank', 'blink');
    await bench.clock.advanceByAsync(0);
    const waiting = [1, 2].map((reference) => bench.execute('tank', 'calibrate', { reference }));
    expect((await rejection(bench.execute('tank', 'blink'))).code).toBe('DEVICE_BUSY');
    expect((await rejection(bench.execute('tank', 'reset'))).code).toBe('DEVICE_BUSY');
    end();
    await Promise.all([first, ...waiting]);
    await bench.host.close();
  });

  it.each([
    ['throws', () => { throw new Error('relay stuck'); }, 'relay stuck'], // oxfmt-ignore
    ['rejects', () => Promise.reject(new Error('relay stuck')), 'relay stuck'],
    ['returns what has no JSON form', () => 1n, 'BigInt'],
    ['returns a function', () => () => 1, 'no JSON form'],
  ])(
    'fails when its handler %s; the readings are bad until a poll tells better',
    async (_, blink, reason) => {
      const bench = new Bench();
      const probe = await bench.add('tank');
      probe.temperature(20);
      probe.blink = blink;
      let end: () => void = () => undefined;
      probe.poll = () => new Promise<void>((resolve) => (end = resolve));
      const error = await rejection(bench.execute('tank', 'blink'));
      expect(error.code).toBe('COMMAND_FAILED');
      expect(error.message).toContain(reason);
      expect(bench.host.get('tank', 'temperature')).toMatchObject({
        value: 20,
        quality: 'bad',
        reason: error.message,
      });
      await bench.clock.advanceByAsync(0);
      expect(probe.calls).toEqual(['blink', 'poll']);
      probe.temperature(21);
      end();
      expect(bench.host.get('tank', 'temperature')).toMatchObject({ value: 21, quality: 'good' });
      await bench.host.close();
    },
  );

  it('that its handler refuses leaves the readings as they were', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(20);
    probe.blink = () => {
      throw new CommandRefusedError('the lid is open');
    };
    expect(await rejection(bench.execute('tank', 'blink'))).toMatchObject({
      code: 'COMMAND_REFUSED',
      message: 'the lid is open',
    });
    expect(bench.host.get('tank', 'temperature').quality).toBe('good');
    await bench.host.close();
  });

  it('is told by code that a handler refused, since plugins may have another copy of the library', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.blink = () => Promise.reject(Object.assign(new Error('not now'), { code: 'COMMAND_REFUSED' }));
    expect((await rejection(bench.execute('tank', 'blink'))).code).toBe('COMMAND_REFUSED');
    await bench.host.close();
  });

  it('that never ends is given up in time, and the next is executed', async () => {
    const bench = new Bench({ operationTimeoutMs: 500 });
    const probe = await bench.add('tank');
    probe.blink = () => new Promise(() => undefined);
    const failed = rejection(bench.execute('tank', 'blink'));
    const next = bench.execute('tank', 'calibrate', { reference: 1 });
    await bench.clock.advanceByAsync(500);
    expect((await failed).code).toBe('COMMAND_TIMEOUT');
    expect(await next).toEqual({ reference: 1 });
    await bench.host.close();
  });

  it('that waits is refused when the device is removed, one that runs may end', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    let end: (result: string) => void = () => undefined;
    probe.blink = () => new Promise<string>((resolve) => (end = resolve));
    const running = bench.execute('tank', 'blink');
    await bench.clock.advanceByAsync(0);
    const waiting = rejection(bench.execute('tank', 'calibrate', { reference: 1 }));
    const removed = bench.host.remove('tank');
    end('done');
    expect(await running).toBe('done');
    expect(await waiting).toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      message: expect.stringContaining('removed') as string,
    });
    await removed;
    expect(probe.closed).toBe(1);
    expect(probe.calls).toEqual(['blink']);
  });
});

describe('the built-in commands', () => {
  it('list the commands with their arguments', async () => {
    const bench = new Bench();
    await bench.add('tank');
    const commands = await bench.execute('tank', 'commands');
    expect(commands).toEqual(bench.host.info('tank').commands);
    expect(commands).toMatchObject({
      calibrate: { title: 'Calibrate' },
      log: { args: { properties: { enabled: { type: 'boolean' } }, additionalProperties: false } },
    });
    await bench.host.close();
  });

  it('show the configuration and keep whether a history is wanted', async () => {
    const bench = new Bench();
    await bench.add('tank');
    expect(await bench.execute('tank', 'config')).toEqual({ probe: 'id-tank' });
    expect(await bench.execute('tank', 'log')).toEqual({ enabled: false });
    expect(await bench.execute('tank', 'log', { enabled: true })).toEqual({ enabled: true });
    expect(bench.host.info('tank').log).toBe(true);
    await bench.host.close();
  });

  it('poll at once and answer with the readings', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.poll = () => probe.temperature(23);
    expect(await bench.execute('tank', 'poll')).toMatchObject({
      seconds: 0,
      values: { temperature: { value: 23, quality: 'good' } },
    });
    await bench.host.close();
  });

  it('do not poll a device that cannot be asked', async () => {
    const host = new DeviceHost({ registry: new DeviceRegistry([asleepDriver]) });
    host.add({ name: 'tank', oid: asleepType.oid, pollSeconds: 5 });
    await host.opened();
    expect(host.info('tank').pollSeconds).toBe(-1);
    expect(host.info('tank').commands).not.toHaveProperty('poll');
    expect((await rejection(host.execute('tank', 'poll'))).code).toBe('UNKNOWN_COMMAND');
    await host.close();
  });

  it('reset: the device is closed and opened again', async () => {
    const bench = new Bench();
    const first = await bench.add('tank');
    first.temperature(20);
    expect(await bench.execute('tank', 'reset')).toEqual({ state: 'open' });
    expect(first.closed).toBe(1);
    expect(bench.probes).toHaveLength(2);
    expect(bench.host.get('tank', 'temperature').quality).toBe('bad');
    bench.open = () => {
      throw new Error('gone');
    };
    expect(await bench.execute('tank', 'reset')).toEqual({ state: 'failed', reason: 'gone' });
    bench.open = (probe) => probe.session();
    expect(await bench.execute('tank', 'reset')).toEqual({ state: 'open' });
    await bench.host.close();
  });
});

describe('polling', () => {
  it('begins when the device is open and comes each so many seconds', async () => {
    const bench = new Bench();
    const at: number[] = [];
    const probe = await bench.add('tank', { pollSeconds: 5 });
    probe.poll = () => void at.push(bench.clock.now());
    await bench.clock.advanceByAsync(16_000);
    expect(at).toEqual([0, 5_000, 10_000, 15_000]);
    await bench.host.close();
    await bench.clock.advanceByAsync(16_000);
    expect(at).toHaveLength(4);
  });

  it.each([-1, 0])('does not come by itself with %d seconds', async (pollSeconds) => {
    const bench = new Bench();
    const probe = await bench.add('tank', { pollSeconds });
    await bench.clock.advanceByAsync(100_000);
    expect(probe.calls).toEqual([]);
    await bench.host.close();
  });

  it('can be changed while it runs', async () => {
    const bench = new Bench();
    const at: number[] = [];
    const probe = await bench.add('tank');
    probe.poll = () => void at.push(bench.clock.now());
    expect(await bench.execute('tank', 'poll', { seconds: 2 })).toMatchObject({ seconds: 2 });
    await bench.clock.advanceByAsync(5_000);
    expect(at).toEqual([0, 2_000, 4_000]);
    await bench.execute('tank', 'poll', { seconds: 0 });
    await bench.clock.advanceByAsync(5_000);
    expect(at).toHaveLength(3);
    await bench.host.close();
  });

  it('that fails makes the readings bad, until one succeeds', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank', { pollSeconds: 1 });
    probe.temperature(20);
    probe.poll = () => Promise.reject(new Error('bus error'));
    await bench.clock.advanceByAsync(3_000);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({
      value: 20,
      quality: 'bad',
      reason: 'poll failed: bus error',
    });
    expect(bench.changes.filter(({ reading }) => reading.reason === 'poll failed: bus error')).toHaveLength(
      2,
    );
    probe.poll = () => probe.temperature(21);
    await bench.clock.advanceByAsync(1_000);
    expect(bench.host.get('tank', 'temperature').quality).toBe('good');
    await bench.host.close();
  });

  it('slower than its period is not piled up', async () => {
    const bench = new Bench({ operationTimeoutMs: 60_000 });
    const probe = await bench.add('tank', { pollSeconds: 1 });
    const ends: (() => void)[] = [];
    probe.poll = () => new Promise<void>((resolve) => ends.push(resolve));
    await bench.clock.advanceByAsync(10_500);
    expect(ends).toHaveLength(1);
    ends[0]!();
    await bench.clock.advanceByAsync(0);
    expect(ends).toHaveLength(2);
    ends[1]!();
    await bench.clock.advanceByAsync(0);
    expect(ends).toHaveLength(2);
    const closed = bench.host.close();
    await bench.clock.advanceByAsync(0);
    await closed;
  });

  it('that never ends is given up in time', async () => {
    const bench = new Bench({ operationTimeoutMs: 500 });
    const probe = await bench.add('tank', { pollSeconds: 10 });
    probe.poll = () => new Promise(() => undefined);
    await bench.clock.advanceByAsync(500);
    expect(bench.host.get('tank', 'mode').reason).toBe('poll failed: no answer within 500 ms');
    await bench.host.close();
  });
});
