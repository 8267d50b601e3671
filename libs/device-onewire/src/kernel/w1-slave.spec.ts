import fc from 'fast-check';
import { idOf } from '../../test/fake-bus.js';
import { memoryOf, milliOf } from '../../test/simulated-kernel.js';
import { crc8, type RomId } from '../rom-id.js';
import { parseTemperature, parseW1Slave } from './w1-slave.js';

const B20 = idOf('28-0316a2795eff');
const S20 = idOf('10-000802da8f1d');
const GOOD = '4b 01 4b 46 7f ff 05 10 e1 : crc=e1 YES\n4b 01 4b 46 7f ff 05 10 e1 t=20687\n';

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
function textOf(id: RomId, bytes: Uint8Array): string {
  const line = hex(bytes);
  return `${line} : crc=${line.slice(-2)} YES\n${line} t=${milliOf(id, bytes)}\n`;
}

describe('w1_slave', () => {
  it('tells a temperature and the memory it is of', () => {
    expect(parseW1Slave(B20, GOOD)).toEqual({
      celsius: 20.6875,
      scratchpad: Uint8Array.of(0x4b, 1, 0x4b, 0x46, 0x7f, 0xff, 5, 0x10, 0xe1),
    });
    expect(parseW1Slave(B20, GOOD.trimEnd())).toMatchObject({ celsius: 20.6875 });
  });

  it.each([B20, S20])('of %s tells any temperature that it can measure', (id) => {
    fc.assert(
      fc.property(fc.integer({ min: -55 * 16, max: 125 * 16 }), (sixteenths) => {
        const celsius = sixteenths / 16;
        expect(parseW1Slave(id, textOf(id, memoryOf(id, celsius)))).toMatchObject({ celsius });
      }),
    );
  });

  it.each([
    ['nothing', '', 'it has nothing to tell'],
    ['a line that ends early', GOOD.slice(0, 45), 'torn'],
    ['only its first line', `${GOOD.split('\n')[0]}\n`, 'torn'],
    ['a temperature without digits', GOOD.replace('20687', ''), 'torn'],
    ['a check sum that the kernel found wrong', GOOD.replace('YES', 'NO'), 'check sum'],
    ['a check sum that is wrong, whatever the kernel says', GOOD.replaceAll('4b 01', '4c 01'), 'check sum'],
    ['two lines that differ', GOOD.replace('\n4b 01', '\n4b 02'), 'contradicts itself'],
    ['a temperature that its bytes do not have', GOOD.replace('20687', '85000'), 'contradicts itself'],
    ['zeros alone', `${hex(new Uint8Array(9))} : crc=00 YES\n${hex(new Uint8Array(9))} t=0\n`, 'shorted'],
    ['ones alone', `${'ff '.repeat(9)}: crc=c9 NO\n${'ff '.repeat(9)}t=-62\n`, 'check sum'],
  ])('is not to be believed with %s', (_, text, reason) => {
    expect(parseW1Slave(B20, text)).toEqual({ fault: expect.stringContaining(reason) as string });
  });

  it('on a wrong check sum shows the last good reading, which is not taken', () => {
    const text = '8b 01 4b 46 7f ff 05 10 e1 : crc=6b NO\n4b 01 4b 46 7f ff 05 10 e1 t=20687\n';
    expect(parseW1Slave(B20, text)).toHaveProperty('fault');
  });

  it('is taken from the kernel where the chip counts in another way', () => {
    const bytes = Uint8Array.of(0x4b, 1, 0x4b, 0x46, 0xff, 0xff, 5, 0x10, 0);
    bytes[8] = crc8(bytes.subarray(0, 8));
    const line = hex(bytes);
    const text = `${line} : crc=${line.slice(-2)} YES\n${line} t=5171\n`;
    expect(parseW1Slave(B20, text)).toMatchObject({ celsius: 5.171 });
    // Cut, it would be another temperature.
    expect(parseW1Slave(B20, text.slice(0, -2))).toHaveProperty('fault');
  });

  it('of a DS18S20 whose memory no measurement leaves is none', () => {
    const bytes = memoryOf(S20, 20);
    bytes[7] = 0;
    bytes[8] = crc8(bytes.subarray(0, 8));
    expect(parseW1Slave(S20, textOf(S20, bytes))).toEqual({ fault: 'its memory is of no measurement' });
  });

  it('that is cut short anywhere is no reading', () => {
    for (let length = 0; length < GOOD.length - 6; length++) {
      expect(parseW1Slave(B20, GOOD.slice(0, length))).toHaveProperty('fault');
    }
  });

  it('in which a single bit is wrong is no other reading', () => {
    for (let index = 0; index < GOOD.length * 8; index++) {
      const bytes = Buffer.from(GOOD);
      bytes[index >> 3]! ^= 1 << (index & 7);
      const parsed = parseW1Slave(B20, bytes.toString('latin1'));
      if (!('fault' in parsed)) expect(parsed.celsius).toBe(20.6875);
    }
  });

  it('may hold anything', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseW1Slave(B20, text)));
  });
});

describe('temperature', () => {
  it('is in thousandths of a degree', () => {
    expect(parseTemperature('20687\n')).toEqual({ celsius: 20.687 });
    expect(parseTemperature('-125\n')).toEqual({ celsius: -0.125 });
  });

  it.each(['', '\n', '2068', '20.5', '20687 ', '0x10', '-', '99999999'])('is not %p', (text) => {
    expect(parseTemperature(text)).toHaveProperty('fault');
  });
});
