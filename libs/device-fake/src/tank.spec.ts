import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { VirtualClock } from '@raspy/devices/testing';
import { holdAt25 } from '../test/thermostat.js';
import { unguarded } from '../test/hosted.js';
import { equilibriumCelsius, heatCapacity, heaterDriver, levelPercent, waterCelsius } from './index.js';
import { SimulatedTank } from './simulated-tank.js';
import { World } from './world.js';

const reef = {
  volumeLitres: 100,
  ambientCelsius: 20,
  lossWattsPerKelvin: 5,
  evaporationLitresPerDay: 0,
  speed: 1,
};
const tank = (more: object = {}) => ({
  name: 'reef',
  oid: 'fake.tank',
  config: { ...reef, startCelsius: 22, startPercent: 50, intervalMs: 60_000, ...more },
});
const heater = (more: object = {}) => ({
  name: 'heater',
  oid: 'actuator.heater',
  config: { tank: 'reef', watts: 200, ...more },
});
const HOUR_S = 3_600;
const ignore = (): void => undefined;
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

describe('levelPercent', () => {
  it('rises with what comes in and sinks with what evaporates', () => {
    const pond = { volumeLitres: 200, evaporationLitresPerDay: 24 };
    expect(levelPercent(pond, 50, 1, 60_000)).toBeCloseTo(50 + 0.5 - 100 / (60 * 200), 9);
    expect(levelPercent(pond, 50, 0, 86_400_000)).toBeCloseTo(38, 9);
  });

  it('is never less than empty nor more than full, into whatever steps a time is divided', () => {
    const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({ volumeLitres: real(1, 1e4), evaporationLitresPerDay: real(0, 1e3) }),
        real(0, 100),
        real(-100, 100),
        fc.array(real(0, 1e8), { minLength: 1, maxLength: 10 }),
        (pond, from, flow, spans) => {
          const stepped = spans.reduce((level, ms) => levelPercent(pond, level, flow, ms), from);
          const whole = levelPercent(
            pond,
            from,
            flow,
            spans.reduce((sum, ms) => sum + ms, 0),
          );
          expect(stepped).toBeGreaterThanOrEqual(0);
          expect(stepped).toBeLessThanOrEqual(100);
          expect(Math.abs(stepped - whole)).toBeLessThan(1e-6);
        },
      ),
    );
  });
});

describe('a simulated tank', () => {
  it('is the same whoever looks, and however often', () => {
    const [a, b] = [new VirtualClock(), new VirtualClock()];
    const [watched, alone] = [new SimulatedTank(a), new SimulatedTank(b)];
    for (const one of [watched, alone]) one.heat('heater', 150);
    for (let second = 0; second < 1_000; second++) {
      a.advanceBy(1_000);
      expect(watched.celsius).toBeGreaterThan(20);
    }
    b.advanceBy(1_000_000);
    expect(watched.celsius).toBe(alone.celsius);
    expect(watched.percent).toBe(alone.percent);
  });

  it('belongs to the clock', () => {
    const clock = new VirtualClock();
    expect(World.of(clock).tank('reef')).toBe(World.of(clock).tank('reef'));
    expect(World.of(clock).tank('reef')).not.toBe(World.of(clock).tank('pond'));
    expect(World.of(clock).tank('reef')).not.toBe(World.of(new VirtualClock()).tank('reef'));
  });
});

describe('devices that share a tank', () => {
  it('warm it, and measure it', async () => {
    const { execute, number, after, host } = await unguarded([
      tank(),
      heater(),
      { name: 'water', oid: 'sensor.temperature', config: { tank: 'reef', intervalMs: 60_000 } },
    ]);
    await execute('heater', 'set', { on: true });
    await after(HOUR_S);
    expect(number('water', 'temperature')).toBeCloseTo(waterCelsius(reef, 22, 200, HOUR_S * 1_000), 9);
    expect(number('reef', 'temperature')).toBe(number('water', 'temperature'));
    await execute('heater', 'set', { on: false });
    const warm = number('water', 'temperature');
    await after(HOUR_S);
    expect(number('water', 'temperature')).toBeCloseTo(waterCelsius(reef, warm, 0, HOUR_S * 1_000), 9);
    await host.close();
  });

  it('may be in two hosts on one clock', async () => {
    const clock = new VirtualClock();
    const one = await unguarded([tank(), heater()], clock);
    const other = await unguarded(
      [{ name: 'water', oid: 'sensor.temperature', config: { tank: 'reef', intervalMs: 60_000 } }],
      clock,
    );
    await one.execute('heater', 'set', { on: true });
    await other.after(HOUR_S);
    expect(other.number('water', 'temperature')).toBeGreaterThan(23);
    await Promise.all([one.host.close(), other.host.close()]);
  });

  it('lag, when a probe is slow, until it is taken out', async () => {
    const { execute, number, after, host } = await unguarded([
      tank(),
      {
        name: 'water',
        oid: 'sensor.temperature',
        config: { tank: 'reef', lagSeconds: 60, intervalMs: 60_000 },
      },
    ]);
    await execute('reef', 'set', { temperature: 30 });
    expect(number('water', 'temperature')).toBe(22);
    await after(60);
    expect(number('water', 'temperature')).toBeCloseTo(30 - 8 / Math.E, 1);
    await execute('water', 'reset');
    expect(number('water', 'temperature')).toBeCloseTo(30, 1);
    await host.close();
  });

  it('fill and empty it, and what overflows is gone', async () => {
    const { execute, number, value, after, host } = await unguarded([
      tank({ evaporationLitresPerDay: 24 }),
      { name: 'in', oid: 'actuator.pump', config: { tank: 'reef', litresPerMinute: 1 } },
      { name: 'out', oid: 'actuator.pump', config: { tank: 'reef', litresPerMinute: 2, direction: 'empty' } },
      { name: 'level', oid: 'sensor.level', config: { tank: 'reef', intervalMs: 20_000 } },
      { name: 'float', oid: 'sensor.contact', config: { tank: 'reef', closedAbove: 80, intervalMs: 60_000 } },
    ]);
    await after(HOUR_S);
    expect(number('level', 'level')).toBeCloseTo(49, 9);
    expect(value('float', 'closed')).toBe(false);
    await execute('in', 'set', { on: true });
    await after(2 * HOUR_S);
    expect(number('level', 'level')).toBe(100);
    expect(value('float', 'closed')).toBe(true);
    await execute('out', 'set', { on: true });
    await after(600);
    expect(number('level', 'level')).toBeCloseTo(100 - 10 - 10 / 60, 6);
    expect(number('reef', 'level')).toBe(number('level', 'level'));
    await host.close();
  });

  it('pass time faster, when the tank does', async () => {
    const { number, after, host } = await unguarded([tank({ speed: 60 })]);
    await after(60);
    expect(number('reef', 'temperature')).toBeCloseTo(waterCelsius(reef, 22, 0, HOUR_S * 1_000), 9);
    await host.close();
  });

  it('keep the water when the tank is opened again, or is said to be otherwise', async () => {
    const { host, number, after, execute } = await unguarded([tank(), heater()]);
    await execute('heater', 'set', { on: true });
    await after(HOUR_S);
    const warm = number('reef', 'temperature');
    await execute('reef', 'reset');
    expect(number('reef', 'temperature')).toBe(warm);
    expect(await host.configure(tank({ volumeLitres: 50, startCelsius: 5 }))).toBe('applied');
    expect(number('reef', 'temperature')).toBe(warm);
    await after(60);
    expect(number('reef', 'temperature')).toBeCloseTo(
      waterCelsius({ ...reef, volumeLitres: 50 }, warm, 200, 60_000),
      9,
    );
    await host.close();
  });
});

describe('a heater that is closed', () => {
  it.each([
    ['keep', true],
    ['off', false],
  ] as const)('stays as it is, or goes off, as it is told: %s', async (onClose, stays) => {
    // Without a host, which would make it safe before: as when its process is killed.
    const clock = new VirtualClock();
    const water = World.of(clock).tank('reef');
    water.build(reef, { celsius: 22, percent: 50 });
    const config = heaterDriver.type.config.parse({ tank: 'reef', watts: 200, onClose });
    const open = () => heaterDriver.open(config, { clock, name: 'heater', log: silent });
    const session = await open();
    await session.write!.on(true);
    await session.close();
    clock.advanceBy(HOUR_S * 1_000);
    expect(water.celsius).toBeCloseTo(waterCelsius(reef, 22, stays ? 200 : 0, HOUR_S * 1_000), 9);
    const seen: unknown[] = [];
    (await open()).values$.subscribe((update) => seen.push(update)).unsubscribe();
    expect(seen).toEqual([{ name: 'on', value: stays }]);
  });

  it('heats no more where it was when it is opened in another tank', async () => {
    const { host, execute, after, number } = await unguarded([tank(), { ...tank(), name: 'pond' }, heater()]);
    await execute('heater', 'set', { on: true });
    await host.configure(heater({ tank: 'pond' }));
    await execute('heater', 'set', { on: true });
    await after(HOUR_S);
    expect(number('reef', 'temperature')).toBeLessThanOrEqual(22);
    expect(number('pond', 'temperature')).toBeGreaterThan(23);
    await host.close();
  });
});

it('a thermostat holds the tank at 25 °C, as the README shows', async () => {
  // What 200 W do in a minute, beyond which no thermostat that looks once a minute can keep it.
  const step = (200 * 60) / heatCapacity(reef);
  expect(equilibriumCelsius({ ...reef, ambientCelsius: 18, lossWattsPerKelvin: 4 }, 200)).toBeGreaterThan(25);
  const [readme, program] = ['README.md', 'test/thermostat.ts'].map((file) =>
    readFileSync(join(__dirname, '..', file), 'utf8'),
  );
  expect(readme).toContain(program!.replace('../src/index.js', 'raspy-plugin-fake'));
  const temperatures = await holdAt25();
  expect(temperatures).toHaveLength(60);
  expect(Math.min(...temperatures)).toBeGreaterThan(25 - 3 * step);
  expect(Math.max(...temperatures)).toBeLessThan(25 + 3 * step);
});
