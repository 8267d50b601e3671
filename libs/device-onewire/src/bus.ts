import type { RomId } from './rom-id.js';

/** A chip that answers on a bus. */
export interface ChipOnBus {
  readonly id: RomId;
  /** What somebody has called it at the bus; owserver knows such names. */
  readonly alias?: string;
}

/** What a thermometer was found to hold after it has measured. Whether it can be believed is for others to judge. */
export interface TemperatureSample {
  readonly celsius: number;
  /** The nine bytes of its memory as they came, where the back end shows them; their check sum was right. */
  readonly scratchpad?: Uint8Array;
  /** `false`: the back end saw that it did not measure, so that this is what it had measured before. @default not known */
  readonly measured?: false;
}

/** How a thermometer is set up; what a back end or a chip does not tell is left out. */
export interface ThermometerStatus {
  /** Bits: 9 to 12. */
  readonly resolution?: number;
  /** Whether it has a supply of its own; without one it lives on its data line. */
  readonly externalPower?: boolean;
  /** How long it measures. */
  readonly conversionMs?: number;
  /** Whole °C at or below which it raises its alarm. */
  readonly alarmLowCelsius?: number;
  /** Whole °C at or above which it raises its alarm. */
  readonly alarmHighCelsius?: number;
}

/** What can be set of a thermometer; what is left out stays as it is. It is kept in memory that a power cut clears. */
export type ThermometerSettings = Pick<
  ThermometerStatus,
  'resolution' | 'alarmLowCelsius' | 'alarmHighCelsius'
>;

/**
 * Chips of 1-Wire, by whatever reaches them. Every call may be made at any time, also many at once: the bus does what it
 * must one after the other. Each ends within a bounded time, on the bus's clock.
 */
export interface OnewireBus {
  /** What it is, for people: a folder, or `owserver at host:port`. */
  readonly where: string;
  /** The chips that answer now, sorted by identity. @throws BusError (rejects) `UNREACHABLE` */
  scan(): Promise<readonly ChipOnBus[]>;
  /**
   * Lets thermometers measure, all at the same time, where the back end can; resolves when they have.
   * @returns those that have measured, for which `temperature` only fetches what they found, each with the name of the
   * conversion: those that have the same one got the same command. The others measure when they are read.
   */
  convert(ids: readonly RomId[]): Promise<ReadonlyMap<RomId, string>>;
  /**
   * The temperature of one thermometer, which measures before unless it just did by `convert`.
   * @throws BusError (rejects)
   */
  temperature(id: RomId): Promise<TemperatureSample>;
  /** How a thermometer is set up. @throws BusError (rejects) */
  thermometer(id: RomId): Promise<ThermometerStatus>;
  /** Sets a thermometer up. @throws BusError (rejects) */
  adjust(id: RomId, settings: ThermometerSettings): Promise<void>;
  /** One property of a chip, by the names that owserver has for them, never out of a cache. @throws BusError (rejects) */
  read(id: RomId, property: string): Promise<string>;
  /** Sets one property of a chip. @throws BusError (rejects) */
  write(id: RomId, property: string, value: string): Promise<void>;
  /** Frees everything; what is under way fails with `CLOSED`. */
  close(): Promise<void>;
}

/**
 * `ABSENT`: the chip does not answer, all else of the bus may; `GARBLED`: what came is torn, or its check sum is wrong: worth
 * another try; `UNREACHABLE`: the bus itself cannot be had (no folder, no rights, no server); `REFUSED`: the bus said no;
 * `TIMEOUT`: nothing came in time; `UNSUPPORTED`: this back end cannot do that; `CLOSED`: it was closed.
 */
export type BusErrorCode =
  | 'ABSENT'
  | 'GARBLED'
  | 'UNREACHABLE'
  | 'REFUSED'
  | 'TIMEOUT'
  | 'UNSUPPORTED'
  | 'CLOSED';

/** Why a bus could not do what it was asked. The message is for people, and says what to do where that is known. */
export class BusError extends Error {
  readonly code: BusErrorCode;

  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BusError';
    this.code = code;
  }
}
