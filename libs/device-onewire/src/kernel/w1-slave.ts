import type { TemperatureSample } from '../bus.js';
import { crc8, familyOf, type RomId } from '../rom-id.js';

/** What stands in a file of a thermometer, or why nothing can be made of it. */
export type Parsed = TemperatureSample | { readonly fault: string };

const BYTES = '((?:[0-9a-f]{2} ){9})';
const TEXT = new RegExp(`^${BYTES}: crc=([0-9a-f]{2}) (YES|NO)\\n${BYTES}t=(-?\\d{1,6})\\n?$`);
/** Whether the memory is of a chip that counts in another way (GX20MH01 above 12 bits, MAX31850). */
const OTHER_SCALE = 0x80;

/**
 * Reads `w1_slave`: the memory of the chip with its check sum, then what the kernel makes of the last memory that was right.
 * Both lines must be whole, agree with each other, and with the check sum. Never throws.
 */
export function parseW1Slave(id: RomId, text: string): Parsed {
  if (text.trim() === '')
    return { fault: 'it has nothing to tell: it measures still, or the kernel cannot read it' };
  const [, first, , verdict, second, t] = TEXT.exec(text) ?? [];
  if (first === undefined || second === undefined || t === undefined) {
    return { fault: 'the text of its reading is torn' };
  }
  const bytes = bytesOf(first);
  if (verdict !== 'YES' || crc8(bytes.subarray(0, 8)) !== bytes[8]) {
    return { fault: 'the check sum of its reading is wrong: its line is disturbed' };
  }
  // Zeros have the check sum 0.
  if (bytes.every((byte) => byte === 0))
    return { fault: 'it reads as zeros alone: the data line may be shorted' };
  if (first !== second) return { fault: 'its reading contradicts itself' };
  const milli = Number(t);
  const ours = milliCelsius(id, bytes);
  if (Number.isNaN(ours)) return { fault: 'its memory is of no measurement' };
  // A number that nothing else confirms may have been cut.
  if (ours === undefined && !text.endsWith('\n')) return { fault: 'the text of its reading is torn' };
  // The kernel leaves out fractions of a thousandth.
  if (ours !== undefined && Math.abs(ours - milli) > 1) return { fault: 'its reading contradicts itself' };
  return { celsius: (ours ?? milli) / 1_000, scratchpad: bytes };
}

/** Reads `temperature`: thousandths of a degree alone. Never throws. */
export function parseTemperature(text: string): Parsed {
  if (text.trim() === '')
    return { fault: 'it has nothing to tell: it measures still, or the kernel cannot read it' };
  if (!/^-?\d{1,6}\n$/.test(text)) return { fault: 'the text of its reading is torn' };
  return { celsius: Number(text) / 1_000 };
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.trim().split(' '), (digits) => Number.parseInt(digits, 16));
}

/** By the data sheets; `undefined` where the chip is another than its family says, NaN where no chip can have that. */
function milliCelsius(id: RomId, bytes: Uint8Array): number | undefined {
  const raw = new DataView(bytes.buffer).getInt16(0, true);
  if (familyOf(id) === '10') {
    const [remain = 0, perDegree = 0] = bytes.subarray(6, 8);
    if (perDegree === 0) return Number.NaN;
    return (raw >> 1) * 1_000 - 250 + ((perDegree - remain) * 1_000) / perDegree;
  }
  return (bytes[4]! & OTHER_SCALE) === 0 ? (raw * 1_000) / 16 : undefined;
}
