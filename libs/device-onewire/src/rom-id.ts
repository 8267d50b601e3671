/** Identity of a 1-Wire chip as the Linux kernel writes it: family code, `-`, twelve digits, all hexadecimal in small letters. */
export type RomId = string & { readonly __romId: never };

const KERNEL = /^([0-9a-f]{2})-([0-9a-f]{12})$/;
/** As owserver writes it, in any of its forms: with or without the points, with or without the check sum. */
const OWSERVER = /^([0-9A-F]{2})\.?([0-9A-F]{12})(?:\.?([0-9A-F]{2}))?$/i;

/**
 * Reads an identity as the kernel writes it (`28-0316a2795eff`) or as owserver does (`28.FF5E79A21603`), which has the six
 * bytes in the opposite order.
 * @returns `undefined` when it is none, or its check sum is wrong
 */
export function parseRomId(text: string): RomId | undefined {
  if (KERNEL.test(text)) return text as RomId;
  const [, family, serial, sum] = OWSERVER.exec(text) ?? [];
  if (family === undefined || serial === undefined) return undefined;
  const id = `${family}-${reversed(serial)}`.toLowerCase() as RomId;
  return sum === undefined || Number.parseInt(sum, 16) === checkSum(id) ? id : undefined;
}

/** The form that owserver wants: `28.FF5E79A21603`. */
export function owserverName(id: RomId): string {
  const [family = '', serial = ''] = id.split('-');
  return `${family}.${reversed(serial)}`.toUpperCase();
}

/** Family code of a chip, two hexadecimal digits in small letters. */
export function familyOf(id: RomId): string {
  return id.slice(0, 2);
}

/** The eighth byte of a chip's identity, which neither the kernel nor owserver shows by itself. */
export function checkSum(id: RomId): number {
  const [family = '', serial = ''] = id.split('-');
  return crc8(Buffer.from(family + reversed(serial), 'hex'));
}

/** The check sum that 1-Wire chips use: x⁸ + x⁵ + x⁴ + 1, least significant bit first, beginning with 0. */
export function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
  }
  return crc;
}

function reversed(serial: string): string {
  return serial.match(/../g)!.reverse().join('');
}
