import type { Reading } from '../reading.js';
import type { Known } from './conditions.js';
import type { OutputState } from './output-state.js';

/** What the machine has to know of a reading. */
export type WatchedReading = Pick<Reading, 'value' | 'quality' | 'reason'>;

/** The latest readings that something depends on. */
export class WatchedValues {
  /** `undefined`: it is watched, and no reading has come. */
  #latest = new Map<string, Known | undefined>();

  /** What the conditions of these outputs name is watched, and the outputs themselves; all else is forgotten. */
  watch(outputs: Iterable<OutputState>): void {
    const latest = new Map<string, Known | undefined>();
    for (const { device, rules } of outputs) {
      for (const { device: other, value } of [{ device, value: rules.output }, ...rules.conditions]) {
        latest.set(key(other, value), this.#latest.get(key(other, value)));
      }
    }
    this.#latest = latest;
  }

  /** @returns whether something depends on it */
  take(device: string, value: string, { value: what, quality, reason }: WatchedReading): boolean {
    if (!this.#latest.has(key(device, value))) return false;
    const isKnown = quality === 'good' && what !== null && what !== undefined;
    const why = `is ${quality === 'good' ? 'empty' : quality}${reason === undefined ? '' : ` (${reason})`}`;
    this.#latest.set(key(device, value), isKnown ? { known: true, value: what } : { known: false, why });
    return true;
  }

  get(device: string, value: string): Known | undefined {
    return this.#latest.get(key(device, value));
  }
}

function key(device: string, value: string): string {
  return `${device} ${value}`;
}
