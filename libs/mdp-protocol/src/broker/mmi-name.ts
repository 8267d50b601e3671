import type { Frame } from '@raspy/wire';

/** Whether a service name is the broker's own (RFC 8): begins with `mmi.`, byte for byte. */
export function isMmi(name: Frame): boolean {
  return name[0] === 0x6d && name[1] === 0x6d && name[2] === 0x69 && name[3] === 0x2e;
}
