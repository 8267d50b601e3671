import type { Clock } from './clock.js';
import { probeCelsius, waterCelsius, type ThermalTank } from './thermal-tank.js';
import { levelPercent, type OpenTank } from './water-level.js';

/** What a tank is like. */
export interface TankProperties extends ThermalTank, OpenTank {
  /** How many seconds pass in the tank while one does on the clock. */
  readonly speed: number;
}

/** What is in a tank. */
export interface TankContents {
  readonly celsius: number;
  /** How full it is. */
  readonly percent: number;
}

/** A tank of which nobody has said anything. */
export const DEFAULT_TANK: TankProperties & { readonly contents: TankContents } = {
  volumeLitres: 100,
  ambientCelsius: 20,
  lossWattsPerKelvin: 4,
  evaporationLitresPerDay: 2,
  speed: 1,
  contents: { celsius: 24, percent: 90 },
};

interface Probe {
  readonly lagSeconds: number;
  readonly shown: number;
}

/** What a tank was like at an instant; until the next event it follows from that. */
interface Known extends TankContents {
  readonly at: number;
  readonly probes: ReadonlyMap<string, Probe>;
}

/**
 * The water that several fake devices share. It has no timers: what it is like now is calculated from the last event,
 * exactly, so that it does not matter who looks how often. The heat does not depend on the level, and water that comes
 * in is as warm as what is there.
 */
export class SimulatedTank {
  readonly #clock: Clock;
  readonly #watts = new Map<string, number>();
  readonly #flows = new Map<string, number>();
  #properties: TankProperties = DEFAULT_TANK;
  #filled = false;
  #known: Known;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#known = { at: clock.now(), ...DEFAULT_TANK.contents, probes: new Map() };
  }

  get celsius(): number {
    return this.#now().celsius;
  }

  get percent(): number {
    return this.#now().percent;
  }

  /** Says what the tank is like from now on, and the first time what is in it; that is in it later, whoever says what. */
  build(properties: TankProperties, contents: TankContents): void {
    this.#known = this.#now();
    this.#properties = properties;
    if (!this.#filled) this.pour(contents);
    this.#filled = true;
  }

  /** Replaces the water; what is left out stays. */
  pour(contents: Partial<TankContents>): void {
    this.#known = { ...this.#now(), ...contents };
  }

  /** A heater has this power from now on, 0 when it is off. */
  heat(heater: string, watts: number): void {
    this.#known = this.#now();
    this.#watts.set(heater, watts);
  }

  /** A pump brings so much from now on; negative when it takes it out, 0 when it is off. */
  pump(pump: string, litresPerMinute: number): void {
    this.#known = this.#now();
    this.#flows.set(pump, litresPerMinute);
  }

  /** Puts a probe in, which is as warm as the water and follows it with this lag. */
  putProbe(probe: string, lagSeconds: number): void {
    const known = this.#now();
    const probes = new Map(known.probes).set(probe, { lagSeconds, shown: known.celsius });
    this.#known = { ...known, probes };
  }

  /** What a probe that is in shows. */
  probe(probe: string): number {
    return this.#now().probes.get(probe)?.shown ?? this.celsius;
  }

  takeProbe(probe: string): void {
    const known = this.#now();
    const probes = new Map(known.probes);
    probes.delete(probe);
    this.#known = { ...known, probes };
  }

  #now(): Known {
    const { at, celsius, percent, probes } = this.#known;
    const now = this.#clock.now();
    const tank = this.#properties;
    const ms = (now - at) * tank.speed;
    const watts = sum(this.#watts);
    return {
      at: now,
      celsius: waterCelsius(tank, celsius, watts, ms),
      percent: levelPercent(tank, percent, sum(this.#flows), ms),
      probes: new Map(
        [...probes].map(([name, { lagSeconds, shown }]) => [
          name,
          { lagSeconds, shown: probeCelsius(tank, { celsius, shown, lagSeconds }, watts, ms) },
        ]),
      ),
    };
  }
}

function sum(amounts: ReadonlyMap<string, number>): number {
  return [...amounts.values()].reduce((total, one) => total + one, 0);
}
