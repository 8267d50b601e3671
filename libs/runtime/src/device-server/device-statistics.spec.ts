import { VirtualClock } from '@raspy/clock';
import type { DeviceHost, DeviceSummary, Reading, SafetyState } from '@raspy/devices';
import { StatisticsManager } from '@raspy/statistics';
import { Subject } from 'rxjs';
import { DeviceStatistics } from './device-statistics.js';

const reading = (value: unknown, quality: Reading['quality'] = 'good', unit?: string): Reading => ({
  value,
  quality,
  at: 0,
  ...(unit !== undefined && { unit }),
});
const device = (
  name: string,
  values: Record<string, Reading>,
  more: Partial<DeviceSummary> = {},
): DeviceSummary => ({ name, oid: 'test.x', title: 'X', state: 'open', values, ...more });
const safety = (onForMs?: number) =>
  ({ state: 'ok', ...(onForMs !== undefined && { onForMs }) }) as SafetyState;

function setUp() {
  const clock = new VirtualClock();
  const manager = new StatisticsManager({ clock });
  let devices: DeviceSummary[] = [];
  const changes$ = new Subject<unknown>();
  const safetyEvents$ = new Subject<unknown>();
  const safety$ = new Subject<unknown>();
  const schemas: Record<string, object> = { mood: { enum: ['calm', 'wild', 5] }, course: { type: 'string' } };
  const info = jest.fn(() => ({
    type: {
      values: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { schema }])),
    },
  }));
  const host = { list: () => devices, info, changes$, safetyEvents$, safety$ } as unknown as DeviceHost;
  const statistics = new DeviceStatistics(manager, host, clock);
  return {
    clock,
    manager,
    statistics,
    changes$,
    safetyEvents$,
    safety$,
    has: (...list: DeviceSummary[]) => void (devices = list),
    told: () => manager.all(),
    schemas,
    info,
  };
}

it('tells which devices work, and the numbers that they read while these are good', () => {
  const bench = setUp();
  bench.has(
    device('tank', {
      temperature: reading(25.5, 'good', '°C'),
      course: reading('north'),
      broken: reading(Number.NaN),
      lit: reading(true),
      level: reading(3, 'stale'),
    }),
    device('pump', {}, { state: 'failed' }),
  );
  expect(bench.told()).toEqual({
    'devices.up{device="pump"}': 0,
    'devices.up{device="tank"}': 1,
    'devices.value{device="tank",name="lit",unit=""}': 1,
    'devices.value{device="tank",name="temperature",unit="°C"}': 25.5,
  });
});

it('tells a reading that is one of a few words as which of them it is', () => {
  const bench = setUp();
  bench.has(device('tank', { mood: reading('calm') }));
  const calm = 'devices.state{device="tank",name="mood",state="calm"}';
  const wild = 'devices.state{device="tank",name="mood",state="wild"}';
  expect(bench.told()).toMatchObject({ [calm]: 1, [wild]: 0 });
  bench.has(device('tank', { mood: reading('wild') }));
  expect(bench.told()).toMatchObject({ [calm]: 0, [wild]: 1 });
  expect(bench.info).toHaveBeenCalledTimes(1);
  bench.has(device('tank', { mood: reading('wild', 'suspect') }));
  expect(bench.told()).toEqual({ 'devices.up{device="tank"}': 1 });
  // A device of another type has come in its place.
  bench.schemas['mood'] = {};
  bench.has();
  bench.told();
  bench.has(device('tank', { mood: reading('wild') }, { oid: 'test.y' }));
  expect(bench.told()).toEqual({ 'devices.up{device="tank"}': 1 });
});

it('tells nothing old: neither a reading that is good no more, nor a device that is gone', () => {
  const bench = setUp();
  bench.has(device('tank', { temperature: reading(25) }), device('lamp', { level: reading(1) }));
  bench.told();
  bench.has(device('tank', { temperature: reading(25, 'bad') }));
  expect(bench.told()).toEqual({ 'devices.up{device="tank"}': 1 });
});

it('counts readings that are none by their quality, and what guards did', () => {
  const bench = setUp();
  for (const quality of ['good', 'bad', 'bad', 'stale'] as const)
    bench.changes$.next({ device: 'tank', value: 'temperature', reading: reading(1, quality) });
  bench.safetyEvents$.next({ device: 'heater', type: 'tripped' });
  expect(bench.told()).toMatchObject({
    'devices.faults.64{device="tank",quality="bad"}': 2,
    'devices.faults.64{device="tank",quality="stale"}': 1,
    'devices.safetyEvents.64{device="heater",type="tripped"}': 1,
  });
});

it('counts how long an output was on, also when nobody looks', async () => {
  const bench = setUp();
  const onTime = () => bench.told()['devices.onTime.64{device="heater"}'];
  // It was on before there was anybody to count.
  bench.safety$.next({ device: 'heater', safety: safety(500) });
  await bench.clock.advanceByAsync(2_000);
  bench.safety$.next({ device: 'heater', safety: safety() });
  await bench.clock.advanceByAsync(5_000);
  expect(onTime()).toBe(2_500);
  bench.safety$.next({ device: 'heater', safety: safety(0) });
  await bench.clock.advanceByAsync(1_000);
  bench.has(device('heater', {}, { safety: safety(1_000) }));
  expect(onTime()).toBe(3_500);
  await bench.clock.advanceByAsync(1_000);
  expect(onTime()).toBe(4_500);
});

it('ends with its server', () => {
  const bench = setUp();
  bench.statistics.close();
  bench.has(device('tank', {}));
  bench.changes$.next({ device: 'tank', value: 'x', reading: reading(1, 'bad') });
  expect(bench.told()).toEqual({});
});
