import { driverTests } from '@raspy/devices/testing';
import { FakeBus, idOf } from '../../test/fake-bus.js';
import { Rig } from '../../test/rig.js';
import { BusError } from '../bus.js';
import { SharedBuses } from '../buses/shared-buses.js';
import { thermometerDriver } from './thermometer.js';

const ID = idOf('28-0316a2795eff');
const STATUS = {
  resolution: 12,
  externalPower: true,
  conversionMs: 750,
  alarmLowCelsius: 10,
  alarmHighCelsius: 30,
};
const celsius = (...values: number[]) => values.map((value) => ({ celsius: value }));

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
  rig.bus.samples.set(ID, celsius(20, 20.5));
  rig.bus.status.set(ID, STATUS);
});
afterEach(() => rig.end());

const add = (config: Record<string, unknown> = {}) =>
  rig.add({ name: 'tank', oid: 'sensor.temperature', config: { id: ID, ...config } });

it('is read every ten seconds, and tells how it is set up', async () => {
  await add();
  expect(rig.host.get('tank')).toMatchObject({
    temperature: { value: 20.5, unit: '°C', quality: 'good' },
    alarm: { value: false, quality: 'good' },
    alarmLow: { value: 10 },
    alarmHigh: { value: 30 },
    resolution: { value: 12, unit: 'bit' },
    conversion: { value: 750, unit: 'ms' },
    externalPower: { value: true },
    discarded: { value: 0 },
  });
  rig.bus.samples.set(ID, celsius(21));
  await rig.nextPoll();
  expect(rig.shown('tank', 'temperature')).toBe('21 good');
  expect(rig.bus.closed).toBe(false);
});

it('is found by its id as owserver writes it, too', async () => {
  await add({ id: '28.FF5E79A21603' });
  expect(rig.shown('tank', 'temperature')).toBe('20.5 good');
});

it('refuses what is no id', () => {
  expect(() => rig.host.add({ name: 'x', oid: 'sensor.temperature', config: { id: '28-1' } })).toThrow(
    'config.id: must be the id of a 1-Wire chip, e.g. 28-0316a2795eff',
  );
});

it('is set up as it is configured, where it differs, and told when it is changed', async () => {
  await add({ resolution: 10, alarmHigh: 20 });
  expect(rig.bus.written).toEqual([`${ID} {"resolution":10,"alarmHighCelsius":20}`]);
  expect(rig.shown('tank', 'resolution')).toBe('10 good');
  // By whole degrees, as the chip does.
  expect(rig.shown('tank', 'alarm')).toBe('true good');
  expect(
    await rig.host.configure({ name: 'tank', oid: 'sensor.temperature', config: { id: ID, resolution: 9 } }),
  ).toBe('applied');
  await rig.nextPoll();
  expect(rig.bus.written.slice(1)).toEqual([`${ID} {"resolution":9}`]);
});

it('is read all the same when it cannot be set up, which is said once', async () => {
  rig.bus.adjust = () => Promise.reject(new BusError('REFUSED', 'resolution cannot be set: EACCES'));
  await add({ resolution: 10 });
  expect(rig.shown('tank', 'temperature')).toBe('20.5 good');
  expect(rig.shown('tank', 'resolution')).toBe('12 good');
  await rig.clock.advanceByAsync(1_300_000);
  expect(rig.logged).toEqual(['it is not set up as configured: resolution cannot be set: EACCES']);
});

it('is set up again after it was without power', async () => {
  await add({ resolution: 10 });
  rig.bus.samples.delete(ID);
  await rig.nextPoll();
  expect(rig.shown('tank', 'temperature')).toBe('20.5 bad: it is not on the bus: nobody answers');
  expect(rig.shown('tank', 'resolution')).toContain('bad: it is not on the bus');
  rig.bus.status.set(ID, STATUS);
  rig.bus.samples.set(ID, celsius(5, 6));
  await rig.nextPoll();
  expect(rig.bus.written).toHaveLength(2);
  expect(rig.shown('tank', 'temperature')).toBe('6 good');
  expect(rig.logged).toEqual([
    'it cannot be read: it is not on the bus: nobody answers',
    'it can be read again',
  ]);
});

it('keeps its last temperature, marked bad, while none can be believed', async () => {
  await add();
  rig.bus.samples.set(ID, celsius(85));
  await rig.nextPoll();
  expect(rig.shown('tank', 'temperature')).toBe(
    '20.5 bad: exactly 85 °C: the sensor had just got power and has not measured',
  );
  expect(rig.host.get('tank', 'discarded').value).toBe(5);
  // How it is set up is known all the same.
  expect(rig.shown('tank', 'resolution')).toBe('12 good');
});

it('does not hold up its host when a measurement takes long', async () => {
  rig.bus.conversionMs = 6_000;
  await add();
  expect(rig.shown('tank', 'temperature')).toBe('null bad: no reading yet');
  await rig.nextPoll();
  expect(rig.shown('tank', 'temperature')).toBe('20.5 good');
});

it('tells when the bus itself cannot be had', async () => {
  rig.bus.status.set(ID, new BusError('UNREACHABLE', 'there is no folder /sys/bus/w1/devices'));
  await add();
  expect(rig.shown('tank', 'temperature')).toBe('null bad: there is no folder /sys/bus/w1/devices');
});

it('shares a conversion with the others', async () => {
  const other = idOf('10-000802da8f1d');
  rig.bus.samples.set(other, celsius(7, 8));
  rig.host.add({ name: 'air', oid: 'sensor.temperature', config: { id: other } });
  await add();
  expect(rig.bus.conversions[0]).toEqual([other, ID]);
});

it('is of one address, in either form', () => {
  const [driver] = rig.drivers;
  expect(driver!.addressOf?.({ id: '28.FF5E79A21603' })).toBe(ID);
});

describe('keeps the contract:', () => {
  const buses = new SharedBuses(({ clock }) => {
    const bus = new FakeBus(clock);
    bus.samples.set(ID, celsius(20, 20.5, 20.6, 20.7));
    bus.status.set(ID, STATUS);
    return [bus];
  });
  for (const { name, run } of driverTests(thermometerDriver(buses), { config: { id: ID } })) {
    it(name, run);
  }
});
