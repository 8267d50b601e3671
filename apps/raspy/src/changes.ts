import type { Reading } from '@raspy/devices';
import { printable } from '@raspy/runtime/cli';
import { fullName, qualityText, readingText, type FoundDevice } from './devices.js';

/** A reading that a person would see as another one. */
export interface ReadingChange {
  /** Full name of the device. */
  readonly device: string;
  readonly value: string;
  readonly reading: Reading;
  /** As it is shown. */
  readonly text: string;
}

/** The readings that look different from what `known` holds, which is brought up to date. */
export function changedReadings(found: readonly FoundDevice[], known: Map<string, string>): ReadingChange[] {
  const changes: ReadingChange[] = [];
  for (const one of found) {
    const device = fullName(one);
    for (const [value, reading] of Object.entries(one.device.values)) {
      const quality = reading.quality === 'good' ? '' : ` (${qualityText(reading)})`;
      const text = printable(readingText(reading) + quality);
      const key = `${device} ${value}`;
      if (known.get(key) === text) continue;
      known.set(key, text);
      changes.push({ device, value, reading, text });
    }
  }
  return changes;
}
