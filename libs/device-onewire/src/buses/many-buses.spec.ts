import { VirtualClock } from '@raspy/clock';
import { FakeBus, idOf } from '../../test/fake-bus.js';
import { BusError } from '../bus.js';
import { ManyBuses } from './many-buses.js';

const A = idOf('28-00000000000a');
const B = idOf('28-00000000000b');

let clock: VirtualClock;
let one: FakeBus;
let other: FakeBus;
let logged: string[];
let both: ManyBuses;

beforeEach(() => {
  clock = new VirtualClock();
  one = new FakeBus(clock);
  other = new FakeBus(clock);
  logged = [];
  const log = {
    debug: () => undefined,
    info: (message: string) => void logged.push(message),
    warn: (message: string, fields?: Readonly<Record<string, unknown>>) =>
      void logged.push(`${message}: ${String(fields?.['reason'])}`),
    error: () => undefined,
  };
  one.chips = [{ id: B }];
  other.chips = [{ id: A }];
  both = new ManyBuses({ buses: [one, other], clock, log });
});

it('has the chips of all, sorted', async () => {
  expect(await both.scan()).toEqual([{ id: A }, { id: B }]);
  expect(both.where).toBe('a fake bus and a fake bus');
});

it('asks the bus where a chip was seen, looking first if nobody has', async () => {
  other.samples.set(A, [{ celsius: 20 }]);
  other.status.set(A, { resolution: 12 });
  other.properties.set(`${A}/PIO`, ['0']);
  const reading = both.temperature(A);
  await clock.advanceByAsync(1_000);
  expect(await reading).toEqual({ celsius: 20 });
  expect(await both.thermometer(A)).toEqual({ resolution: 12 });
  await both.adjust(A, { resolution: 9 });
  await both.write(A, 'PIO', '1');
  expect(await both.read(A, 'PIO')).toBe('1');
  expect(other.written).toHaveLength(2);
  expect([one.scans, other.scans]).toEqual([1, 1]);
});

it('knows what is on none of them', async () => {
  await expect(both.temperature(idOf('28-0000000000ff'))).rejects.toMatchObject({ code: 'ABSENT' });
});

it('lets each bus convert its own; what one calls its conversion is not the same of another', async () => {
  await both.scan();
  const converting = both.convert([A, B]);
  await clock.advanceByAsync(1_000);
  const conversions = await converting;
  expect([...conversions.keys()].sort()).toEqual([A, B]);
  expect(new Set(conversions.values()).size).toBe(2);
  expect([one.conversions, other.conversions]).toEqual([[[B]], [[A]]]);
});

it('goes on with those that can be searched, and says once which cannot', async () => {
  one.chips = new BusError('UNREACHABLE', 'no server');
  expect(await both.scan()).toEqual([{ id: A }]);
  await both.scan();
  one.chips = [];
  await both.scan();
  expect(logged).toEqual([
    'a 1-Wire bus cannot be searched: no server',
    'a 1-Wire bus can be searched again',
  ]);
});

it('cannot be searched when none can', async () => {
  one.chips = other.chips = new BusError('UNREACHABLE', 'no server');
  await expect(both.scan()).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

it('closes all', async () => {
  await both.close();
  expect([one.closed, other.closed]).toEqual([true, true]);
});
