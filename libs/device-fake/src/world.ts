import type { Clock } from './clock.js';
import { SimulatedTank } from './simulated-tank.js';

const worlds = new WeakMap<Clock, World>();

/**
 * What fake devices share, and what they remember when they are closed, as a relay stays as it was set. It belongs to
 * the clock, so that drivers need no state of their own: hosts on one clock share it, and it ends with the clock.
 */
export class World {
  readonly #clock: Clock;
  readonly #tanks = new Map<string, SimulatedTank>();
  readonly #remembered = new Map<string, object>();

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static of(clock: Clock): World {
    const world = worlds.get(clock) ?? new World(clock);
    worlds.set(clock, world);
    return world;
  }

  /** The tank of this name; of {@link DEFAULT_TANK} when it is named for the first time. */
  tank(name: string): SimulatedTank {
    const tank = this.#tanks.get(name) ?? new SimulatedTank(this.#clock);
    this.#tanks.set(name, tank);
    return tank;
  }

  /**
   * What is remembered of a device, to be changed in place.
   * @param what - names it, and its form, among all that is remembered of the device
   */
  remembered<S extends object>(what: string, device: string, initial: () => S): S {
    const key = `${what} ${device}`;
    const found = this.#remembered.get(key) ?? initial();
    this.#remembered.set(key, found);
    return found as S;
  }
}
