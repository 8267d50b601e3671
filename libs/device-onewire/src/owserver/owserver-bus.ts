import {
  BusError,
  type ChipOnBus,
  type OnewireBus,
  type TemperatureSample,
  type ThermometerSettings,
  type ThermometerStatus,
} from '../bus.js';
import { familyOf, owserverName, parseRomId, type RomId } from '../rom-id.js';
import type { OwserverClientOptions } from './client.js';
import { isFinal, OwserverFiles, RefusedByServer, wordsOf } from './owserver-files.js';
import { SharedConversions } from './shared-conversions.js';

/** What an {@link OwserverBus} is told. */
export interface OwserverBusOptions extends OwserverClientOptions {
  /** Milliseconds that chips get to measure together; they need 750. @default 800 */
  readonly conversionMs?: number;
}

const CONVERSION_MS = 800;
/** Names of properties; one level of folders, such as `HIH4000/humidity`. */
const PROPERTY = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)?(?:\/[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)?)?$/;
/** Names of people, which nobody else takes for something. */
const ALIAS = /^[^./\\,\0\s][^/\\,\0]{0,127}$/;
const DEGREES = /^\s*[+-]?\d{1,3}(?:\.\d{1,10})?\s*$/;
const NUMBER = /^\s*[+-]?\d+(?:\.\d+)?\s*$/;

/** Chips that an owserver has, by the OWFS network protocol. Nothing is taken out of its cache, where old values rest. */
export class OwserverBus implements OnewireBus {
  readonly where: string;
  readonly #files: OwserverFiles;
  readonly #conversions: SharedConversions;
  /** Those that have measured together, and have not been asked what. */
  readonly #measured = new Set<RomId>();
  /** Bits that a thermometer is to measure with: what somebody wants, or what its EEPROM has. */
  readonly #bits = new Map<RomId, number>();
  readonly #wanted = new Set<RomId>();
  /** Those whose bits were put back to what the EEPROM has: measuring alone sets them again. */
  readonly #alone = new Set<RomId>();

  constructor(options: OwserverBusOptions) {
    this.#files = new OwserverFiles(options);
    const { clock, conversionMs = CONVERSION_MS } = options;
    this.#conversions = new SharedConversions({ files: this.#files, clock, conversionMs });
    this.where = this.#files.where;
  }

  /** Chips behind a coupler (DS2409) are not looked for. */
  async scan(): Promise<readonly ChipOnBus[]> {
    const paths = await this.#list('/unaliased/uncached');
    const ids = new Set(paths.flatMap((path) => parseRomId(path.slice(path.lastIndexOf('/') + 1)) ?? []));
    return Promise.all([...ids].sort().map((id) => this.#chip(id)));
  }

  async convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>> {
    const together = ids.filter((id) => !this.#alone.has(id));
    const conversions = await this.#conversions.convert(together);
    for (const id of conversions.keys()) this.#measured.add(id);
    return conversions;
  }

  async temperature(id: RomId): Promise<TemperatureSample> {
    const text = await this.read(id, this.#measured.delete(id) ? 'latesttemp' : await this.#measuring(id));
    this.#alone.delete(id);
    if (!DEGREES.test(text)) {
      throw new BusError(
        'GARBLED',
        `its temperature is ${JSON.stringify(text.slice(0, 40))}, which is no number`,
      );
    }
    return { celsius: Number(text) };
  }

  async thermometer(id: RomId): Promise<ThermometerStatus> {
    const bits = await this.#resolution(id);
    const power = await this.#number(id, 'power');
    const low = await this.#number(id, 'templow');
    const high = await this.#number(id, 'temphigh');
    const externalPower = power === 0 || power === 1 ? power === 1 : undefined;
    this.#conversions.learnPower(id, externalPower);
    // To look at its EEPROM copies all of it over what it works with.
    if (this.#wanted.has(id)) this.#alone.add(id);
    return {
      ...(bits !== undefined && { resolution: bits, conversionMs: conversionTime(id, bits) }),
      ...(externalPower !== undefined && { externalPower }),
      ...(low !== undefined && { alarmLowCelsius: Math.trunc(low) }),
      ...(high !== undefined && { alarmHighCelsius: Math.trunc(high) }),
    };
  }

  /**
   * A resolution is set when the thermometer measures next, in memory that a power cut clears; the server's file for it would
   * write the EEPROM. Alarm limits can only be had in the EEPROM: they are written when they differ.
   */
  async adjust(id: RomId, settings: ThermometerSettings): Promise<void> {
    const { resolution, alarmLowCelsius, alarmHighCelsius } = settings;
    if (resolution !== undefined) {
      if (familyOf(id) === '10') throw new BusError('UNSUPPORTED', `${id} measures with 9 bits alone`);
      this.#bits.set(id, resolution);
      this.#wanted.add(id);
      this.#alone.add(id);
    }
    if (alarmLowCelsius !== undefined) await this.write(id, 'templow', String(alarmLowCelsius));
    if (alarmHighCelsius !== undefined) await this.write(id, 'temphigh', String(alarmHighCelsius));
  }

  async read(id: RomId, property: string): Promise<string> {
    const path = pathOf(id, property);
    return this.#files.read(path).catch((error: unknown) => this.#refuse(id, property, 'read', error));
  }

  async write(id: RomId, property: string, value: string): Promise<void> {
    const path = pathOf(id, property);
    await this.#files
      .write(path, value)
      .catch((error: unknown) => this.#refuse(id, property, 'write', error));
  }

  close(): Promise<void> {
    this.#files.close();
    return Promise.resolve();
  }

  async #list(path: string): Promise<readonly string[]> {
    try {
      return await this.#files.list(path);
    } catch (error) {
      if (!(error instanceof RefusedByServer)) throw error;
      throw new BusError('UNREACHABLE', `${this.where} cannot list its chips: ${wordsOf(error.number)}`);
    }
  }

  /** Names are kept by the server, and cost the bus nothing. */
  async #chip(id: RomId): Promise<ChipOnBus> {
    try {
      const alias = (await this.#files.read(`/${owserverName(id)}/alias`)).trim();
      return ALIAS.test(alias) ? { id, alias } : { id };
    } catch {
      // It will be asked for with the next search.
      return { id };
    }
  }

  /** What makes a thermometer measure with the bits that it has, which `temperature` would set to 12. */
  async #measuring(id: RomId): Promise<string> {
    if (familyOf(id) === '10') return 'temperature';
    const bits = this.#bits.get(id) ?? (await this.#resolution(id));
    return bits === undefined ? 'temperature' : `temperature${bits}`;
  }

  async #resolution(id: RomId): Promise<number | undefined> {
    // DS18S20 has no other.
    if (familyOf(id) === '10') return 9;
    const known = this.#wanted.has(id) ? this.#bits.get(id) : undefined;
    if (known !== undefined) return known;
    const bits = await this.#number(id, 'tempres');
    if (bits === undefined || ![9, 10, 11, 12].includes(bits)) return undefined;
    this.#bits.set(id, bits);
    return bits;
  }

  /** A number of a chip that tells it; one that does not leaves it open. */
  async #number(id: RomId, property: string): Promise<number | undefined> {
    try {
      const text = await this.read(id, property);
      return NUMBER.test(text) ? Number(text) : undefined;
    } catch (error) {
      if (error instanceof BusError && (error.code === 'GARBLED' || error.code === 'REFUSED'))
        return undefined;
      throw error;
    }
  }

  /** Servers say little of why: the same number for a chip that is away, a disturbed line, and a property that there is none of. */
  async #refuse(id: RomId, property: string, by: 'read' | 'write', error: unknown): Promise<never> {
    if (!(error instanceof RefusedByServer)) throw error;
    const why = wordsOf(error.number);
    if (!(await this.#files.has(`/uncached/${owserverName(id)}`))) {
      this.#forget(id);
      throw new BusError('ABSENT', `${id} does not answer`);
    }
    if (isFinal(error.number, by)) throw new BusError('REFUSED', `${property} of ${id}: ${why}`);
    throw new BusError('GARBLED', `${property} of ${id} cannot be had: ${why}`);
  }

  /** Another one may come back under this identity, or this one with another supply. */
  #forget(id: RomId): void {
    this.#measured.delete(id);
    this.#conversions.learnPower(id, undefined);
    if (this.#wanted.has(id)) this.#alone.add(id);
    else this.#bits.delete(id);
  }
}

function pathOf(id: RomId, property: string): string {
  if (!PROPERTY.test(property))
    throw new BusError('REFUSED', `${JSON.stringify(property)} is no property of a chip`);
  return `/uncached/${owserverName(id)}/${property}`;
}

/** By the data sheets. */
function conversionTime(id: RomId, bits: number): number {
  return familyOf(id) === '10' ? 750 : Math.ceil(750 / 2 ** (12 - bits));
}
