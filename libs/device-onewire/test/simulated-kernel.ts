import type { DriverContext } from '@raspy/devices';
import type { SysFiles } from '../src/kernel/sys-files.js';
import { crc8, familyOf, parseRomId, type RomId } from '../src/rom-id.js';

/** What goes wrong with one reading of a thermometer. */
export type Fault =
  /** It had no power and has not measured: 85 °C. */
  | 'power-on'
  /** The command to measure got lost: what it holds is of before. */
  | 'missed'
  /** Too little power to measure: 127.94 °C. */
  | 'weak'
  /** A bit was turned on the wire. */
  | 'crc'
  /** Half of the text. */
  | 'torn'
  | 'empty'
  /** The line is shorted. */
  | 'zeros'
  | 'EIO'
  /** It is gone for this reading. */
  | 'ENOENT'
  /** It never ends. */
  | 'hang';

/** What a thermometer is like. */
export interface PlugOptions {
  /** Degrees at a time of the clock. @default 20 */
  readonly truth?: (now: number) => number;
  /** @default true */
  readonly externalPower?: boolean;
  /** @default the first */
  readonly master?: string;
}

interface Chip {
  readonly id: RomId;
  readonly master: string;
  readonly truth: (now: number) => number;
  readonly externalPower: boolean;
  memory: Uint8Array;
  lastGood: Uint8Array;
  measured: number | undefined;
  resolution: number;
  alarms: string;
  features: number;
  /** A shared conversion has been made, and not been fetched. */
  fetchable: boolean;
  readonly faults: Fault[];
}

/** How long a thermometer measures with twelve bits, of what it may take. */
const REAL_SHARE = 0.8;

/** The files that the Linux kernel shows for 1-Wire thermometers, made up: with its times, its locks and its faults. */
export class SimulatedKernel implements SysFiles {
  readonly folder = '/sys/bus/w1/devices';
  /** Whether `therm_bulk_read` may be written. */
  bulk: 'allowed' | 'EACCES' | 'ENOENT' = 'allowed';
  /** Bus masters whose next shared command to measure gets lost. */
  readonly missesBulk = new Set<string>();
  /** Operations so far, as `read path`. */
  readonly operations: string[] = [];
  readonly #clock: DriverContext['clock'];
  readonly #chips = new Map<string, Chip>();
  readonly #masters = new Set(['w1_bus_master1']);
  readonly #locks = new Map<string, Promise<unknown>>();
  readonly #hanging: (() => void)[] = [];

  constructor(clock: DriverContext['clock']) {
    this.#clock = clock;
  }

  plug(text: string, options: PlugOptions = {}): RomId {
    const id = parseRomId(text)!;
    const { truth = () => 20, externalPower = true, master = 'w1_bus_master1' } = options;
    this.#masters.add(master);
    const memory = memoryOf(id, 85, 0x0c);
    this.#chips.set(id, {
      id,
      master,
      truth,
      externalPower,
      memory,
      lastGood: memory,
      measured: undefined,
      resolution: 12,
      alarms: '-55 125',
      features: 0,
      fetchable: false,
      faults: [],
    });
    return id;
  }

  unplug(id: RomId): void {
    this.#chips.delete(id);
  }

  /** The next readings of a thermometer have these faults, in this order. */
  fault(id: RomId, ...faults: Fault[]): void {
    this.#chips.get(id)!.faults.push(...faults);
  }

  /** What a thermometer measured last, as it was then; `undefined` before it ever has. */
  measured(id: RomId): number | undefined {
    return this.#chips.get(id)?.measured;
  }

  /** Lets what hangs go on. */
  release(): void {
    for (const end of this.#hanging.splice(0)) end();
  }

  list(folder: string): Promise<readonly string[]> {
    this.operations.push(`list ${folder}`);
    return Promise.resolve([...this.#masters, ...this.#chips.keys()]);
  }

  isFolder(path: string): Promise<boolean> {
    return this.#chips.has(nameOf(path)) || this.#masters.has(nameOf(path))
      ? Promise.resolve(true)
      : Promise.reject(failure('ENOENT'));
  }

  resolve(path: string): Promise<string> {
    const chip = this.#chips.get(nameOf(path));
    return chip === undefined
      ? Promise.reject(failure('ENOENT'))
      : Promise.resolve(`/sys/devices/${chip.master}/${chip.id}`);
  }

  isKernel(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async read(path: string): Promise<string> {
    this.operations.push(`read ${path}`);
    const [subject, file] = path.split('/').slice(-2) as [string, string];
    if (this.#masters.has(subject) && file === 'therm_bulk_read') return this.#bulkState(subject);
    const chip = this.#chips.get(subject);
    if (chip === undefined) throw failure('ENOENT');
    switch (file) {
      case 'w1_slave':
        return this.#locked(chip.master, () => this.#readSlave(chip));
      case 'resolution':
        return `${chip.resolution}\n`;
      case 'conv_time':
        return `${this.#conversionMs(chip)}\n`;
      case 'ext_power':
        return `${Number(chip.externalPower)}\n`;
      case 'alarms':
        return `${chip.alarms}\n`;
      case 'features':
        return `${chip.features}\n`;
      default:
        throw failure('ENOENT');
    }
  }

  async write(path: string, text: string): Promise<void> {
    this.operations.push(`write ${path} ${text.trim()}`);
    const [subject, file] = path.split('/').slice(-2) as [string, string];
    if (this.#masters.has(subject) && file === 'therm_bulk_read') {
      if (this.bulk !== 'allowed') throw failure(this.bulk);
      // Compared with its length, as the kernel does.
      if (text !== 'trigger\n') throw failure('EINVAL');
      await this.#locked(subject, () => this.#convertAll(subject));
      return;
    }
    const chip = this.#chips.get(subject);
    if (chip === undefined) throw failure('ENOENT');
    if (file === 'resolution') chip.resolution = Number(text);
    else if (file === 'alarms') chip.alarms = text;
    else if (file === 'features') chip.features = Number(text);
    else throw failure('EACCES');
  }

  #bulkState(master: string): string {
    if (this.bulk === 'ENOENT') throw failure('ENOENT');
    return [...this.#chips.values()].some((chip) => chip.master === master && chip.fetchable) ? '1\n' : '0\n';
  }

  async #convertAll(master: string): Promise<void> {
    const chips = [...this.#chips.values()].filter((chip) => chip.master === master);
    await this.#pass(Math.max(0, ...chips.map((chip) => this.#conversionMs(chip))));
    const missed = this.missesBulk.delete(master);
    for (const chip of chips) {
      if (!missed) this.#measure(chip);
      chip.fetchable = true;
    }
  }

  async #readSlave(chip: Chip): Promise<string> {
    const fault = chip.faults.shift();
    if (fault === 'hang') await new Promise<void>((resolve) => this.#hanging.push(resolve));
    if (fault === 'EIO' || fault === 'ENOENT') throw failure(fault);
    if (chip.fetchable) chip.fetchable = false;
    else {
      const whole = this.#conversionMs(chip);
      const isSeen = (chip.features & 2) !== 0 && chip.externalPower;
      const missed = fault === 'missed';
      await this.#pass(isSeen ? (missed ? 0 : whole * REAL_SHARE) : whole);
      if (!missed) this.#measure(chip);
    }
    // Reading takes a while by itself.
    await this.#pass(10);
    if (fault === 'power-on') chip.memory = memoryOf(chip.id, 85, 0x0c);
    if (fault === 'weak') chip.memory = memoryOf(chip.id, 127.9375);
    return this.#text(chip, fault);
  }

  #text(chip: Chip, fault: Fault | undefined): string {
    const bytes = Uint8Array.from(chip.memory);
    if (fault === 'empty') return '';
    if (fault === 'zeros') bytes.fill(0);
    if (fault === 'crc') bytes[0]! ^= 0x40;
    const sum = crc8(bytes.subarray(0, 8));
    const isRight = sum === bytes[8];
    if (isRight) chip.lastGood = bytes;
    const first = `${hex(bytes)} : crc=${hex(Uint8Array.of(sum))} ${isRight ? 'YES' : 'NO'}`;
    const text = `${first}\n${hex(chip.lastGood)} t=${milliOf(chip.id, bytes)}\n`;
    return fault === 'torn' ? text.slice(0, 50) : text;
  }

  #measure(chip: Chip): void {
    const truth = chip.truth(this.#clock.now());
    const step = familyOf(chip.id) === '10' ? 16 : 2 ** (chip.resolution - 8);
    const celsius = Math.round(truth * step) / step;
    chip.memory = memoryOf(chip.id, celsius);
    chip.measured = celsius;
  }

  #conversionMs(chip: Chip): number {
    return familyOf(chip.id) === '10' ? 750 : Math.ceil(750 / 2 ** (12 - chip.resolution));
  }

  #pass(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => this.#clock.schedule(this.#clock.now() + ms, resolve));
  }

  async #locked<T>(master: string, run: () => Promise<T>): Promise<T> {
    const before = this.#locks.get(master) ?? Promise.resolve();
    const result = before.then(run);
    this.#locks.set(
      master,
      result.catch(() => undefined),
    );
    return result;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/** The memory of a chip that measured so many degrees. */
export function memoryOf(id: RomId, celsius: number, byte6?: number): Uint8Array {
  const bytes = new Uint8Array(9);
  if (familyOf(id) === '10') {
    // Half degrees, and how much of the next one was counted, of sixteen.
    const sixteenths = Math.round((celsius + 0.25) * 16);
    const whole = Math.floor(sixteenths / 16);
    const remain = 16 - (sixteenths - whole * 16);
    new DataView(bytes.buffer).setInt16(0, whole * 2, true);
    bytes.set([0x4b, 0x46, 0xff, 0xff, byte6 ?? remain, 0x10], 2);
  } else {
    const raw = Math.round(celsius * 16);
    new DataView(bytes.buffer).setInt16(0, raw, true);
    bytes.set([0x4b, 0x46, 0x7f, 0xff, byte6 ?? 0x10 - (raw & 0x0f), 0x10], 2);
  }
  bytes[8] = crc8(bytes.subarray(0, 8));
  return bytes;
}

/** What the kernel makes of a memory. */
export function milliOf(id: RomId, bytes: Uint8Array): number {
  const raw = new DataView(bytes.buffer, bytes.byteOffset).getInt16(0, true);
  if (familyOf(id) !== '10') return Math.trunc((raw * 1_000) / 16);
  if (bytes[7] === 0) return 0;
  return (raw >> 1) * 1_000 - 250 + Math.trunc(((bytes[7]! - bytes[6]!) * 1_000) / bytes[7]!);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
