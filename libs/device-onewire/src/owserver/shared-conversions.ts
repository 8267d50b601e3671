import type { DriverContext } from '@raspy/devices';
import { BusError } from '../bus.js';
import { familyOfChip } from '../families.js';
import { familyOf, owserverName, parseRomId, type RomId } from '../rom-id.js';
import { RefusedByServer, type OwserverFiles } from './owserver-files.js';

/** What {@link SharedConversions} are made of. */
export interface SharedConversionsOptions {
  readonly files: OwserverFiles;
  readonly clock: DriverContext['clock'];
  /** Milliseconds that chips get. */
  readonly conversionMs: number;
}

/** How often it is looked where chips are: those that were seen, and when there are others that were not. */
const LOOK_EVERY_MS = 60_000;
const LOOK_FOR_UNSEEN_EVERY_MS = 10_000;
const BUS = /^\/(bus\.\d+)$/;

/** A bus of the server, and the thermometers on it. */
interface Line {
  readonly name: string;
  readonly thermometers: readonly RomId[];
}

/**
 * One command to measure for all thermometers of a bus, of which each then only has to be asked what it found. The command
 * of a bus is the way: what the server offers for all its buses together is only heeded out of its cache, and a chip that is
 * asked for its `temperature` measures anew.
 *
 * A bus with a thermometer that lives on its data line measures one by one: those need the line for themselves.
 */
export class SharedConversions {
  readonly #options: SharedConversionsOptions;
  readonly #power = new Map<RomId, boolean>();
  readonly #families = new Map<string, boolean>();
  #lines: readonly Line[] = [];
  #lookedAt = -Infinity;
  #count = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: SharedConversionsOptions) {
    this.#options = options;
  }

  /** What a chip was found to have; it may have changed since it was asked. */
  learnPower(id: RomId, isExternal: boolean | undefined): void {
    if (isExternal === undefined) this.#power.delete(id);
    else this.#power.set(id, isExternal);
  }

  /** Those who ask while chips measure wait for the next time. @returns names of conversions; see `OnewireBus.convert` */
  convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>> {
    const turn = this.#running.then(() => this.#convert(ids));
    this.#running = turn;
    return turn;
  }

  async #convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>> {
    try {
      const commanded = await this.#command(new Set(ids));
      if (commanded.size > 0) await this.#wait();
      return commanded;
    } catch (error) {
      // Whoever reads is told what is wrong.
      if (error instanceof BusError || error instanceof RefusedByServer) return new Map();
      throw error;
    }
  }

  async #command(ids: ReadonlySet<RomId>): Promise<Map<RomId, string>> {
    await this.#look(ids);
    const commanded = new Map<RomId, string>();
    for (const { name, thermometers } of this.#lines) {
      const own = thermometers.filter((id) => ids.has(id));
      // One alone takes as long either way.
      if (own.length < 2 || !(await this.#canMeasureTogether(thermometers))) continue;
      await this.#options.files.write(`/${name}/simultaneous/temperature`, '1');
      const conversion = `${name} ${++this.#count}`;
      for (const id of own) commanded.set(id, conversion);
    }
    return commanded;
  }

  /** Looks which thermometers are on which bus. */
  async #look(ids: ReadonlySet<RomId>): Promise<void> {
    const now = this.#options.clock.now();
    const seen = new Set(this.#lines.flatMap(({ thermometers }) => thermometers));
    const allSeen = [...ids].every((id) => seen.has(id));
    if (now - this.#lookedAt < (allSeen ? LOOK_EVERY_MS : LOOK_FOR_UNSEEN_EVERY_MS)) return;
    this.#lookedAt = now;
    const { files } = this.#options;
    const names = (await files.list('/', true)).flatMap((path) => BUS.exec(path)?.[1] ?? []);
    this.#lines = await Promise.all(names.map((name) => this.#line(name)));
  }

  async #line(name: string): Promise<Line> {
    const folder = `/unaliased/uncached/${name}`;
    const paths = await this.#options.files.list(folder);
    // Another server behind this one lists its own paths, which lead elsewhere from here.
    const thermometers = paths
      .filter((path) => path.startsWith(`${folder}/`))
      .flatMap((path) => parseRomId(path.slice(folder.length + 1)) ?? [])
      .filter((id) => familyOfChip(id).kind === 'thermometer');
    return { name, thermometers };
  }

  async #canMeasureTogether(thermometers: readonly RomId[]): Promise<boolean> {
    for (const id of thermometers) {
      if (!(await this.#showsLatest(familyOf(id))) || !(await this.#hasPower(id))) return false;
    }
    return true;
  }

  /** Servers before 3.2 have no file that only fetches. */
  async #showsLatest(family: string): Promise<boolean> {
    const shows =
      this.#families.get(family) ??
      (await this.#options.files.has(`/structure/${family.toUpperCase()}/latesttemp`));
    this.#families.set(family, shows);
    return shows;
  }

  async #hasPower(id: RomId): Promise<boolean> {
    const known = this.#power.get(id);
    if (known !== undefined) return known;
    const text = (await this.#options.files.read(`/uncached/${owserverName(id)}/power`)).trim();
    this.learnPower(id, text === '1');
    return text === '1';
  }

  #wait(): Promise<void> {
    const { clock, conversionMs } = this.#options;
    return new Promise((resolve) => clock.schedule(clock.now() + conversionMs, resolve));
  }
}
