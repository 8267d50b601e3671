import fc from 'fast-check';
import { checkSum, crc8, familyOf, owserverName, parseRomId } from './rom-id.js';

describe('an identity', () => {
  it('is one on both back ends: owserver has the six bytes in the opposite order', () => {
    const id = parseRomId('28-0316a2795eff')!;
    expect(owserverName(id)).toBe('28.FF5E79A21603');
    expect(parseRomId('28.FF5E79A21603')).toBe(id);
    expect(parseRomId('28FF5E79A21603')).toBe(id);
    expect(familyOf(id)).toBe('28');
  });

  it('comes with a check sum in some forms, which must be right', () => {
    const id = parseRomId('10.67C6697351FF')!;
    expect(id).toBe('10-ff517369c667');
    expect(checkSum(id)).toBe(0x8d);
    for (const text of ['10.67C6697351FF.8D', '10.67C6697351FF8D', '1067C6697351FF8D']) {
      expect(parseRomId(text)).toBe(id);
    }
    expect(parseRomId('10.67C6697351FF.8E')).toBeUndefined();
  });

  it.each([
    '',
    'w1_bus_master1',
    '28-0316A2795EFF',
    '28-0316a2795ef',
    '28-0316a2795eff0',
    'bus.0',
    '28.FF5E79A2160',
  ])('is not %p', (text) => {
    expect(parseRomId(text)).toBeUndefined();
  });

  it('survives the way to owserver and back', () => {
    const digits = fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{12}$/);
    fc.assert(
      fc.property(digits, (text) => {
        const id = parseRomId(text)!;
        const sum = checkSum(id).toString(16).padStart(2, '0');
        expect(parseRomId(owserverName(id))).toBe(id);
        expect(parseRomId(`${owserverName(id)}.${sum}`)).toBe(id);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseRomId(text)));
  });
});

it('sums up a scratchpad as its chip does', () => {
  expect(crc8(Buffer.from('4b014b467fff0510', 'hex'))).toBe(0xe1);
  expect(crc8(Buffer.from('50054b467fff0c10', 'hex'))).toBe(0x1c);
});
