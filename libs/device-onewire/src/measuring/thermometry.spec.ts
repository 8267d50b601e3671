import { VirtualClock } from '@raspy/clock';
import { FakeBus, idOf } from '../../test/fake-bus.js';
import { BusError } from '../bus.js';
import { NotBelievedError, Thermometry } from './thermometry.js';

const A = idOf('28-00000000000a');
const B = idOf('28-00000000000b');
const C = idOf('28-00000000000c');

let clock: VirtualClock;
let bus: FakeBus;
let thermometry: Thermometry;

beforeEach(() => {
  clock = new VirtualClock();
  bus = new FakeBus(clock);
  thermometry = new Thermometry({ bus, clock });
});
afterEach(() => thermometry.close());

const celsius = (...values: number[]) => values.map((value) => ({ celsius: value }));

/** What came of a measurement, and after how many milliseconds. */
async function outcome(measured: Promise<number>): Promise<unknown> {
  let came: unknown;
  const began = clock.now();
  measured.then(
    (value) => (came = { value, after: clock.now() - began }),
    (error: unknown) => (came = { error, after: clock.now() - began }),
  );
  for (let i = 0; came === undefined && i < 600; i++) await clock.advanceByAsync(100);
  return came;
}

it('measures those who ask at about the same time together', async () => {
  for (const id of [A, B, C]) bus.samples.set(id, celsius(20, 21));
  const outcomes = [A, B, C].map((id) => outcome(thermometry.measure(id)));
  // Once to know what was there before, once to know what is.
  for (const one of outcomes) expect(await one).toEqual({ value: 21, after: 1_550 });
  expect(bus.conversions).toEqual([
    [A, B, C],
    [A, B, C],
  ]);
});

it('takes one conversion when they have been used before', async () => {
  for (const id of [A, B, C]) bus.samples.set(id, celsius(20, 21, 22));
  await Promise.all([A, B, C].map((id) => outcome(thermometry.measure(id))));
  bus.samples.set(C, celsius(21));
  bus.conversions.length = 0;
  const outcomes = [A, B, C].map((id) => outcome(thermometry.measure(id)));
  expect(await Promise.all(outcomes)).toMatchObject([{ value: 22 }, { value: 22 }, { value: 21 }]);
  expect(bus.conversions).toEqual([[A, B, C]]);
});

it('gives those who ask while it is being measured the same', async () => {
  bus.samples.set(A, celsius(20, 21));
  const first = thermometry.measure(A);
  await clock.advanceByAsync(60);
  expect(thermometry.measure(A)).toBe(first);
  expect(await outcome(first)).toMatchObject({ value: 21 });
});

it('measures when they are read those that the back end cannot measure together', async () => {
  bus.conversionOf = () => undefined;
  for (const id of [A, B]) bus.samples.set(id, celsius(20, 21));
  expect(await outcome(thermometry.measure(A))).toMatchObject({ value: 21 });
});

it('leaves alone what the others hold when one alone is asked for', async () => {
  for (const id of [A, B]) bus.samples.set(id, celsius(20, 21, 22, 23));
  await Promise.all([A, B].map((id) => outcome(thermometry.measure(id))));
  bus.conversions.length = 0;
  await outcome(thermometry.measure(A));
  expect(bus.conversions).toEqual([]);
});

it('does not trust what was measured with others and read by nobody', async () => {
  for (const id of [A, B, C]) bus.samples.set(id, celsius(20, 21, 22, 23));
  await Promise.all([A, B, C].map((id) => outcome(thermometry.measure(id))));
  await Promise.all([A, B].map((id) => outcome(thermometry.measure(id))));
  // What C holds may be of that moment.
  bus.samples.set(C, celsius(22, 23));
  expect(await outcome(thermometry.measure(C))).toMatchObject({ value: 23 });
});

it('measures all the same when they cannot be told to measure together', async () => {
  for (const id of [A, B]) bus.samples.set(id, celsius(20, 21));
  void thermometry.measure(B);
  bus.convert = () => Promise.reject(new BusError('REFUSED', 'no'));
  expect(await outcome(thermometry.measure(A))).toMatchObject({ value: 21 });
});

it('asks again when what came is torn, and tells of it', async () => {
  const torn = new BusError('GARBLED', 'the check sum is wrong');
  bus.samples.set(A, [{ celsius: 20 }, torn, { celsius: 21 }]);
  let discarded = 0;
  expect(await outcome(thermometry.measure(A, () => discarded++))).toMatchObject({ value: 21 });
  expect(discarded).toBe(1);
});

it('does not try at once again what failed at once', async () => {
  bus.conversionMs = 0;
  const busy = new BusError('GARBLED', 'it measures still');
  bus.samples.set(A, [busy, busy, { celsius: 20 }, { celsius: 21 }]);
  expect(await outcome(thermometry.measure(A))).toEqual({ value: 21, after: 650 });
});

it('gives up what is never to be believed, with the reason', async () => {
  bus.samples.set(A, celsius(20, 127.94));
  bus.samples.set(B, celsius(20, 21));
  let discarded = 0;
  const failing = outcome(thermometry.measure(A, () => discarded++));
  expect(await outcome(thermometry.measure(B))).toMatchObject({ value: 21 });
  const { error } = (await failing) as { error: NotBelievedError };
  expect(error).toBeInstanceOf(NotBelievedError);
  expect(error).toMatchObject({ code: 'NOT_BELIEVED', message: 'too little power to measure (127.94 °C)' });
  expect(discarded).toBe(4);
});

it('asks one that does not answer a second time, and begins anew when it is back', async () => {
  bus.samples.set(A, celsius(20, 21));
  await outcome(thermometry.measure(A));
  bus.samples.delete(A);
  bus.reads.length = 0;
  expect(await outcome(thermometry.measure(A))).toMatchObject({ error: { code: 'ABSENT' } });
  expect(bus.reads).toHaveLength(2);
  // What it holds now may have been measured anywhere.
  bus.samples.set(A, celsius(30, 31));
  expect(await outcome(thermometry.measure(A))).toMatchObject({ value: 31 });
});

it('does not ask again when the bus itself cannot be had', async () => {
  bus.samples.set(A, [new BusError('UNREACHABLE', 'no folder')]);
  expect(await outcome(thermometry.measure(A))).toMatchObject({ error: { code: 'UNREACHABLE' } });
  expect(bus.reads).toHaveLength(1);
});

it('tells whoever waits when it is closed, and leaves no timer', async () => {
  bus.samples.set(A, celsius(20, 21));
  const waiting = outcome(thermometry.measure(A));
  thermometry.close();
  expect(await waiting).toMatchObject({ error: { code: 'CLOSED' } });
  expect(clock.nextAt).toBe(Infinity);
  await expect(thermometry.measure(B)).rejects.toMatchObject({ code: 'CLOSED' });
});
