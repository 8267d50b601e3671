import { basename, dirname, join } from 'node:path';
import type { DeviceLog, DriverContext } from '@raspy/devices';
import {
  BusError,
  type ChipOnBus,
  type OnewireBus,
  type TemperatureSample,
  type ThermometerSettings,
  type ThermometerStatus,
} from '../bus.js';
import { parseRomId, type RomId } from '../rom-id.js';
import { BulkReading } from './bulk-reading.js';
import { absentIfGone, unreachable } from './file-errors.js';
import { Lanes } from './lanes.js';
import { sysFiles, type SysFiles } from './sys-files.js';
import { parseTemperature, parseW1Slave } from './w1-slave.js';

/** What a {@link KernelBus} is told. */
export interface KernelBusOptions {
  /** Folder in which the kernel shows chips, such as `/sys/bus/w1/devices`. */
  readonly devicesDir: string;
  readonly clock: DriverContext['clock'];
  readonly log: DeviceLog;
  /** @default those of this machine */
  readonly files?: SysFiles;
}

const MASTER = /^w1_bus_master\d+$/;
/** Check whether a measurement took place, and wait for its end instead of its longest time. */
const FEATURES = '3';

/** Chips that the Linux kernel shows in its files (w1_therm for thermometers). */
export class KernelBus implements OnewireBus {
  readonly where: string;
  readonly #files: SysFiles;
  readonly #clock: DriverContext['clock'];
  readonly #lanes: Lanes;
  readonly #bulk: BulkReading;
  /** The bus master of each chip; one of a folder without masters has the folder itself. */
  readonly #masters = new Map<RomId, string>();
  /** Chips whose kernel waits for the end of a measurement, and how long one takes at most. */
  readonly #polled = new Map<RomId, number>();
  /** Chips for which a shared measurement waits to be fetched. */
  readonly #converted = new Set<RomId>();

  constructor({ devicesDir, clock, log, files = sysFiles }: KernelBusOptions) {
    this.where = devicesDir;
    this.#files = files;
    this.#clock = clock;
    this.#lanes = new Lanes(clock);
    this.#bulk = new BulkReading({ devicesDir, clock, log, files, lanes: this.#lanes });
  }

  async scan(): Promise<readonly ChipOnBus[]> {
    let names: readonly string[];
    try {
      names = await this.#lanes.run({
        lane: 'folder',
        subject: this.where,
        run: () => this.#files.list(this.where),
      });
    } catch (error) {
      throw unreachable(this.where, error);
    }
    const chips: ChipOnBus[] = [];
    for (const name of [...names].sort()) {
      const id = parseRomId(name);
      if (id !== undefined && (await this.#isChip(id))) chips.push({ id });
    }
    return chips;
  }

  async convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>> {
    const masters = new Map<string, RomId[]>();
    for (const id of ids) {
      const master = await this.#masterOf(id).catch(() => undefined);
      if (master === undefined || !MASTER.test(master)) continue;
      masters.set(master, [...(masters.get(master) ?? []), id]);
    }
    const converted = await Promise.all(
      [...masters].map(async ([master, own]) => {
        const name = await this.#bulk.convert(master);
        return name === undefined ? [] : own.map((id) => [id, name] as const);
      }),
    );
    for (const [id] of converted.flat()) this.#converted.add(id);
    return new Map(converted.flat());
  }

  async temperature(id: RomId): Promise<TemperatureSample> {
    const lane = await this.#masterOf(id);
    const { text, kind, took } = await this.#lanes.run({
      lane,
      subject: id,
      run: () => this.#readTemperature(id),
    });
    const parsed = kind === 'w1_slave' ? parseW1Slave(id, text) : parseTemperature(text);
    const wasShared = this.#converted.delete(id);
    if ('fault' in parsed) throw new BusError('GARBLED', parsed.fault);
    // A command to measure that got lost ends at once where the kernel waits for the end.
    const shortest = (this.#polled.get(id) ?? 0) / 4;
    return !wasShared && took < shortest ? { ...parsed, measured: false } : parsed;
  }

  async thermometer(id: RomId): Promise<ThermometerStatus> {
    const resolution = await this.#number(id, 'resolution');
    const conversionMs = await this.#number(id, 'conv_time');
    const power = await this.#number(id, 'ext_power');
    const alarms = await this.#alarms(id);
    if (power === 1) await this.#watchConversions(id, conversionMs ?? 750);
    return {
      ...(resolution !== undefined && resolution >= 9 && resolution <= 14 && { resolution }),
      ...(conversionMs !== undefined && conversionMs > 0 && { conversionMs }),
      ...((power === 0 || power === 1) && { externalPower: power === 1 }),
      ...(alarms !== undefined && { alarmLowCelsius: alarms[0], alarmHighCelsius: alarms[1] }),
    };
  }

  async adjust(id: RomId, settings: ThermometerSettings): Promise<void> {
    const { resolution, alarmLowCelsius, alarmHighCelsius } = settings;
    if (resolution !== undefined) await this.#set(id, 'resolution', String(resolution));
    if (alarmLowCelsius === undefined && alarmHighCelsius === undefined) return;
    const [low, high] = (await this.#alarms(id)) ?? [-55, 125];
    await this.#set(id, 'alarms', `${alarmLowCelsius ?? low} ${alarmHighCelsius ?? high}`);
  }

  read(id: RomId): Promise<string> {
    return Promise.reject(unsupported(id));
  }

  write(id: RomId): Promise<void> {
    return Promise.reject(unsupported(id));
  }

  close(): Promise<void> {
    this.#bulk.close();
    this.#lanes.close();
    return Promise.resolve();
  }

  async #isChip(id: RomId): Promise<boolean> {
    try {
      const path = join(this.where, id);
      const run = async (): Promise<string | undefined> =>
        (await this.#files.isFolder(path)) ? this.#files.resolve(path) : undefined;
      const resolved = await this.#lanes.run({ lane: 'folder', subject: id, run });
      if (resolved === undefined) return false;
      this.#masters.set(id, await this.#masterAt(id, resolved));
      return true;
    } catch {
      // It vanished between one look and the next.
      this.#masters.delete(id);
      return false;
    }
  }

  async #masterOf(id: RomId): Promise<string> {
    const known = this.#masters.get(id);
    if (known !== undefined) return known;
    if (await this.#isChip(id)) return this.#masters.get(id)!;
    // Is it the chip, or everything?
    await this.#lanes
      .run({ lane: 'folder', subject: this.where, run: () => this.#files.list(this.where) })
      .catch((error: unknown) => {
        throw unreachable(this.where, error);
      });
    throw new BusError('ABSENT', `${id} is not in ${this.where}`);
  }

  /** The kernel keeps a chip in the folder of its master; a copy may tell by the master's list alone. */
  async #masterAt(id: RomId, resolved: string): Promise<string> {
    const parent = basename(dirname(resolved));
    if (MASTER.test(parent)) return parent;
    const names = await this.#files.list(this.where);
    for (const master of names.filter((name) => MASTER.test(name))) {
      const path = join(this.where, master, 'w1_master_slaves');
      const run = (): Promise<string> => this.#files.read(path);
      const slaves = await this.#lanes.run({ lane: 'folder', subject: master, run }).catch(() => '');
      if (slaves.split('\n').includes(id)) return master;
    }
    return 'folder';
  }

  async #readTemperature(id: RomId): Promise<{ text: string; kind: string; took: number }> {
    const began = this.#clock.now();
    for (const kind of ['w1_slave', 'temperature']) {
      try {
        const text = await this.#files.read(join(this.where, id, kind));
        return { text, kind, took: this.#clock.now() - began };
      } catch (error) {
        if (kind === 'temperature' || (error as NodeJS.ErrnoException).code !== 'ENOENT') {
          this.#masters.delete(id);
          throw absentIfGone(id, error);
        }
      }
    }
    throw unsupported(id);
  }

  /** A number in a file of a chip; `undefined` when there is no such file, or something else in it. */
  async #number(id: RomId, file: string): Promise<number | undefined> {
    const text = await this.#text(id, file);
    return text !== undefined && /^\s*-?\d{1,6}\s*$/.test(text) ? Number(text) : undefined;
  }

  async #alarms(id: RomId): Promise<readonly [number, number] | undefined> {
    const [, low, high] =
      /^\s*(-?\d{1,3}) (-?\d{1,3})\s*$/.exec((await this.#text(id, 'alarms')) ?? '') ?? [];
    return low === undefined || high === undefined ? undefined : [Number(low), Number(high)];
  }

  async #text(id: RomId, file: string): Promise<string | undefined> {
    const lane = await this.#masterOf(id);
    try {
      return await this.#lanes.run({
        lane,
        subject: id,
        run: () => this.#files.read(join(this.where, id, file)),
      });
    } catch (error) {
      if (error instanceof BusError) throw error;
      return undefined;
    }
  }

  async #set(id: RomId, file: string, text: string): Promise<void> {
    const lane = await this.#masterOf(id);
    try {
      await this.#lanes.run({
        lane,
        subject: id,
        run: () => this.#files.write(join(this.where, id, file), text),
      });
    } catch (error) {
      if (error instanceof BusError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      const hint = code === 'EACCES' ? '; see `raspy doctor onewire` for the rule that allows it' : '';
      throw new BusError('REFUSED', `${file} of ${id} cannot be set to "${text}": ${message}${hint}`, {
        cause: error,
      });
    }
  }

  /** Lets the kernel wait for the end of each measurement, so that one that did not begin is seen by its time. */
  async #watchConversions(id: RomId, conversionMs: number): Promise<void> {
    if (!(await this.#files.isKernel(this.where).catch(() => false))) return;
    try {
      if ((await this.#text(id, 'features'))?.trim() !== FEATURES) await this.#set(id, 'features', FEATURES);
      this.#polled.set(id, conversionMs);
    } catch {
      // An old kernel, or no right to: measurements that did not begin are recognised by their bytes then.
      this.#polled.delete(id);
    }
  }
}

function unsupported(id: RomId): BusError {
  return new BusError(
    'UNSUPPORTED',
    `${id}: by the kernel only thermometers can be read; use an owserver for other chips`,
  );
}
