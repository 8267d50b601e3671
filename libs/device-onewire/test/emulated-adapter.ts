import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '@raspy/clock';
import { checkSum, crc8, familyOf, type RomId } from '../src/rom-id.js';

/** What an {@link EmulatedThermometer} is. */
export interface ThermometerTraits {
  readonly celsius: number;
  /** @default true */
  readonly externalPower?: boolean;
  /** What is in its EEPROM. @default 12 */
  readonly bits?: 9 | 10 | 11 | 12;
}

const ROM_BYTES = 8;
const POWER_ON_CELSIUS = 85;

/** A DS18B20, bit by bit as its data sheet has it. */
export class EmulatedThermometer {
  celsius: number;
  externalPower: boolean;
  /** Measurements that it has begun. */
  conversions = 0;
  /** What wears it. */
  eepromWrites = 0;
  /** Whether it is on the bus. */
  plugged = true;
  readonly rom: Uint8Array;
  readonly #clock: Clock;
  readonly #eeprom: [number, number, number];
  #ram: [number, number, number];
  #measured = POWER_ON_CELSIUS;
  #measuring: { readonly until: number; readonly celsius: number } | undefined;
  #step: Step = 'deselected';
  #bits: number[] = [];
  #out: number[] = [];
  #rom = 0;

  constructor(id: RomId, { celsius, externalPower = true, bits = 12 }: ThermometerTraits, clock: Clock) {
    const serial = Buffer.from(id.slice(3), 'hex').reverse();
    this.rom = Uint8Array.of(Number.parseInt(familyOf(id), 16), ...serial, checkSum(id));
    this.celsius = celsius;
    this.externalPower = externalPower;
    this.#clock = clock;
    this.#eeprom = [75, 70, configOf(bits)];
    this.#ram = [...this.#eeprom];
  }

  /** Bits in its memory that a power cut clears. */
  get bits(): number {
    return 9 + (this.#ram[2] >> 5);
  }

  /** Those are gone, and so is what it measured. */
  powerCut(): void {
    this.#ram = [...this.#eeprom];
    this.#measured = POWER_ON_CELSIUS;
    this.#measuring = undefined;
    this.#step = 'deselected';
  }

  reset(): void {
    this.#expect('rom command');
  }

  /** @param bit - what the master writes; 1 to read @returns what is on the line; 1 when it lets go of it */
  slot(bit: number): number {
    switch (this.#step) {
      case 'search':
        return this.#search(bit);
      case 'send':
        return this.#out.shift() ?? 1;
      case 'status':
        return this.#isMeasuring() && this.externalPower ? 0 : 1;
      case 'power':
        return this.externalPower ? 1 : 0;
      case 'deselected':
        return 1;
      default:
        this.#bits.push(bit);
        this.#take(this.#step);
        return bit;
    }
  }

  #take(step: 'rom command' | 'match' | 'command' | 'scratchpad'): void {
    const need = { 'rom command': 8, match: 64, command: 8, scratchpad: 24 }[step];
    if (this.#bits.length < need) return;
    const bytes = toBytes(this.#bits);
    switch (step) {
      case 'rom command':
        this.#select(bytes[0]!);
        return;
      case 'match':
        this.#expect(bytes.every((byte, i) => byte === this.rom[i]) ? 'command' : 'deselected');
        return;
      case 'command':
        this.#obey(bytes[0]!);
        return;
      case 'scratchpad':
        this.#ram = [bytes[0]!, bytes[1]!, (bytes[2]! & 0x60) | 0x1f];
        this.#expect('deselected');
    }
  }

  #select(command: number): void {
    if (command === 0xf0) {
      this.#rom = 0;
      this.#expect('search');
    } else if (command === 0x55) this.#expect('match');
    else this.#expect(command === 0xcc ? 'command' : 'deselected');
  }

  #obey(command: number): void {
    switch (command) {
      case 0x44:
        this.#begin();
        return;
      case 0xbe:
        this.#out = toBits(this.#scratchpad());
        this.#expect('send');
        return;
      case 0x4e:
        this.#expect('scratchpad');
        return;
      case 0x48:
        this.#eeprom.splice(0, 3, ...this.#ram);
        this.eepromWrites++;
        this.#expect('status');
        return;
      case 0xb8:
        this.#ram = [...this.#eeprom];
        this.#expect('status');
        return;
      case 0xb4:
        this.#expect('power');
        return;
      default:
        this.#expect('deselected');
    }
  }

  #begin(): void {
    this.conversions++;
    this.#measured = this.#now();
    const until = this.#clock.now() + 750 / 2 ** (12 - this.bits);
    this.#measuring = { until, celsius: this.celsius };
    this.#expect('status');
  }

  #isMeasuring(): boolean {
    return this.#measuring !== undefined && this.#clock.now() < this.#measuring.until;
  }

  /** What it has measured last; while it measures, what it had before. */
  #now(): number {
    if (this.#measuring !== undefined && !this.#isMeasuring()) {
      this.#measured = this.#measuring.celsius;
      this.#measuring = undefined;
    }
    return this.#measured;
  }

  #scratchpad(): Uint8Array {
    const sixteenths = Math.round(this.#now() * 16) & (0xffff << (12 - this.bits));
    const bytes = [sixteenths & 0xff, (sixteenths >> 8) & 0xff, ...this.#ram, 0xff, 0x0c, 0x10];
    return Uint8Array.of(...bytes, crc8(Uint8Array.from(bytes)));
  }

  #search(bit: number): number {
    const own = (this.rom[this.#rom >> 3]! >> (this.#rom & 7)) & 1;
    // Its bit, what that is not, and the way that the master goes on.
    switch (this.#bits.length) {
      case 0:
        this.#bits.push(own);
        return own;
      case 1:
        this.#bits.push(1 - own);
        return 1 - own;
      default:
        this.#bits = [];
        if (bit !== own || ++this.#rom === ROM_BYTES * 8) this.#expect('deselected');
        return bit;
    }
  }

  #expect(step: Step): void {
    this.#step = step;
    this.#bits = [];
  }
}

type Step =
  | 'rom command'
  | 'search'
  | 'match'
  | 'command'
  | 'scratchpad'
  | 'send'
  | 'status'
  | 'power'
  | 'deselected';

/**
 * An adapter of 1-Wire on the network, as `owserver --link` reaches one (LINK of iButtonLink), with thermometers that keep
 * what is written to them and measure as long as real ones. So a real owserver sends every bit that it would send to chips.
 */
export class EmulatedAdapter {
  readonly chips: EmulatedThermometer[] = [];
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #found: EmulatedThermometer[] = [];
  #powered = '';

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(clock: Clock): Promise<EmulatedAdapter> {
    const adapter = new EmulatedAdapter(clock);
    await new Promise<void>((resolve) => adapter.#server.listen(0, '127.0.0.1', resolve));
    return adapter;
  }

  /** `HOST:PORT` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  plug(id: RomId, traits: ThermometerTraits): EmulatedThermometer {
    const chip = new EmulatedThermometer(id, traits, this.#clock);
    this.chips.push(chip);
    return chip;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #present(): EmulatedThermometer[] {
    return this.chips.filter(({ plugged }) => plugged);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk) => {
      text += withoutTelnet(chunk);
      for (;;) {
        const [taken, reply] = this.#obey(text);
        if (taken === 0) return;
        text = text.slice(taken);
        if (reply !== '') socket.write(`${reply}\r\n`);
      }
    });
  }

  /** @returns how many characters are one command, 0 when none is complete, and what it answers */
  #obey(text: string): [number, string] {
    switch (text[0]) {
      case undefined:
        return [0, ''];
      case ' ':
        return [1, 'Link v1.2'];
      case 'r':
        for (const chip of this.#present) chip.reset();
        return [1, this.#present.length > 0 ? 'P' : 'N'];
      case 't':
        return text.length < 3 ? [0, ''] : [3, text.slice(1, 3)];
      case 'f':
        this.#found = [...this.#present];
        return [1, this.#next()];
      case 'n':
        return [1, this.#next()];
      case 'b':
        return closed(text, (hex) => this.#bytes(hex));
      case 'j':
        return closed(text, (bits) => this.#slots(bits));
      // What needs power is sent at once, and ends when the server says so.
      case 'p':
        if (text.length < 3) return [0, ''];
        this.#powered = this.#bytes(text.slice(1, 3));
        return [3, ''];
      case '~':
        if (text.length < 2) return [0, ''];
        this.#powered = this.#slots(text.slice(1, 2));
        return [2, ''];
      case '\r':
        return [1, this.#powered];
      default:
        return [1, ''];
    }
  }

  #next(): string {
    const chip = this.#found.shift();
    if (chip === undefined) return 'N';
    const rom = Buffer.from(chip.rom).reverse().toString('hex').toUpperCase();
    return `${this.#found.length > 0 ? '+' : '-'},${rom}`;
  }

  #slots(bits: string): string {
    return Array.from(bits, (bit) => String(this.#slot(Number(bit)))).join('');
  }

  #bytes(hex: string): string {
    const bits = toBits(Buffer.from(hex, 'hex')).map((bit) => this.#slot(bit));
    return Buffer.from(toBytes(bits)).toString('hex').toUpperCase();
  }

  /** Whoever pulls the line down wins. */
  #slot(bit: number): number {
    let line = bit;
    for (const chip of this.#present) line &= chip.slot(bit);
    return line;
  }
}

/** A command that goes on until a carriage return. */
function closed(text: string, obey: (argument: string) => string): [number, string] {
  const end = text.indexOf('\r');
  return end === -1 ? [0, ''] : [end + 1, obey(text.slice(1, end))];
}

/** An owserver negotiates about the line first, by bytes after 255. */
function withoutTelnet(chunk: Buffer): string {
  const bytes: number[] = [];
  for (let i = 0; i < chunk.length; i++) {
    if (chunk[i] !== 0xff) bytes.push(chunk[i]!);
    else if (chunk[i + 1] === 0xfa) i = chunk.indexOf(0xf0, i);
    else i += chunk[i + 1]! >= 0xfb ? 2 : 1;
  }
  return Buffer.from(bytes).toString('latin1');
}

function configOf(bits: number): number {
  return ((bits - 9) << 5) | 0x1f;
}

/** The least significant bit of each byte goes first. */
function toBits(bytes: Iterable<number>): number[] {
  return [...bytes].flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1));
}

function toBytes(bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(bits.length >> 3);
  bits.forEach((bit, i) => (bytes[i >> 3]! |= bit << (i & 7)));
  return bytes;
}
