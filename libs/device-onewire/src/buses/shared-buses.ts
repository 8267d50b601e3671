import type { DeviceLog, DriverContext } from '@raspy/devices';
import { BusError, type OnewireBus } from '../bus.js';
import { Thermometry } from '../measuring/thermometry.js';
import { ManyBuses } from './many-buses.js';

/** What a bus is opened with. */
export interface BusSurroundings {
  readonly clock: DriverContext['clock'];
  readonly log: DeviceLog;
}

/** Opens the buses of a plugin. */
export type OpenBuses = (surroundings: BusSurroundings) => readonly OnewireBus[];

/** The buses while they are open, for one of those who use them. */
export interface BusUse {
  readonly bus: ManyBuses;
  readonly thermometry: Thermometry;
  /**
   * Takes an output of a chip for one device alone.
   * @throws BusError `REFUSED` while another one has it
   */
  claim(output: string, device: string): void;
  /** To be called once; the buses are closed when nobody uses them any more. */
  release(): Promise<void>;
}

/** The buses of a plugin: open while any of its devices is. */
export class SharedBuses {
  readonly #open: OpenBuses;
  #current: Current | undefined;

  constructor(open: OpenBuses) {
    this.#open = open;
  }

  /** @param surroundings - those of whoever comes first are the buses' */
  use(surroundings: BusSurroundings): BusUse {
    const current = (this.#current ??= this.#begin(surroundings));
    current.users++;
    const own: string[] = [];
    return {
      bus: current.bus,
      thermometry: current.thermometry,
      claim: (output, device) => {
        const other = current.claims.get(output);
        if (other !== undefined)
          throw new BusError('REFUSED', `${output} is driven by the device "${other}" already`);
        current.claims.set(output, device);
        own.push(output);
      },
      release: async () => {
        for (const output of own.splice(0)) current.claims.delete(output);
        if (--current.users > 0) return;
        if (this.#current === current) this.#current = undefined;
        current.thermometry.close();
        await current.bus.close();
      },
    };
  }

  #begin(surroundings: BusSurroundings): Current {
    const bus = new ManyBuses({ ...surroundings, buses: this.#open(surroundings) });
    const thermometry = new Thermometry({ bus, clock: surroundings.clock });
    return { bus, thermometry, claims: new Map(), users: 0 };
  }
}

interface Current {
  readonly bus: ManyBuses;
  readonly thermometry: Thermometry;
  /** Outputs of chips, and the devices that drive them. */
  readonly claims: Map<string, string>;
  users: number;
}
