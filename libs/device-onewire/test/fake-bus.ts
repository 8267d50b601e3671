import type { DriverContext } from '@raspy/devices';
import {
  BusError,
  type ChipOnBus,
  type OnewireBus,
  type TemperatureSample,
  type ThermometerSettings,
  type ThermometerStatus,
} from '../src/bus.js';
import { parseRomId, type RomId } from '../src/rom-id.js';

/** An identity that is one. */
export function idOf(text: string): RomId {
  return parseRomId(text)!;
}

/** What a chip answers: a value, or the error that it throws. */
type Answer<T> = T | BusError;

/** A bus of chips in memory: what they answer is set by the test. */
export class FakeBus implements OnewireBus {
  readonly where = 'a fake bus';
  /** Milliseconds that a conversion takes. */
  conversionMs = 750;
  /** Name of the conversion that a chip shares; without one it measures when it is read. */
  conversionOf: (id: RomId) => string | undefined = () => 'all';
  /** Answers of thermometers, the next one first; the last one stays. */
  readonly samples = new Map<RomId, Answer<TemperatureSample>[]>();
  readonly status = new Map<RomId, Answer<ThermometerStatus>>();
  readonly properties = new Map<string, Answer<string>[]>();
  chips: Answer<readonly ChipOnBus[]> = [];
  readonly conversions: RomId[][] = [];
  /** Thermometers that were read. */
  readonly reads: RomId[] = [];
  readonly written: string[] = [];
  scans = 0;
  closed = false;
  readonly #clock: DriverContext['clock'];
  readonly #converted = new Set<RomId>();

  constructor(clock: DriverContext['clock']) {
    this.#clock = clock;
  }

  scan(): Promise<readonly ChipOnBus[]> {
    this.scans++;
    return answered(this.chips);
  }

  async convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>> {
    this.conversions.push([...ids]);
    const together = ids.flatMap((id) => {
      const name = this.conversionOf(id);
      return name === undefined ? [] : [[id, name] as const];
    });
    if (together.length > 0) await this.#wait();
    for (const [id] of together) this.#converted.add(id);
    return new Map(together);
  }

  async temperature(id: RomId): Promise<TemperatureSample> {
    this.reads.push(id);
    if (!this.#converted.delete(id)) await this.#wait();
    return next(this.samples.get(id));
  }

  thermometer(id: RomId): Promise<ThermometerStatus> {
    return answered(this.status.get(id) ?? {});
  }

  adjust(id: RomId, settings: ThermometerSettings): Promise<void> {
    this.written.push(`${id} ${JSON.stringify(settings)}`);
    this.status.set(id, { ...(this.status.get(id) as ThermometerStatus), ...settings });
    return Promise.resolve();
  }

  read(id: RomId, property: string): Promise<string> {
    return next(this.properties.get(`${id}/${property}`));
  }

  write(id: RomId, property: string, value: string): Promise<void> {
    this.written.push(`${id}/${property}=${value}`);
    this.properties.set(`${id}/${property}`, [value]);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#clock.schedule(this.#clock.now() + this.conversionMs, resolve));
  }
}

function next<T>(answers: Answer<T>[] | undefined): Promise<T> {
  if (answers === undefined) return Promise.reject(new BusError('ABSENT', 'nobody answers'));
  return answered(answers.length > 1 ? answers.shift()! : answers[0]!);
}

function answered<T>(answer: Answer<T>): Promise<T> {
  return answer instanceof BusError ? Promise.reject(answer) : Promise.resolve(answer);
}
