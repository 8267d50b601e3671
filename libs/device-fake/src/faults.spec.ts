import fc from 'fast-check';
import { hosted, rejection, unguarded } from '../test/hosted.js';
import { isGone, nextGone, shownValue, type Fault, type FaultKind } from './faults.js';

const fault = (kind: FaultKind, more: Partial<Fault> = {}): Fault => ({
  kind,
  fromMs: 0,
  untilMs: Infinity,
  perHour: 1,
  ms: 2_000,
  by: 10,
  ...more,
});

describe('shownValue', () => {
  it.each<[string, Fault, number, unknown, unknown, unknown]>([
    ['repeats what it told', fault('stuck'), 5, 21, 20, 20],
    ['shows the value when it told none', fault('stuck'), 5, 21, undefined, 21],
    ['drifts', fault('drift', { perHour: 2, fromMs: 1_800_000 }), 3_600_000, 21, 21, 22],
    ['does not let a contact drift', fault('drift'), 3_600_000, true, true, true],
    ['shows what a probe shows without power', fault('power-on'), 5, 21, 21, 85],
    ['jumps in the first half of a period', fault('flapping'), 4_000, 21, 21, 31],
    ['and is true in the second', fault('flapping'), 6_000, 21, 21, 21],
    ['opens a contact', fault('flapping', { periodSeconds: 1 }), 499, true, true, false],
    ['and closes it', fault('flapping', { periodSeconds: 1 }), 500, true, false, true],
    ['leaves the value alone when it is slow', fault('slow'), 5, 21, 20, 21],
    ['has not begun', fault('power-on', { fromMs: 6 }), 5, 21, 20, 21],
    ['is over', fault('power-on', { untilMs: 5 }), 5, 21, 20, 21],
  ])('%s', (_, one, now, value, told, shown) => {
    expect(shownValue([one], now, value, told)).toEqual({ value: shown });
  });

  it('has no value while it cannot be read, whatever else is wrong', () => {
    expect(shownValue([fault('power-on'), fault('crc')], 0, 21, 20)).toEqual({ bad: 'CRC error' });
  });
});

it('tells when a device may be gone next, and it is gone from then on', () => {
  // Few instants, since the limits of faults have to be hit.
  const instant = (from: number, to: number) =>
    fc.integer({ min: from, max: to }).map((tenth) => tenth * 100);
  const missing = fc
    .record({
      fromMs: instant(0, 30),
      lastsMs: instant(1, 30),
      periodMs: fc.option(instant(1, 15), { nil: undefined }),
    })
    .map(({ fromMs, lastsMs, periodMs }) =>
      fault('missing', {
        fromMs,
        untilMs: fromMs + lastsMs,
        ...(periodMs !== undefined && { periodSeconds: periodMs / 1_000 }),
      }),
    );
  fc.assert(
    fc.property(fc.array(missing, { maxLength: 4 }), instant(0, 70), (faults, now) => {
      const next = nextGone(faults, now);
      expect(next).toBeGreaterThan(now);
      if (next !== Infinity) expect(isGone(faults, next)).toBe(true);
      if (isGone(faults, now)) return;
      // Between now and then it is there.
      for (let step = 1; step < 10; step++) {
        const at = now + ((Math.min(next, 10_000) - now) * step) / 10;
        expect(isGone(faults, at)).toBe(false);
      }
    }),
  );
});

it('tells of no time at which a fault that comes and goes is over', () => {
  const missing = fault('missing', { fromMs: 1_000, untilMs: 3_000, periodSeconds: 1 });
  expect([0, 999, 1_000, 1_999, 2_000, 2_999, 3_000].map((now) => nextGone([missing], now))).toEqual([
    ...[1_000, 1_000, 2_000, 2_000],
    ...[Infinity, Infinity, Infinity],
  ]);
});

describe('a sensor with a fault', () => {
  const probe = (faults: object[], more: object = {}) =>
    hosted([
      {
        name: 'probe',
        oid: 'sensor.temperature',
        config: { course: 'linear', start: 20, slopePerSecond: 0.1, max: 1_000, min: 0, ...more, faults },
      },
    ]);

  it('is stuck for as long as it is said', async () => {
    const { number, after, host } = await probe([{ kind: 'stuck', fromSeconds: 9.5, forSeconds: 10 }]);
    await after(15);
    expect(number('probe', 'temperature')).toBeCloseTo(20.9);
    await after(5);
    expect(number('probe', 'temperature')).toBeCloseTo(22);
    await host.close();
  });

  it('drifts', async () => {
    const { number, after, host } = await probe([{ kind: 'drift', fromSeconds: 0, perHour: 360 }]);
    await after(10);
    expect(number('probe', 'temperature')).toBeCloseTo(20 + 1 + 1);
    await host.close();
  });

  it('shows 85 °C, which the host suspects', async () => {
    const { host, after } = await probe([{ kind: 'power-on', fromSeconds: 5, forSeconds: 2 }]);
    await after(5);
    expect(host.get('probe', 'temperature')).toMatchObject({ value: 85, quality: 'suspect' });
    await after(2);
    expect(host.get('probe', 'temperature')).toMatchObject({ quality: 'good' });
    await host.close();
  });

  it('cannot be read', async () => {
    const { host, after } = await probe([{ kind: 'crc', fromSeconds: 5, forSeconds: 2 }]);
    await after(6);
    expect(host.get('probe', 'temperature')).toMatchObject({ quality: 'bad', reason: 'CRC error' });
    expect(host.get('probe', 'temperature').value).toBeCloseTo(20.4);
    await after(1);
    expect(host.get('probe', 'temperature').quality).toBe('good');
    await host.close();
  });

  it('is gone, cannot be opened meanwhile, and comes back', async () => {
    const { host, after, execute, clock } = await probe([
      { kind: 'missing', fromSeconds: 5, forSeconds: 10 },
    ]);
    const states: string[] = [];
    host.states$.subscribe(({ state, reason }) =>
      states.push(reason === undefined ? state : `${state}: ${reason}`),
    );
    await after(4.9);
    expect(host.get('probe', 'temperature').quality).toBe('good');
    await after(0.1);
    expect(host.get('probe', 'temperature')).toMatchObject({ quality: 'bad' });
    expect(await rejection(execute('probe', 'poll'))).toMatchObject({
      message: expect.stringMatching(/poll/) as string,
    });
    await after(11);
    expect(states[0]).toBe('failed: no answer: it is gone');
    expect(states.at(-1)).toBe('open');
    expect(host.get('probe', 'temperature').quality).toBe('good');
    await host.close();
    expect(clock.nextAt).toBe(Infinity);
  });

  it('comes and goes', async () => {
    const { host, after } = await probe([{ kind: 'missing', fromSeconds: 2, periodSeconds: 6 }]);
    const states: string[] = [];
    host.states$.subscribe(({ state }) => states.push(state));
    await after(20);
    expect(states.filter((state) => state === 'open')).toHaveLength(3);
    expect(states.filter((state) => state === 'failed').length).toBeGreaterThanOrEqual(3);
    await host.close();
  });

  it('is slow to be polled, and no timer is left when it is closed meanwhile', async () => {
    const { host, clock, execute, after } = await probe([{ kind: 'slow', fromSeconds: 0, ms: 3_000 }]);
    const ended: number[] = [];
    void execute('probe', 'poll').then(() => ended.push(clock.now()));
    await after(5);
    expect(ended).toEqual([3_000]);
    await host.close();
    expect(clock.nextAt).toBe(Infinity);
  });

  it('flaps', async () => {
    const { number, after, host } = await probe(
      [{ kind: 'flapping', fromSeconds: 0, periodSeconds: 2, by: 0.5 }],
      { slopePerSecond: 0 },
    );
    const seen: number[] = [];
    for (let second = 0; second < 4; second++) {
      seen.push(number('probe', 'temperature'));
      await after(1);
    }
    expect(seen).toEqual([20.5, 20, 20.5, 20]);
    await host.close();
  });

  it.each([
    [{ kind: 'relay-stuck' }, 'config.faults[0].kind'],
    [{ kind: 'stuck', fromSeconds: -1 }, 'config.faults[0].fromSeconds'],
    [{ kind: 'stuck', until: 5 }, 'config.faults[0].until: is not known'],
  ])('refuses the fault %j', async (wrong, message) => {
    expect(await rejection(probe([wrong]))).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('the command fault', () => {
  const contact = () =>
    hosted([
      { name: 'door', oid: 'sensor.contact', config: { course: 'linear', start: 100, slopePerSecond: 0 } },
    ]);

  it('begins one for a while', async () => {
    const { value, after, execute, host } = await contact();
    expect(value('door', 'closed')).toBe(true);
    expect(await execute('door', 'fault', { kind: 'flapping', seconds: 3, periodSeconds: 2 })).toEqual({
      faults: ['flapping'],
    });
    const seen: unknown[] = [];
    for (let second = 0; second < 6; second++) {
      seen.push(value('door', 'closed'));
      await after(1);
    }
    expect(seen).toEqual([false, true, false, true, true, true]);
    await host.close();
  });

  it('lasts through a reset, also when the device is gone', async () => {
    const { after, execute, host } = await contact();
    await execute('door', 'fault', { kind: 'missing', seconds: 10 });
    await after(0);
    expect(host.info('door').state).toBe('failed');
    await execute('door', 'reset');
    expect(host.info('door')).toMatchObject({ state: 'failed', reason: 'no answer: it is gone' });
    await after(11);
    expect(host.info('door').state).toBe('open');
    await host.close();
  });

  it('is undone by mend, as are those of the configuration that have begun', async () => {
    const { execute, host, after } = await hosted([
      {
        name: 'probe',
        oid: 'sensor.humidity',
        config: { faults: [{ kind: 'crc' }, { kind: 'crc', fromSeconds: 60, forSeconds: 5 }] },
      },
    ]);
    expect(await execute('probe', 'fault', { kind: 'stuck' })).toEqual({ faults: ['crc', 'stuck'] });
    expect(host.get('probe', 'humidity').quality).toBe('bad');
    expect(await execute('probe', 'mend')).toEqual({ faults: [] });
    expect(host.get('probe', 'humidity').quality).toBe('good');
    await after(61);
    expect(host.get('probe', 'humidity').quality).toBe('bad');
    await host.close();
  });

  it('is refused when there are too many, and takes those that are over for none', async () => {
    const { execute, host, after } = await contact();
    for (let n = 0; n < 16; n++) await execute('door', 'fault', { kind: 'stuck', seconds: 10 });
    expect(await rejection(execute('door', 'fault', { kind: 'stuck' }))).toMatchObject({
      code: 'COMMAND_REFUSED',
      message: 'it has 16 faults already: mend it first',
    });
    await after(11);
    expect(await execute('door', 'fault', { kind: 'stuck' })).toEqual({ faults: ['stuck'] });
    await host.close();
  });
});

describe('an actuator with a fault', () => {
  it('keeps its state when its relay is stuck, and tells the truth', async () => {
    const { value, execute, host } = await hosted([{ name: 'plug', oid: 'actuator.switch' }]);
    await execute('plug', 'set', { on: true });
    await execute('plug', 'fault', { kind: 'relay-stuck', seconds: 60 });
    await execute('plug', 'set', { on: false });
    expect(host.get('plug', 'on')).toMatchObject({ value: true, quality: 'good' });
    await execute('plug', 'mend');
    await execute('plug', 'set', { on: false });
    expect(value('plug', 'on')).toBe(false);
    await host.close();
  });

  it.each([
    ['actuator.dimmer', { level: 30 }, { level: 0 }],
    ['actuator.doser', { on: true }, { on: false }],
    ['fake.lamp', { level: 30 }, { level: 0 }],
    ['media.tv', { on: true }, { on: false }],
  ])('%s is stuck as well', async (oid, set, before) => {
    const { execute, host } = await unguarded([
      { name: 'it', oid, config: { faults: [{ kind: 'relay-stuck' }] } },
    ]);
    await execute('it', 'set', set);
    for (const [name, value] of Object.entries(before)) expect(host.get('it', name).value).toBe(value);
    await host.close();
  });

  it('is slower than the host waits, and is closed all the same', async () => {
    const { execute, host, clock, after } = await hosted([{ name: 'plug', oid: 'actuator.switch' }]);
    await execute('plug', 'fault', { kind: 'slow', ms: 60_000 });
    const refused = rejection(execute('plug', 'set', { on: true }));
    await after(10);
    expect(await refused).toMatchObject({ code: 'COMMAND_TIMEOUT' });
    const closed = host.close();
    await after(30);
    await closed;
    expect(clock.nextAt).toBe(Infinity);
  });
});
