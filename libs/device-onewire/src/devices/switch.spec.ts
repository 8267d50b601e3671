import { idOf } from '../../test/fake-bus.js';
import { Rig } from '../../test/rig.js';
import { BusError } from '../bus.js';

const DS2413 = idOf('3a-0000001a2b3c');
const DS2408 = idOf('29-0000001a2b3c');
const DS2405 = idOf('05-0000001a2b3c');

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
  for (const property of ['PIO.A', 'PIO.B', 'sensed.A', 'sensed.B'])
    rig.bus.properties.set(`${DS2413}/${property}`, ['0']);
});
afterEach(() => rig.end());

const add = (name: string, id: string, config: Record<string, unknown> = {}) =>
  rig.add({ name, oid: 'actuator.switch', config: { id, ...config } });

it('is driven to off when it is opened, and tells what the chip says of itself', async () => {
  rig.bus.properties.set(`${DS2413}/PIO.A`, ['1']);
  await add('lamp', DS2413, { channel: 'A' });
  expect(rig.bus.written).toEqual([`${DS2413}/PIO.A=0`]);
  expect(rig.shown('lamp', 'on')).toBe('false good');
  expect(rig.shown('lamp', 'pin')).toBe('false good');
});

it('is switched', async () => {
  await add('lamp', DS2413, { channel: 'B' });
  await rig.host.execute('lamp', 'set', { on: true });
  expect(rig.bus.written.at(-1)).toBe(`${DS2413}/PIO.B=1`);
  expect(rig.shown('lamp', 'on')).toBe('true good');
});

it('may be inverted', async () => {
  await add('lamp', DS2413, { channel: 'A', inverted: true });
  expect(rig.bus.written).toEqual([`${DS2413}/PIO.A=1`]);
  expect(rig.shown('lamp', 'on')).toBe('false good');
  await rig.host.execute('lamp', 'set', { on: true });
  expect(rig.bus.written.at(-1)).toBe(`${DS2413}/PIO.A=0`);
  expect(rig.shown('lamp', 'on')).toBe('true good');
});

it.each([
  [
    'that the chip does not have',
    DS2408,
    'A',
    '29-0000001a2b3c is a DS2408 switch: give "channel" as one of 0, 1, 2, 3, 4, 5, 6, 7',
  ],
  ['that is missing', DS2413, undefined, '3a-0000001a2b3c is a DS2413 switch: give "channel" as one of A, B'],
  ['of a chip that has only one', DS2405, '0', '05-0000001a2b3c is a DS2405 switch: leave "channel" out'],
  [
    'of what is no switch',
    idOf('28-0316a2795eff'),
    'A',
    '28-0316a2795eff is a DS18B20 thermometer, which is no switch',
  ],
])('says what is wrong with a channel %s', async (_, id, channel, reason) => {
  await add('lamp', id, channel === undefined ? {} : { channel });
  expect(rig.host.list()[0]).toMatchObject({ state: 'failed', reason });
});

it('has the only output of a DS2405', async () => {
  for (const property of ['PIO', 'sensed']) rig.bus.properties.set(`${DS2405}/${property}`, ['0']);
  await add('lamp', DS2405);
  expect(rig.bus.written).toEqual([`${DS2405}/PIO=0`]);
});

it('has its output alone, until it is gone', async () => {
  await add('lamp', DS2413, { channel: 'A' });
  await add('other', DS2413, { channel: 'A' });
  await add('third', DS2413, { channel: 'B' });
  const states = () =>
    rig.host.list().map(({ name, state, reason }) => `${name} ${state} ${reason ?? ''}`.trim());
  expect(states()).toEqual([
    'lamp open',
    'other failed 3a-0000001a2b3c.A is driven by the device "lamp" already',
    'third open',
  ]);
  await rig.host.remove('lamp');
  await rig.clock.advanceByAsync(60_000);
  expect(states()).toEqual(['other open', 'third open']);
});

it('is bad while the chip does not answer, or says what cannot be', async () => {
  await add('lamp', DS2413, { channel: 'A' });
  rig.bus.properties.set(`${DS2413}/PIO.A`, ['maybe']);
  rig.bus.properties.set(`${DS2413}/sensed.A`, [new BusError('TIMEOUT', 'no answer within 5 s')]);
  await rig.nextPoll();
  expect(rig.shown('lamp', 'on')).toBe('false bad: PIO.A is "maybe", which cannot be');
  expect(rig.shown('lamp', 'pin')).toBe('false bad: no answer within 5 s');
});

it('asks again when what came was torn', async () => {
  await add('lamp', DS2413, { channel: 'A' });
  rig.bus.properties.set(`${DS2413}/sensed.A`, [new BusError('GARBLED', 'torn'), '1']);
  await rig.nextPoll();
  expect(rig.shown('lamp', 'pin')).toBe('true good');
});
