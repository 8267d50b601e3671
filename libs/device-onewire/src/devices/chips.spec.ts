import { idOf } from '../../test/fake-bus.js';
import { Rig } from '../../test/rig.js';
import { parseBit, parseCount, parseDecimal } from './property-session.js';

let rig: Rig;

beforeEach(() => (rig = new Rig()));
afterEach(() => rig.end());

function has(id: string, properties: Record<string, string>): void {
  for (const [name, text] of Object.entries(properties))
    rig.bus.properties.set(`${idOf(id)}/${name}`, [text]);
}

it('reads a battery monitor; what it does not tell leaves the rest alone', async () => {
  has('26-000000000001', { temperature: '     21.5', VDD: '4.98', VAD: '2.5' });
  await rig.add({ name: 'battery', oid: 'onewire.battery', config: { id: '26-000000000001' } });
  expect(rig.host.get('battery')).toMatchObject({
    temperature: { value: 21.5, unit: '°C', quality: 'good' },
    supply: { value: 4.98, unit: 'V' },
    input: { value: 2.5 },
    shunt: { quality: 'bad', reason: 'it is not on the bus: nobody answers' },
  });
});

it.each([
  [{}, 'humidity'],
  [{ sensor: 'HIH4000' }, 'HIH4000/humidity'],
])('reads humidity as %p', async (config, property) => {
  has('26-000000000001', { [property]: '55.25' });
  await rig.add({ name: 'air', oid: 'sensor.humidity', config: { id: '26-000000000001', ...config } });
  expect(rig.shown('air', 'humidity')).toBe('55.25 good');
});

it.each([
  [{}, 'volt'],
  [{ range: '2.56' }, 'volt2'],
])('reads an A/D converter as %p', async (config, property) => {
  has(
    '20-000000000001',
    Object.fromEntries(['A', 'B', 'C', 'D'].map((input, i) => [`${property}.${input}`, `${i}.5`])),
  );
  await rig.add({ name: 'adc', oid: 'onewire.adc', config: { id: '20-000000000001', ...config } });
  expect(rig.host.get('adc')).toMatchObject({
    a: { value: 0.5 },
    b: { value: 1.5 },
    c: { value: 2.5 },
    d: { value: 3.5 },
  });
});

it('reads counters', async () => {
  has('1d-000000000001', { 'counters.A': '        32', 'counters.B': '-1' });
  await rig.add({ name: 'rain', oid: 'onewire.counter', config: { id: '1d-000000000001' } });
  expect(rig.shown('rain', 'a')).toBe('32 good');
  expect(rig.shown('rain', 'b')).toBe('null bad: counters.B is "-1", which cannot be');
});

it.each([
  [false, '0', true],
  [false, '1', false],
  [true, '1', true],
])('reads a contact (inverted: %p, pin %s)', async (inverted, pin, closed) => {
  has('3a-000000000001', { 'sensed.A': pin });
  const config = { id: '3a-000000000001', channel: 'A', inverted };
  await rig.add({ name: 'door', oid: 'sensor.contact', config });
  expect(rig.shown('door', 'closed')).toBe(`${closed} good`);
});

it('sees whether any other chip is there', async () => {
  rig.bus.chips = [{ id: idOf('01-000000000001') }];
  await rig.add({ name: 'key', oid: 'onewire.chip', config: { id: '01-000000000001' } });
  expect(rig.shown('key', 'present')).toBe('true good');
  expect(rig.shown('key', 'family')).toBe('DS2401 serial number good');
  rig.bus.chips = [];
  await rig.clock.advanceByAsync(31_000);
  expect(rig.shown('key', 'present')).toBe('false good');
});

it('takes nothing for a number that is none', () => {
  for (const text of ['', ' ', 'nan', '1e9', '0x10', '1,5', '--1', '1 2', 'Infinity']) {
    expect(parseDecimal(text)).toBeUndefined();
    expect(parseCount(text)).toBeUndefined();
    expect(parseBit(text)).toBeUndefined();
  }
  expect(parseDecimal('   -0.0625 ')).toBe(-0.0625);
  expect(parseCount(' 4294967295')).toBe(4_294_967_295);
});
