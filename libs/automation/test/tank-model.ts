import type { VirtualClock } from '@raspy/clock';
import type { TestHome } from './test-home.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Water of 100 l in a room of 17 to 21 °C with a heater of 200 W; a sump that loses 10 % a day, and a pump of 5 % a minute. */
export class TankModel {
  celsius = 24.9;
  level = 74;
  /** What the reservoir holds, in % of the sump. */
  reservoir = 1_000;
  /** What the sump loses besides, in % an hour. */
  leakPerHour = 0;
  readonly #clock: VirtualClock;
  readonly #home: TestHome;
  #at: number;
  /** For how long the outputs were on, in all, and when they last went on or off. */
  readonly onMs = { heater: 0, pump: 0 };
  readonly onSince: Record<'heater' | 'pump', number | undefined> = { heater: undefined, pump: undefined };
  readonly pumped: { readonly from: number; readonly to: number }[] = [];
  longestOnMs = { heater: 0, pump: 0 };

  constructor(clock: VirtualClock, home: TestHome) {
    this.#clock = clock;
    this.#home = home;
    this.#at = clock.now();
    home.switched = (device, on) => this.#switched(device as 'heater' | 'pump', on);
  }

  /** Physics up to now. */
  advance(): void {
    const now = this.#clock.now();
    const seconds = (now - this.#at) / 1000;
    this.#advanceFor(seconds, this.#home.isOn('heater'), this.#home.isOn('pump'));
    this.#at = now;
  }

  #advanceFor(seconds: number, heats: boolean, pumps: boolean): void {
    const room = 19 + 2 * Math.sin((2 * Math.PI * this.#clock.now()) / DAY);
    const watts = (heats ? 200 : 0) - 6 * (this.celsius - room);
    this.celsius += (watts * seconds) / 418_600;
    this.level -= (10 / DAY + this.leakPerHour / HOUR) * seconds * 1000;
    const given = pumps ? Math.min(this.reservoir, (5 / 60) * seconds) : 0;
    this.level += given;
    this.reservoir -= given;
  }

  #switched(device: 'heater' | 'pump', on: boolean): void {
    const now = this.#clock.now();
    const seconds = (now - this.#at) / 1000;
    // Until now it was the other way round.
    this.#advanceFor(
      seconds,
      device === 'heater' ? !on : this.#home.isOn('heater'),
      device === 'pump' ? !on : this.#home.isOn('pump'),
    );
    this.#at = now;
    const since = this.onSince[device];
    if (!on && since !== undefined) {
      this.onMs[device] += now - since;
      this.longestOnMs[device] = Math.max(this.longestOnMs[device], now - since);
      if (device === 'pump') this.pumped.push({ from: since, to: now });
    }
    this.onSince[device] = on ? now : undefined;
  }
}
