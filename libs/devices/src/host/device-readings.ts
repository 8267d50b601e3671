import type { Cancel, Clock } from '@raspy/clock';
import { parse } from '../describe.js';
import { readableValues, type DeviceType } from '../device-type.js';
import { isUnit } from '../type-mistakes.js';
import { errorText } from '../error-text.js';
import type { Reading } from '../reading.js';
import { calibrated, type Calibration } from './calibration.js';
import { ValueJudge, type Judgement } from './value-judge.js';

/** The latest reading of each value of one device: judges what comes and lets it age. */
export class DeviceReadings {
  readonly #type: DeviceType;
  readonly #clock: Clock;
  readonly #changed: (value: string, reading: Reading) => void;
  readonly #latest = new Map<string, Reading>();
  readonly #judges = new Map<string, ValueJudge>();
  #calibrations: Readonly<Record<string, Calibration>> = {};
  /** Monotonic instant at which a value is stale, and the timer that looks; one timer a value, moved lazily. */
  readonly #ageing = new Map<string, { staleAt: number; cancel: Cancel }>();
  #units: Readonly<Record<string, string | undefined>> = {};

  constructor(type: DeviceType, clock: Clock, changed: (value: string, reading: Reading) => void) {
    this.#type = type;
    this.#clock = clock;
    this.#changed = changed;
    const at = clock.wallNow();
    for (const name of readableValues(type)) {
      this.#judges.set(name, new ValueJudge(type.values[name]!));
      this.#latest.set(name, this.#reading(name, null, at, { quality: 'bad', reason: 'no reading yet' }));
    }
  }

  names(): string[] {
    return [...this.#latest.keys()];
  }

  get(name: string): Reading | undefined {
    return this.#latest.get(name);
  }

  all(): Record<string, Reading> {
    return Object.fromEntries(this.#latest);
  }

  /** From the next reading on, by value; the checks are made on what the device says, before it is calibrated. */
  calibrate(calibrations: Readonly<Record<string, Calibration>>): void {
    this.#calibrations = calibrations;
  }

  /** A session begins: its units hold from now on (what is no unit is passed over), and its first readings are awaited. */
  begin(units: Readonly<Record<string, string | undefined>> = {}): void {
    this.#units = units;
    for (const judge of this.#judges.values()) judge.begin();
    for (const name of this.#latest.keys()) this.#doubt(name, { quality: 'bad', reason: 'no reading yet' });
  }

  /**
   * Takes what a session emitted, which may be anything.
   * @returns what is wrong with it when it cannot be assigned to a value of this device
   */
  take(update: unknown): string | undefined {
    const { name, value, at, suspect, bad } = (update ?? {}) as Partial<Record<string, unknown>>;
    const definition =
      typeof name === 'string' && this.#latest.has(name) ? this.#type.values[name] : undefined;
    if (definition === undefined) return `the type has no value ${shown(name)}`;
    const key = name as string;
    if (bad !== undefined) {
      this.#spoil(key, errorText(bad));
      return undefined;
    }
    const parsed = parse(definition.schema, value);
    if (parsed.mistakes !== undefined) {
      const { path, message } = parsed.mistakes[0]!;
      this.#spoil(key, `the driver sent a wrong value: ${path === '' ? '' : `${path}: `}${message}`);
      return undefined;
    }
    const judgement: Judgement =
      suspect === undefined
        ? this.#judges.get(key)!.judge(this.#clock.now(), parsed.data)
        : { quality: 'suspect', reason: errorText(suspect) };
    const measuredAt = typeof at === 'number' && Number.isFinite(at) ? at : this.#clock.wallNow();
    const calibration = this.#calibrations[key];
    if (calibration === undefined || typeof parsed.data !== 'number') {
      this.#set(key, this.#reading(key, parsed.data, measuredAt, judgement));
    } else {
      const reading = this.#reading(key, calibrated(calibration, parsed.data), measuredAt, judgement);
      this.#set(key, { ...reading, raw: parsed.data });
    }
    if (definition.staleAfterMs !== undefined) this.#age(key, definition.staleAfterMs);
    return undefined;
  }

  /** Marks all readings bad: the device can no longer be asked, or its state is unknown. */
  spoil(reason: string): void {
    for (const name of this.#latest.keys()) this.#spoil(name, reason);
  }

  /** Ends all timers. */
  close(): void {
    for (const { cancel } of this.#ageing.values()) cancel();
    this.#ageing.clear();
  }

  #spoil(name: string, reason: string): void {
    const { quality, reason: before } = this.#latest.get(name)!;
    // A failure that lasts is told once, not at each poll.
    if (quality === 'bad' && before === reason) return;
    this.#doubt(name, { quality: 'bad', reason });
  }

  #age(name: string, staleAfterMs: number): void {
    const staleAt = this.#clock.now() + staleAfterMs;
    const ageing = this.#ageing.get(name);
    if (ageing === undefined) this.#ageing.set(name, { staleAt, cancel: this.#lookAt(name, staleAt) });
    else ageing.staleAt = staleAt;
  }

  #lookAt(name: string, instant: number): Cancel {
    return this.#clock.schedule(instant, () => {
      const ageing = this.#ageing.get(name)!;
      if (ageing.staleAt > this.#clock.now()) {
        ageing.cancel = this.#lookAt(name, ageing.staleAt);
        return;
      }
      this.#ageing.delete(name);
      if (this.#latest.get(name)!.quality === 'bad') return;
      this.#doubt(name, {
        quality: 'stale',
        reason: `nothing new for ${this.#type.values[name]!.staleAfterMs!} ms`,
      });
    });
  }

  /** What was known stays, with another quality. */
  #doubt(name: string, judgement: Judgement): void {
    const { value, at, raw } = this.#latest.get(name)!;
    const reading = this.#reading(name, value, at, judgement);
    this.#set(name, raw === undefined ? reading : { ...reading, raw });
  }

  #set(name: string, reading: Reading): void {
    this.#latest.set(name, reading);
    this.#changed(name, reading);
  }

  #reading(name: string, value: unknown, at: number, judgement: Judgement): Reading {
    const own = this.#units[name];
    const unit = isUnit(own) ? own : this.#type.values[name]!.unit;
    return { value, ...(unit !== undefined && { unit }), at, ...judgement };
  }
}

function shown(name: unknown): string {
  return typeof name === 'string' ? `"${name.slice(0, 64)}"` : 'without a name';
}
