import { of } from 'rxjs';
import { z } from 'zod';
import { asleepType } from '../../test/asleep.js';
import { Bench } from '../../test/probe.js';
import { defineDeviceType, DeviceHost, DeviceRegistry, type DeviceDriver } from '../index.js';

describe('a reading', () => {
  it('is bad and without a value until the first one comes', async () => {
    const { host, clock } = new Bench();
    host.add({ name: 'tank', oid: 'sensor.probe', config: { probe: 'x' } });
    clock.stepWall(77);
    expect(host.get('tank', 'temperature')).toEqual({
      value: null,
      unit: '°C',
      at: 1_000_000,
      quality: 'bad',
      reason: 'no reading yet',
    });
    expect(host.get('tank', 'mode')).not.toHaveProperty('unit');
    await host.close();
  });

  it('carries value, unit, time and quality, and is told', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    bench.clock.advanceBy(500);
    bench.changes.length = 0;
    probe.temperature(25.5);
    const reading = { value: 25.5, unit: '°C', at: 1_000_500, quality: 'good' };
    expect(bench.host.get('tank', 'temperature')).toEqual(reading);
    expect(bench.changes).toEqual([{ device: 'tank', value: 'temperature', reading }]);
    await bench.host.close();
  });

  it('has the time that the driver gives it, if that is one', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(1, { at: 123 });
    expect(bench.host.get('tank', 'temperature').at).toBe(123);
    probe.temperature(1, { at: NaN });
    expect(bench.host.get('tank', 'temperature').at).toBe(1_000_000);
    await bench.host.close();
  });

  it.each([
    [-55, 'good'],
    [125, 'good'],
    [-55.01, 'suspect'],
    [125.01, 'suspect'],
  ])('of %d in a range of -55 to 125 is %s', async (value, quality) => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(value);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({ value, quality });
    await bench.host.close();
  });

  it('is suspect when the driver suspects it', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(85, { suspect: 'the value after power-on' });
    expect(bench.host.get('tank', 'temperature')).toMatchObject({
      value: 85,
      quality: 'suspect',
      reason: 'the value after power-on',
    });
    await bench.host.close();
  });

  it('keeps the last value and its time when the driver says that none could be had', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(20);
    bench.clock.advanceBy(1_000);
    probe.updates.next({ name: 'temperature', bad: 'CRC error' });
    expect(bench.host.get('tank', 'temperature')).toEqual({
      value: 20,
      unit: '°C',
      at: 1_000_000,
      quality: 'bad',
      reason: 'CRC error',
    });
    await bench.host.close();
  });

  it.each([
    ['a text', { name: 'temperature', value: 'hot' }, 'expected number'],
    ['not a number', { name: 'temperature', value: NaN }, 'expected number'],
    ['no value', { name: 'temperature' }, 'expected number'],
  ])('of %s is bad, never taken over', async (_, update, reason) => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(20);
    probe.rubbish(update);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({
      value: 20,
      quality: 'bad',
      reason: expect.stringContaining(reason) as string,
    });
    probe.temperature(21);
    expect(bench.host.get('tank', 'temperature').quality).toBe('good');
    await bench.host.close();
  });

  it('of no declared value is logged and dropped, as is what only looks like an update', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    bench.changes.length = 0;
    const trap = {
      get name(): string {
        throw new Error('trapped');
      },
    };
    for (const rubbish of [
      undefined,
      null,
      7,
      {},
      { name: '__proto__' },
      { name: 'toString', value: 1 },
      trap,
    ]) {
      probe.rubbish(rubbish);
    }
    expect(bench.changes).toEqual([]);
    expect(bench.lines).toHaveLength(7);
    expect(bench.lines[6]).toEqual({
      level: 'warn',
      message: 'the driver sent an update that is none',
      fields: { reason: 'trapped', device: 'tank' },
    });
    await bench.host.close();
  });

  it('is stale when nothing newer came in time, on the monotonic clock, and good again with the next', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(20);
    bench.clock.advanceBy(40_000);
    bench.clock.stepWall(3_600_000);
    probe.temperature(21);
    bench.clock.stepWall(-7_200_000);
    bench.clock.advanceBy(59_999);
    expect(bench.host.get('tank', 'temperature').quality).toBe('good');
    bench.changes.length = 0;
    bench.clock.advanceBy(1);
    expect(bench.changes.map(({ reading }) => reading)).toEqual([
      {
        value: 21,
        unit: '°C',
        at: 1_000_000 + 40_000 + 3_600_000,
        quality: 'stale',
        reason: 'nothing new for 60000 ms',
      },
    ]);
    bench.clock.advanceBy(600_000);
    expect(bench.changes).toHaveLength(1);
    probe.temperature(22);
    expect(bench.host.get('tank', 'temperature').quality).toBe('good');
    bench.clock.advanceBy(60_000);
    expect(bench.host.get('tank', 'temperature').quality).toBe('stale');
    await bench.host.close();
  });

  it('that is bad stays bad, and a value without a limit never gets stale', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(20);
    probe.updates.next({ name: 'mode', value: 'busy' });
    probe.updates.next({ name: 'temperature', bad: 'gone' });
    bench.clock.advanceBy(1e9);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({ quality: 'bad', reason: 'gone' });
    expect(bench.host.get('tank', 'mode').quality).toBe('good');
    await bench.host.close();
  });

  it('tells a failure that lasts once', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    bench.changes.length = 0;
    for (let i = 0; i < 5; i++) probe.updates.next({ name: 'temperature', bad: 'CRC error' });
    expect(bench.changes).toHaveLength(1);
    await bench.host.close();
  });

  it('has the unit that the session decides, unless it is none', async () => {
    const bench = new Bench();
    bench.units = { temperature: '°F' };
    (await bench.add('a')).temperature(70);
    bench.units = { temperature: 'x'.repeat(17) };
    (await bench.add('b')).temperature(70);
    expect(bench.host.get('a', 'temperature').unit).toBe('°F');
    expect(bench.host.get('b', 'temperature').unit).toBe('°C');
    await bench.host.close();
  });

  it('whose schema cannot be checked at once is bad', async () => {
    const type = defineDeviceType({
      ...asleepType,
      values: { level: { schema: z.number().refine(() => Promise.resolve(true)) } },
    });
    const driver: DeviceDriver<typeof type> = {
      type,
      open: () => ({ values$: of({ name: 'level', value: 1 }), commands: {}, close: () => undefined }),
    };
    const host = new DeviceHost({ registry: new DeviceRegistry([driver]) });
    host.add({ name: 'tank', oid: type.oid });
    await host.opened();
    expect(host.get('tank', 'level')).toMatchObject({
      quality: 'bad',
      reason: expect.stringContaining('cannot be checked') as string,
    });
    await host.close();
  });
});
