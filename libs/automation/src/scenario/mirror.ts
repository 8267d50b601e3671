import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { Entry } from './definition.js';
import { durationMs } from './duration.js';
import type { HomePort, HomeReading } from './ports.js';

type Read = Extract<Entry, { readonly kind: 'value' | 'variable' }>;

/** What the entries of a scenario read, judged by what they are declared to be; tells each change. */
export class Mirror {
  readonly #clock: Clock;
  readonly #changed: (entry: string, reading: HomeReading | undefined) => void;
  readonly #readings = new Map<string, HomeReading>();
  readonly #ageing = new Map<string, Cancel>();
  readonly #cancels: Cancel[] = [];

  constructor(clock: Clock, changed: (entry: string, reading: HomeReading | undefined) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** The latest by entry. */
  get readings(): ReadonlyMap<string, HomeReading> {
    return this.#readings;
  }

  open(entries: Readonly<Record<string, Entry>>, home: HomePort): void {
    for (const [name, entry] of Object.entries(entries)) {
      if ((entry.kind !== 'value' && entry.kind !== 'variable') || entry.key === undefined) continue;
      this.#cancels.push(home.watch(entry.key, (reading) => this.#take(name, entry, reading)));
    }
  }

  close(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    for (const cancel of this.#ageing.values()) cancel();
    this.#ageing.clear();
    this.#readings.clear();
  }

  #take(name: string, entry: Read, told: HomeReading | undefined): void {
    this.#ageing.get(name)?.();
    this.#ageing.delete(name);
    if (told === undefined) {
      this.#readings.delete(name);
      this.#changed(name, undefined);
      return;
    }
    const reading = judged(entry, told);
    this.#readings.set(name, reading);
    const maxAgeMs = durationMs(entry.maxAge);
    if (maxAgeMs !== undefined && reading.quality === 'good') this.#age(name, reading, maxAgeMs);
    this.#changed(name, reading);
  }

  /** On monotonic time, from when it was heard: the wall clock may step. */
  #age(name: string, reading: HomeReading, maxAgeMs: Millis): void {
    const stale = (): void => {
      this.#ageing.delete(name);
      const old: HomeReading = {
        ...reading,
        quality: 'stale',
        reason: `nothing came for ${maxAgeMs / 1000} s`,
      };
      this.#readings.set(name, old);
      this.#changed(name, old);
    };
    this.#ageing.set(name, this.#clock.schedule(this.#clock.now() + maxAgeMs, stale));
  }
}

/** Longest value that is passed on, as JSON: what is longer would end every program that looks at it. */
const MAX_VALUE_LENGTH = 16_384;

function judged({ type, unit }: Read, reading: HomeReading): HomeReading {
  if (typeof reading.value !== 'number' && JSON.stringify(reading.value).length > MAX_VALUE_LENGTH) {
    return { ...reading, value: null, quality: 'bad', reason: 'it is too long' };
  }
  if (reading.quality !== 'good') return reading;
  if (reading.restored === true)
    return { ...reading, quality: 'stale', reason: 'it is from before a restart' };
  const is = typeof reading.value;
  const expected = type === 'text' ? 'string' : type;
  if (expected !== 'any' && (is !== expected || (is === 'number' && !Number.isFinite(reading.value)))) {
    return { ...reading, quality: 'bad', reason: `it is no ${type}` };
  }
  // A number in another unit is another number: 77 °F must not pass for 77 °C.
  if (unit !== undefined && reading.unit !== undefined && reading.unit !== unit) {
    return { ...reading, quality: 'bad', reason: `it is in ${reading.unit}, not in ${unit}` };
  }
  return reading;
}
