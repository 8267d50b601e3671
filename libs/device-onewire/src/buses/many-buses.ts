import type { DeviceLog, DriverContext } from '@raspy/devices';
import {
  BusError,
  type ChipOnBus,
  type OnewireBus,
  type TemperatureSample,
  type ThermometerSettings,
  type ThermometerStatus,
} from '../bus.js';
import type { RomId } from '../rom-id.js';

/** How long it is known which chips there are, where nobody looks regularly. */
const KNOWN_FOR_MS = 15_000;

/** What {@link ManyBuses} are told. */
export interface ManyBusesOptions {
  readonly buses: readonly OnewireBus[];
  readonly clock: DriverContext['clock'];
  readonly log: DeviceLog;
}

/** Several buses as one: a chip is wherever it was seen last. */
export class ManyBuses implements OnewireBus {
  readonly where: string;
  readonly #options: ManyBusesOptions;
  #homes: ReadonlyMap<RomId, OnewireBus> = new Map();
  #scannedAt = -Infinity;
  #scanning: Promise<readonly ChipOnBus[]> | undefined;
  /** Why one of them could not be searched, so that it is said once. */
  readonly #trouble = new Map<OnewireBus, string>();

  constructor(options: ManyBusesOptions) {
    this.#options = options;
    this.where = options.buses.map(({ where }) => where).join(' and ');
  }

  scan(): Promise<readonly ChipOnBus[]> {
    this.#scanning ??= this.#scan().finally(() => (this.#scanning = undefined));
    return this.#scanning;
  }

  /** Whether a chip answered when it was looked last, or does now where that is long ago. */
  async present(id: RomId): Promise<boolean> {
    if (this.#options.clock.now() - this.#scannedAt > KNOWN_FOR_MS) await this.scan();
    return this.#homes.has(id);
  }

  async convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>> {
    const { buses } = this.#options;
    if (buses.length === 1) return buses[0]!.convert(ids);
    const conversions = await Promise.all(
      buses.map(async (bus, index) => {
        const own = ids.filter((id) => this.#homes.get(id) === bus);
        const converted = own.length === 0 ? new Map<RomId, string>() : await bus.convert(own);
        return [...converted].map(([id, name]) => [id, `${index}:${name}`] as const);
      }),
    );
    return new Map(conversions.flat());
  }

  async temperature(id: RomId): Promise<TemperatureSample> {
    return (await this.#home(id)).temperature(id);
  }

  async thermometer(id: RomId): Promise<ThermometerStatus> {
    return (await this.#home(id)).thermometer(id);
  }

  async adjust(id: RomId, settings: ThermometerSettings): Promise<void> {
    await (await this.#home(id)).adjust(id, settings);
  }

  async read(id: RomId, property: string): Promise<string> {
    return (await this.#home(id)).read(id, property);
  }

  async write(id: RomId, property: string, value: string): Promise<void> {
    await (await this.#home(id)).write(id, property, value);
  }

  async close(): Promise<void> {
    await Promise.all(this.#options.buses.map((bus) => bus.close()));
  }

  async #home(id: RomId): Promise<OnewireBus> {
    const { buses } = this.#options;
    if (buses.length === 1) return buses[0]!;
    if (!this.#homes.has(id)) await this.present(id);
    const home = this.#homes.get(id);
    if (home === undefined) throw new BusError('ABSENT', `${id} is neither on ${this.where}`);
    return home;
  }

  async #scan(): Promise<readonly ChipOnBus[]> {
    const { buses, clock } = this.#options;
    const outcomes = await Promise.allSettled(buses.map((bus) => bus.scan()));
    const homes = new Map<RomId, OnewireBus>();
    const chips = outcomes.flatMap((outcome, index) => {
      this.#tell(buses[index]!, outcome);
      if (outcome.status === 'rejected') return [];
      const fresh = outcome.value.filter(({ id }) => !homes.has(id));
      for (const { id } of fresh) homes.set(id, buses[index]!);
      return fresh;
    });
    if (outcomes.every(({ status }) => status === 'rejected'))
      throw (outcomes[0] as PromiseRejectedResult).reason;
    this.#homes = homes;
    this.#scannedAt = clock.now();
    return chips.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** One that cannot be searched beside others that can; who has only this one is told by the error itself. */
  #tell(bus: OnewireBus, outcome: PromiseSettledResult<unknown>): void {
    if (this.#options.buses.length === 1) return;
    const before = this.#trouble.get(bus);
    if (outcome.status === 'fulfilled') {
      if (before !== undefined)
        this.#options.log.info('a 1-Wire bus can be searched again', { bus: bus.where });
      this.#trouble.delete(bus);
      return;
    }
    const { message } = outcome.reason as Error;
    if (message !== before) {
      this.#options.log.warn('a 1-Wire bus cannot be searched', { bus: bus.where, reason: message });
    }
    this.#trouble.set(bus, message);
  }
}
