import { familyOf, type RomId } from './rom-id.js';

/** What a chip is good for. */
export type ChipKind = 'thermometer' | 'switch' | 'battery monitor' | 'A/D converter' | 'counter' | 'other';

/** A family of chips, by the first byte of their identity. */
export interface Family {
  /** Names of the chips, for people. */
  readonly title: string;
  readonly kind: ChipKind;
  /** Names of the outputs of a switch, as owserver has them; none for the only one of a chip. */
  readonly channels?: readonly string[];
}

const FAMILIES: Readonly<Record<string, Family>> = {
  '01': { title: 'DS2401 serial number', kind: 'other' },
  '05': { title: 'DS2405 switch', kind: 'switch', channels: [''] },
  '10': { title: 'DS18S20 thermometer', kind: 'thermometer' },
  '12': { title: 'DS2406 switch', kind: 'other' },
  '1d': { title: 'DS2423 counter', kind: 'counter' },
  '1f': { title: 'DS2409 coupler', kind: 'other' },
  '20': { title: 'DS2450 A/D converter', kind: 'A/D converter' },
  '22': { title: 'DS1822 thermometer', kind: 'thermometer' },
  '26': { title: 'DS2438 battery monitor', kind: 'battery monitor' },
  '28': { title: 'DS18B20 thermometer', kind: 'thermometer' },
  '29': {
    title: 'DS2408 switch',
    kind: 'switch',
    channels: ['0', '1', '2', '3', '4', '5', '6', '7'],
  },
  a6: { title: 'DS2438 battery monitor', kind: 'battery monitor' },
  '3a': { title: 'DS2413 switch', kind: 'switch', channels: ['A', 'B'] },
  '3b': { title: 'DS1825 thermometer', kind: 'thermometer' },
  '42': { title: 'DS28EA00 thermometer', kind: 'thermometer' },
};

/** Never `undefined`: what nobody knows is a chip all the same. */
export function familyOfChip(id: RomId): Family {
  const code = familyOf(id);
  return FAMILIES[code] ?? { title: `chip of the unknown family ${code}`, kind: 'other' };
}
