import { DeviceHost, DeviceRegistry } from '@raspy/devices';
import { VirtualClock } from '@raspy/devices/testing';
import { plugin } from './index.js';

/** A host with the plugin on a virtual clock, and one device of it. */
async function hostWith(oid: string, config: Record<string, unknown>, pollSeconds = 0) {
  const clock = new VirtualClock();
  const host = new DeviceHost({ registry: new DeviceRegistry(plugin.drivers), clock });
  host.add({ name: 'it', oid, config, pollSeconds });
  await host.opened();
  return { clock, host };
}

describe('the plugin', () => {
  it('brings its drivers under its own name', () => {
    expect(plugin).toMatchObject({ name: 'fake', api: 1 });
    expect(plugin.drivers.map(({ type }) => type.oid)).toEqual(
      expect.arrayContaining(['fake.cyclic', 'fake.linear', 'fake.lamp']),
    );
  });
});

describe('a sensor', () => {
  it('reports at once and then at each interval, in its own unit', async () => {
    const { clock, host } = await hostWith('fake.cyclic', {
      cycleSeconds: 4,
      min: 20,
      max: 30,
      unit: '°C',
      intervalMs: 500,
    });
    const seen: unknown[] = [host.get('it', 'value').value];
    host.changes$.subscribe(({ reading }) => seen.push(reading.value));
    await clock.advanceByAsync(2_600);
    expect(seen).toEqual([20, 22.5, 25, 27.5, 30, 27.5]);
    expect(host.get('it', 'value')).toMatchObject({ unit: '°C', quality: 'good' });
    await host.close();
    expect(clock.nextAt).toBe(Infinity);
  });

  it('reports when it is polled', async () => {
    const { clock, host } = await hostWith('fake.linear', {
      start: 5,
      slopePerSecond: 2,
      intervalMs: 60_000,
    });
    await clock.advanceByAsync(1_500);
    expect(host.get('it', 'value').value).toBe(5);
    await host.execute('it', 'poll');
    expect(host.get('it', 'value').value).toBe(8);
    expect(host.get('it', 'value')).not.toHaveProperty('unit');
    await host.close();
  });

  it('says the same at the same time, whoever asks', async () => {
    const [a, b] = await Promise.all([
      hostWith('fake.cyclic', {}),
      hostWith('fake.cyclic', { intervalMs: 250 }),
    ]);
    await a.clock.advanceByAsync(17_000);
    await b.clock.advanceByAsync(17_000);
    expect(a.host.get('it', 'value').value).toBe(b.host.get('it', 'value').value);
    await Promise.all([a.host.close(), b.host.close()]);
  });

  it.each([
    ['fake.cyclic', { min: 5, max: 5 }, 'config.max: must be more than min'],
    ['fake.cyclic', { cycleSeconds: 0 }, 'config.cycleSeconds'],
    ['fake.cyclic', { intervalMs: 1 }, 'config.intervalMs'],
    ['fake.cyclic', { intervalMs: 60_001 }, 'config.intervalMs'],
    ['fake.cyclic', { max: 1e300 }, 'config.max'],
    ['fake.linear', { min: 2, max: 1 }, 'config.max: must be more than min'],
    ['fake.linear', { min: 2, atBound: 'wrap' }, 'config.atBound: wrap needs both min and max'],
    ['fake.lamp', { initialPercent: 101 }, 'config.initialPercent'],
  ])('%s refuses the configuration %j', async (oid, config, message) => {
    await expect(hostWith(oid, config)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('a lamp', () => {
  it('does what it is told and tells it', async () => {
    const { host } = await hostWith('fake.lamp', { initialPercent: 10 });
    const level = () => host.get('it', 'level').value;
    expect(level()).toBe(10);
    expect(await host.execute('it', 'level', { percent: 40 })).toMatchObject({ result: { percent: 40 } });
    expect(level()).toBe(40);
    expect(await host.execute('it', 'on')).toMatchObject({ result: { percent: 100 } });
    expect(level()).toBe(100);
    expect(await host.execute('it', 'off')).toMatchObject({ result: { percent: 0 } });
    expect(level()).toBe(0);
    await host.close();
  });

  it('can be set by its value', async () => {
    const { host } = await hostWith('fake.lamp', {});
    await host.execute('it', 'set', { level: 60 });
    expect(host.get('it', 'level')).toMatchObject({ value: 60, unit: '%', quality: 'good' });
    await expect(host.execute('it', 'set', { level: 101 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await host.close();
  });

  it.each([-1, 101, '40', NaN])('refuses a level of %p', async (percent) => {
    const { host } = await hostWith('fake.lamp', {});
    await expect(host.execute('it', 'level', { percent })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(host.get('it', 'level').value).toBe(0);
    await host.close();
  });

  it('repeats its level when it is polled', async () => {
    const { clock, host } = await hostWith('fake.lamp', { initialPercent: 7 });
    let told = 0;
    host.changes$.subscribe(() => told++);
    clock.advanceBy(100);
    await host.execute('it', 'poll');
    expect(told).toBe(1);
    expect(host.get('it', 'level')).toMatchObject({ value: 7, quality: 'good', at: clock.wallNow() });
    await host.close();
  });
});
