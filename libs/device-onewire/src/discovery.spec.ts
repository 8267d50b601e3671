import { VirtualClock } from '@raspy/clock';
import type { FinderSession, FoundDevice } from '@raspy/devices';
import { FakeBus, idOf } from '../test/fake-bus.js';
import { BusError } from './bus.js';
import { SharedBuses } from './buses/shared-buses.js';
import { chipFinder } from './discovery.js';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const THERMOMETER = idOf('28-0316a2795eff');
const SWITCH = idOf('3a-0000001a2b3c');
const UNKNOWN = idOf('7f-000000000001');

let clock: VirtualClock;
let bus: FakeBus;
let session: FinderSession;
let told: (readonly FoundDevice[])[];
let failed: unknown;

async function open(): Promise<void> {
  session = await chipFinder(new SharedBuses(() => [bus]), 10).open({ clock, log: silent });
  session.found$.subscribe({
    next: (found) => told.push(found),
    error: (error: unknown) => (failed = error),
  });
  await clock.advanceByAsync(0);
}
const names = () => told.at(-1)?.map(({ device }) => device.name);

beforeEach(() => {
  clock = new VirtualClock();
  bus = new FakeBus(clock);
  told = [];
  failed = undefined;
});
afterEach(() => session.close());

it('offers what is there, by its identity, as what it is', async () => {
  bus.chips = [THERMOMETER, SWITCH, UNKNOWN].map((id) => ({ id }));
  await open();
  expect(told).toEqual([
    [
      {
        device: { name: THERMOMETER, oid: 'sensor.temperature', config: { id: THERMOMETER } },
        address: THERMOMETER,
        note: 'DS18B20 thermometer',
      },
      {
        // What nobody has configured is not driven.
        device: { name: SWITCH, oid: 'onewire.chip', config: { id: SWITCH } },
        address: SWITCH,
        note: 'DS2413 switch; to drive an output, add it as actuator.switch; to read a pin, as sensor.contact',
      },
      {
        device: { name: UNKNOWN, oid: 'onewire.chip', config: { id: UNKNOWN } },
        address: UNKNOWN,
        note: 'chip of the unknown family 7f',
      },
    ],
  ]);
});

it('takes the name that it has at the bus, if it is one', async () => {
  bus.chips = [
    { id: THERMOMETER, alias: 'tank' },
    { id: SWITCH, alias: 'not a name' },
  ];
  await open();
  expect(names()).toEqual(['tank', SWITCH]);
});

it('tells when something comes, and of what is missing for ten minutes more', async () => {
  bus.chips = [{ id: THERMOMETER }];
  await open();
  await clock.advanceByAsync(30_000);
  expect(told).toHaveLength(1);
  bus.chips = [{ id: SWITCH }];
  await clock.advanceByAsync(10_000);
  expect(names()).toEqual([THERMOMETER, SWITCH]);
  await clock.advanceByAsync(590_000);
  expect(names()).toEqual([THERMOMETER, SWITCH]);
  await clock.advanceByAsync(20_000);
  expect(names()).toEqual([SWITCH]);
});

it('says that it cannot look', async () => {
  bus.chips = new BusError('UNREACHABLE', 'there is no folder');
  await open();
  expect(failed).toMatchObject({ code: 'UNREACHABLE' });
  expect(told).toEqual([]);
});

it('leaves nothing behind when it is closed, also while it looks', async () => {
  await open();
  await session.close();
  expect(bus.closed).toBe(true);
  expect(clock.nextAt).toBe(Infinity);
  bus = new FakeBus(clock);
  session = await chipFinder(new SharedBuses(() => [bus]), 10).open({ clock, log: silent });
  await session.close();
  await clock.advanceByAsync(0);
  expect(clock.nextAt).toBe(Infinity);
});
