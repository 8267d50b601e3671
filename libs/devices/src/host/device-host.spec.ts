import { EMPTY, Observable, of, throwError } from 'rxjs';
import { Bench, rejection, thrown, type Probe, type ProbeSession } from '../../test/probe.js';
import { DeviceHost, DeviceRegistry } from '../index.js';

/** What a driver in JavaScript might return. */
const asSession = (session: unknown) => session as ProbeSession;

describe('DeviceHost', () => {
  it('lists its devices by name, sorted, with their readings', async () => {
    const bench = new Bench();
    await bench.add('b');
    const probe = await bench.add('a');
    probe.temperature(20);
    expect(bench.host.keys()).toEqual(['a', 'b']);
    expect(bench.host.list()).toEqual([
      {
        name: 'a',
        oid: 'sensor.probe',
        title: 'Probe',
        state: 'open',
        values: {
          temperature: { value: 20, unit: '°C', at: 1_000_000, quality: 'good' },
          mode: { value: null, at: 1_000_000, quality: 'bad', reason: 'no reading yet' },
        },
      },
      expect.objectContaining({ name: 'b' }),
    ]);
    await bench.host.close();
  });

  it('tells all about a device as plain JSON', async () => {
    const bench = new Bench();
    await bench.add('tank', { pollSeconds: 5, log: true });
    const info = bench.host.info('tank');
    expect(info).toEqual(JSON.parse(JSON.stringify(info)));
    expect(info).toMatchObject({
      name: 'tank',
      type: { oid: 'sensor.probe' },
      config: { probe: 'id-tank' },
      pollSeconds: 5,
      log: true,
    });
    expect(Object.keys(info.commands).sort()).toEqual(
      ['blink', 'calibrate', 'commands', 'config', 'log', 'poll', 'reset'].sort(),
    );
    await bench.host.close();
  });

  it('gives all readings of a device, or one', async () => {
    const bench = new Bench();
    (await bench.add('tank')).temperature(20);
    expect(Object.keys(bench.host.get('tank'))).toEqual(['temperature', 'mode']);
    expect(bench.host.get('tank', 'temperature').value).toBe(20);
    await bench.host.close();
  });

  it('refuses what it does not know with a code for each case', async () => {
    const bench = new Bench();
    await bench.add('tank');
    const { host } = bench;
    expect(thrown(() => host.info('nobody')).code).toBe('UNKNOWN_DEVICE');
    expect(thrown(() => host.get('nobody')).code).toBe('UNKNOWN_DEVICE');
    expect(thrown(() => host.get('__proto__')).code).toBe('UNKNOWN_DEVICE');
    expect(thrown(() => host.get('tank', 'constructor'))).toMatchObject({
      code: 'UNKNOWN_VALUE',
      message: '"tank" has no value "constructor"; it has: temperature, mode',
    });
    expect((await rejection(host.execute('nobody', 'blink'))).code).toBe('UNKNOWN_DEVICE');
    expect((await rejection(host.execute('tank', 'toString'))).code).toBe('UNKNOWN_COMMAND');
    expect((await rejection(host.remove('nobody'))).code).toBe('UNKNOWN_DEVICE');
    expect((await rejection(host.opened('nobody'))).code).toBe('UNKNOWN_DEVICE');
    await host.close();
  });

  it('takes each name once and no more devices than it may', async () => {
    const bench = new Bench({ maxDevices: 2 });
    const config = { oid: 'sensor.probe', config: { probe: 'x' } };
    bench.host.add({ name: 'a', ...config });
    expect(thrown(() => bench.host.add({ name: 'a', ...config })).code).toBe('DUPLICATE_DEVICE');
    bench.host.add({ name: 'b', ...config });
    expect(thrown(() => bench.host.add({ name: 'c', ...config })).code).toBe('TOO_MANY_DEVICES');
    await bench.host.remove('a');
    bench.host.add({ name: 'a', ...config });
    expect(bench.host.keys()).toEqual(['a', 'b']);
    await bench.host.close();
  });

  it.each([
    [{ operationTimeoutMs: 0 }],
    [{ retryMinMs: NaN }],
    [{ maxDevices: -1 }],
    [{ maxQueuedCommands: Infinity }],
    [{ retryMinMs: 10, retryMaxMs: 9 }],
  ])('refuses the options %j', (options) => {
    expect(thrown(() => new DeviceHost({ registry: new DeviceRegistry(), ...options })).code).toBe(
      'HOST_OPTION',
    );
  });

  it('runs on the clock of the machine when it is given none', async () => {
    const host = new DeviceHost({ registry: new Bench().registry });
    host.add({ name: 'tank', oid: 'sensor.probe', config: { probe: 'x' } });
    await host.opened();
    expect(host.list()[0]!.state).toBe('open');
    await host.close();
  });

  it('closes a device that is removed, and tells nothing of it afterwards', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    const removed = bench.host.remove('tank');
    expect(bench.host.keys()).toEqual([]);
    bench.changes.length = 0;
    probe.temperature(1);
    await removed;
    probe.temperature(2);
    expect(probe.closed).toBe(1);
    expect(probe.updates.observed).toBe(false);
    expect(bench.changes).toEqual([]);
    expect(bench.states.at(-1)).toEqual({ device: 'tank', state: 'removed' });
    expect(bench.clock.nextAt).toBe(Infinity);
    await bench.host.close();
  });

  it('closes all devices, completes its streams and leaves no timer', async () => {
    const bench = new Bench();
    const probes = [await bench.add('a', { pollSeconds: 1 }), await bench.add('b')];
    for (const probe of probes) probe.temperature(1);
    let completed = 0;
    bench.host.changes$.subscribe({ complete: () => completed++ });
    bench.host.states$.subscribe({ complete: () => completed++ });
    await Promise.all([bench.host.close(), bench.host.close()]);
    expect(probes.map(({ closed }) => closed)).toEqual([1, 1]);
    expect(completed).toBe(2);
    expect(bench.clock.nextAt).toBe(Infinity);
    expect((await rejection(bench.execute('a', 'blink'))).code).toBe('HOST_CLOSED');
    expect(thrown(() => bench.host.add({ name: 'c', oid: 'sensor.probe' })).code).toBe('HOST_CLOSED');
  });
});

describe('a driver', () => {
  it('gets the name of its device, the clock, and a log that tells them apart', async () => {
    const bench = new Bench();
    await bench.add('tank');
    const { clock, name, log } = bench.contexts[0]!;
    expect([clock, name]).toEqual([bench.clock, 'tank']);
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('hello', { level });
    expect(bench.lines).toEqual(
      ['debug', 'info', 'warn', 'error'].map((level) => ({
        level,
        message: 'hello',
        fields: { level, device: 'tank' },
      })),
    );
    await bench.host.close();
  });

  it('may log though nobody reads it', async () => {
    const { registry, contexts } = new Bench();
    const host = new DeviceHost({ registry });
    host.add({ name: 'tank', oid: 'sensor.probe', config: { probe: 'x' } });
    await host.opened();
    for (const level of ['debug', 'info', 'warn', 'error'] as const) contexts[0]!.log[level]('hello');
    await host.close();
  });
});

describe('a device that cannot be opened', () => {
  it('is listed as failed with the reason, and tried again with growing pauses', async () => {
    const bench = new Bench({ retryMinMs: 100, retryMaxMs: 350 });
    bench.open = () => {
      throw new Error('no such bus');
    };
    await bench.add('tank');
    expect(bench.host.list()[0]).toMatchObject({ state: 'failed', reason: 'no such bus' });
    expect(bench.host.get('tank', 'temperature')).toMatchObject({
      quality: 'bad',
      reason: 'not open: no such bus',
    });
    const tries: number[] = [];
    bench.open = () => {
      tries.push(bench.clock.now());
      return Promise.reject(new Error('no such bus'));
    };
    await bench.clock.advanceByAsync(1_400);
    expect(tries).toEqual([100, 300, 650, 1_000, 1_350]);
    bench.open = (probe) => probe.session();
    await bench.clock.advanceByAsync(350);
    expect(bench.host.list()[0]!.state).toBe('open');
    expect(bench.host.list()[0]).not.toHaveProperty('reason');
    expect(bench.host.get('tank', 'temperature').reason).toBe('no reading yet');
    expect(bench.states.map(({ state }) => state).slice(0, 4)).toEqual([
      'opening',
      'failed',
      'opening',
      'failed',
    ]);
    await bench.host.close();
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'without close(), values$, a handler for the command "calibrate"'],
    ['no handlers', { values$: EMPTY, close: () => undefined }, 'a handler for the command "blink"'],
    [
      'a poll that is none',
      { values$: EMPTY, close: () => undefined, commands: { blink() {}, calibrate() {} }, poll: 1 },
      'a poll that is a function',
    ],
  ])('because its driver returned %s is told what is missing', async (_, session, missing) => {
    const bench = new Bench();
    bench.open = () => asSession(session);
    await bench.add('tank');
    expect(bench.host.list()[0]!.reason).toContain(missing);
    await bench.host.close();
  });

  it('in time has failed, and a session that comes late is closed', async () => {
    const bench = new Bench({ operationTimeoutMs: 500 });
    let arrive: (session: ProbeSession) => void = () => undefined;
    let late: Probe | undefined;
    bench.open = (probe) => {
      late = probe;
      return new Promise<ProbeSession>((resolve) => (arrive = resolve));
    };
    bench.host.add({ name: 'tank', oid: 'sensor.probe', config: { probe: 'x' } });
    await bench.clock.advanceByAsync(499);
    expect(bench.host.list()[0]!.state).toBe('opening');
    expect((await rejection(bench.execute('tank', 'blink'))).message).toContain('it is being opened');
    await bench.clock.advanceByAsync(1);
    expect(bench.host.list()[0]).toMatchObject({ state: 'failed', reason: 'it was not open within 500 ms' });
    arrive(late!.session());
    await bench.clock.advanceByAsync(0);
    expect(late!.closed).toBe(1);
    await bench.host.close();
  });

  it('harms no other device', async () => {
    const bench = new Bench();
    const well = await bench.add('well');
    bench.open = () => {
      throw Object.create(null) as Error;
    };
    await bench.add('ill');
    well.temperature(20);
    expect(bench.host.list().map(({ state, reason }) => [state, reason])).toEqual([
      ['failed', 'an error that cannot be printed'],
      ['open', undefined],
    ]);
    expect(bench.host.get('well', 'temperature').quality).toBe('good');
    expect(await bench.execute('well', 'blink')).toBeNull();
    await bench.host.close();
  });
});

describe('a device whose session is lost', () => {
  it('has bad readings, is closed, and opened anew', async () => {
    const bench = new Bench({ retryMinMs: 100 });
    const first = await bench.add('tank', { pollSeconds: 1 });
    first.temperature(20);
    first.updates.error(new Error('unplugged'));
    expect(bench.host.get('tank', 'temperature')).toMatchObject({
      value: 20,
      quality: 'bad',
      reason: 'not open: unplugged',
    });
    await bench.clock.advanceByAsync(99);
    expect(first.closed).toBe(1);
    expect((await rejection(bench.execute('tank', 'blink'))).code).toBe('DEVICE_UNAVAILABLE');
    await bench.clock.advanceByAsync(1);
    const second = bench.probes.at(-1)!;
    expect(second).not.toBe(first);
    second.temperature(21);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({ value: 21, quality: 'good' });
    expect(first.calls).toEqual([]);
    await bench.host.close();
  });

  it('is not opened before the former session has been closed', async () => {
    const bench = new Bench({ retryMinMs: 100 });
    const first = await bench.add('tank');
    let closed: () => void = () => undefined;
    first.close = () => new Promise((resolve) => (closed = resolve));
    first.updates.error(new Error('unplugged'));
    await bench.clock.advanceByAsync(5_000);
    expect(bench.probes).toHaveLength(1);
    closed();
    await bench.clock.advanceByAsync(0);
    expect(bench.probes).toHaveLength(2);
    await bench.host.close();
  });

  it('at once and always is tried with growing pauses too, but anew after it lasted', async () => {
    const bench = new Bench({ retryMinMs: 100, retryMaxMs: 800 });
    const opened: number[] = [];
    bench.open = (probe) => {
      opened.push(bench.clock.now());
      return { ...probe.session(), values$: throwError(() => new Error('unplugged')) };
    };
    await bench.add('tank');
    await bench.clock.advanceByAsync(700);
    expect(opened).toEqual([0, 100, 300, 700]);
    bench.open = (probe) => probe.session();
    await bench.clock.advanceByAsync(800);
    const lasting = bench.probes.at(-1)!;
    await bench.clock.advanceByAsync(800);
    lasting.updates.error(new Error('unplugged'));
    const before = bench.probes.length;
    await bench.clock.advanceByAsync(100);
    expect(bench.probes).toHaveLength(before + 1);
    await bench.host.close();
  });

  it('stays open when its values complete', async () => {
    const bench = new Bench();
    bench.open = (probe) => ({ ...probe.session(), values$: of({ name: 'temperature', value: 4 }) });
    await bench.add('tank');
    expect(bench.host.list()[0]!.state).toBe('open');
    expect(bench.host.get('tank', 'temperature')).toMatchObject({ value: 4, quality: 'good' });
    await bench.host.close();
  });

  it('may throw wherever it likes', async () => {
    const bench = new Bench();
    bench.open = (probe) => ({
      ...probe.session(),
      values$: { subscribe: () => { throw new Error('no subscription'); } } as never, // oxfmt-ignore
    });
    await bench.add('subscribing');
    bench.open = (probe) => ({
      ...probe.session(),
      values$: new Observable(() => () => {
        throw new Error('no end');
      }),
      close: () => Promise.reject(new Error('no close')),
    });
    await bench.add('ending');
    expect(bench.host.list().map(({ name, state }) => [name, state])).toEqual([
      ['ending', 'open'],
      ['subscribing', 'failed'],
    ]);
    expect(bench.host.list()[1]!.reason).toBe('no subscription');
    bench.lines.length = 0;
    await bench.host.close();
    expect(bench.lines.map(({ message }) => message)).toEqual([
      'the device did not end its values properly',
      'the device did not close properly',
    ]);
  });

  it('and never ends closing is left behind', async () => {
    const bench = new Bench({ operationTimeoutMs: 500 });
    const probe = await bench.add('tank');
    probe.close = () => new Promise(() => undefined);
    let closed = false;
    void bench.host.close().then(() => (closed = true));
    await bench.clock.advanceByAsync(499);
    expect(closed).toBe(false);
    await bench.clock.advanceByAsync(1);
    expect(closed).toBe(true);
    expect(bench.lines.at(-1)!.message).toBe('the device did not close in time');
  });
});
