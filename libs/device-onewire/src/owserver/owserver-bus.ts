import type { DeviceLog, DriverContext } from '@raspy/devices';
import {
  BusError,
  type ChipOnBus,
  type OnewireBus,
  type TemperatureSample,
  type ThermometerSettings,
  type ThermometerStatus,
} from '../bus.js';
import { familyOf, owserverName, parseRomId, type RomId } from '../rom-id.js';
import { OwserverClient, type OwserverClientOptions } from './client.js';
import { payloadText, RequestType } from './message.js';

/** What an {@link OwserverBus} is told. */
export interface OwserverBusOptions extends OwserverClientOptions {
  readonly log: DeviceLog;
  readonly clock: DriverContext['clock'];
  /** Milliseconds that chips get to measure together. @default 1000 */
  readonly conversionMs?: number;
}

/**
 * Chips need 750 ms. The server holds back early readers itself, but counts whole seconds of its clock: it may let one pass after
 * a tenth of one, who gets what was measured before, and stop one after nine tenths for another 750 ms. After a second it is right.
 */
const CONVERSION_MS = 1_000;
/** Names of properties; one level of folders, such as `HIH4000/humidity`. */
const PROPERTY = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)?(?:\/[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)?)?$/;
/** What owserver takes for an alias, and can be part of a path without harm. */
const ALIAS = /^[^./\\,\0][^/\\,\0]{0,127}$/;
/** Folders beside the chips. */
const NO_CHIP =
  /^(?:bus\.\d+|uncached|cached|settings|system|statistics|structure|simultaneous|alarm|text|json|raw)$/;

/** Chips that an owserver has, by the OWFS network protocol. Nothing is taken out of its cache, where old values rest. */
export class OwserverBus implements OnewireBus {
  readonly where: string;
  readonly #client: OwserverClient;
  readonly #clock: DriverContext['clock'];
  readonly #log: DeviceLog;
  readonly #conversionMs: number;
  #conversions = 0;
  #converting: Promise<string | undefined> | undefined;
  #saidOneByOne = false;

  constructor(options: OwserverBusOptions) {
    this.#client = new OwserverClient(options);
    this.#clock = options.clock;
    this.#log = options.log;
    this.#conversionMs = options.conversionMs ?? CONVERSION_MS;
    this.where = this.#client.where;
  }

  /** Chips behind a coupler (DS2409) are not looked for. */
  async scan(): Promise<readonly ChipOnBus[]> {
    const { code, payload } = await this.#ask('to list its chips', {
      type: RequestType.DIR_ALL,
      path: '/uncached',
    });
    if (code < 0) throw new BusError('UNREACHABLE', `${this.where} cannot list its chips${wordsOf(code)}`);
    const names = payloadText(payload)
      .split(',')
      .map((path) => path.slice(path.lastIndexOf('/') + 1))
      .filter((name) => name !== '' && !NO_CHIP.test(name));
    const chips = await Promise.all(names.map((name) => this.#chipOf(name)));
    const found = new Map(chips.flatMap((chip) => (chip === undefined ? [] : [[chip.id, chip] as const])));
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Those who ask while a conversion is under way wait for the next one. */
  async convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>> {
    while (this.#converting !== undefined) await this.#converting;
    this.#converting = this.#convert().finally(() => (this.#converting = undefined));
    const name = await this.#converting;
    return new Map(name === undefined ? [] : ids.map((id) => [id, name]));
  }

  /**
   * After `simultaneous` the server reads what was measured and begins no new conversion; otherwise it begins one, and answers
   * when that is done.
   */
  async temperature(id: RomId): Promise<TemperatureSample> {
    const text = await this.read(id, 'temperature');
    if (!/^\s*[+-]?\d{1,3}(?:\.\d{1,10})?\s*$/.test(text)) {
      throw new BusError(
        'GARBLED',
        `its temperature is ${JSON.stringify(text.slice(0, 40))}, which is no number`,
      );
    }
    return { celsius: Number(text) };
  }

  async thermometer(id: RomId): Promise<ThermometerStatus> {
    const [resolution, power, low, high] = [
      // DS18S20 has no other.
      familyOf(id) === '10' ? 9 : await this.#number(id, 'tempres'),
      await this.#number(id, 'power'),
      await this.#number(id, 'templow'),
      await this.#number(id, 'temphigh'),
    ];
    const bits = resolution !== undefined && [9, 10, 11, 12].includes(resolution) ? resolution : undefined;
    return {
      ...(bits !== undefined && { resolution: bits, conversionMs: conversionTime(id, bits) }),
      ...((power === 0 || power === 1) && { externalPower: power === 1 }),
      ...(low !== undefined && { alarmLowCelsius: Math.trunc(low) }),
      ...(high !== undefined && { alarmHighCelsius: Math.trunc(high) }),
    };
  }

  async adjust(id: RomId, settings: ThermometerSettings): Promise<void> {
    const { resolution, alarmLowCelsius, alarmHighCelsius } = settings;
    if (resolution !== undefined) {
      if (familyOf(id) === '10') throw new BusError('UNSUPPORTED', `${id} measures with 9 bits alone`);
      await this.write(id, 'tempres', String(resolution));
    }
    if (alarmLowCelsius !== undefined) await this.write(id, 'templow', String(alarmLowCelsius));
    if (alarmHighCelsius !== undefined) await this.write(id, 'temphigh', String(alarmHighCelsius));
  }

  async read(id: RomId, property: string): Promise<string> {
    const path = pathOf(id, property);
    const { code, payload } = await this.#ask(`for ${path}`, { type: RequestType.READ, path });
    if (code < 0) throw await this.#refusal(id, property, code);
    return payloadText(payload);
  }

  async write(id: RomId, property: string, value: string): Promise<void> {
    const path = pathOf(id, property);
    const { code } = await this.#ask(`to set ${path}`, { type: RequestType.WRITE, path, value });
    if (code < 0) throw await this.#refusal(id, property, code);
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  async #convert(): Promise<string | undefined> {
    try {
      const path = '/simultaneous/temperature';
      const { code } = await this.#ask('to measure', { type: RequestType.WRITE, path, value: '1' });
      if (code < 0) {
        if (!this.#saidOneByOne)
          this.#log.info('thermometers are read one by one', { bus: this.where, code });
        this.#saidOneByOne = true;
        return undefined;
      }
    } catch {
      // Whoever reads is told what is wrong.
      return undefined;
    }
    await new Promise<void>((resolve) =>
      this.#clock.schedule(this.#clock.now() + this.#conversionMs, resolve),
    );
    return String(++this.#conversions);
  }

  async #chipOf(name: string): Promise<ChipOnBus | undefined> {
    const id = parseRomId(name);
    if (id !== undefined) return { id };
    if (!ALIAS.test(name)) return undefined;
    const named = await this.#identityOf(name);
    return named === undefined ? undefined : { id: named, alias: name };
  }

  async #identityOf(alias: string): Promise<RomId | undefined> {
    try {
      const { code, payload } = await this.#ask('for an identity', {
        type: RequestType.READ,
        path: `/uncached/${alias}/address`,
      });
      return code < 0 ? undefined : parseRomId(payloadText(payload).trim());
    } catch {
      // It will be asked for with the next search.
      return undefined;
    }
  }

  /** A number of a chip that tells it; one that does not leaves it open. */
  async #number(id: RomId, property: string): Promise<number | undefined> {
    try {
      const text = await this.read(id, property);
      return /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
    } catch (error) {
      if (error instanceof BusError && (error.code === 'GARBLED' || error.code === 'REFUSED'))
        return undefined;
      throw error;
    }
  }

  async #ask(what: string, request: Parameters<OwserverClient['ask']>[0]) {
    try {
      return await this.#client.ask(request);
    } catch (error) {
      if (error instanceof BusError && error.code === 'TIMEOUT') {
        throw new BusError('TIMEOUT', `${error.message} (asked ${what})`, { cause: error });
      }
      throw error;
    }
  }

  /** Servers say little of why: the same number for a chip that is away, a disturbed line, and a property that there is none of. */
  async #refusal(id: RomId, property: string, code: number): Promise<BusError> {
    const path = `/uncached/${owserverName(id)}`;
    const { code: present } = await this.#ask(`whether ${path} is there`, {
      type: RequestType.PRESENT,
      path,
    });
    if (present < 0) return new BusError('ABSENT', `${id} does not answer`);
    if (REFUSALS.has(-code)) return new BusError('REFUSED', `${property} of ${id}${wordsOf(code)}`);
    return new BusError('GARBLED', `${property} of ${id} cannot be had${wordsOf(code)}`);
  }
}

/** Numbers that say that asking again is of no use. */
const REFUSALS = new Map([
  [13, 'access error'],
  [22, 'invalid'],
  [30, 'the server is read-only'],
  [32, 'there is no such property'],
  [60, 'it cannot be read'],
  [61, 'too much data'],
  [63, 'wrong format'],
  [64, 'there is no such property'],
  [65, 'it cannot be set'],
  [66, 'the server is read-only'],
  [95, 'not supported'],
]);

function wordsOf(code: number): string {
  const words = REFUSALS.get(-code);
  return words === undefined ? ` (code ${code})` : `: ${words} (code ${code})`;
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
