import {
  DEVICE_NAME_PATTERN,
  type DeviceFinder,
  type DriverContext,
  type FinderSession,
  type FoundDevice,
} from '@raspy/devices';
import { ReplaySubject } from 'rxjs';
import type { ChipOnBus } from './bus.js';
import type { BusUse, SharedBuses } from './buses/shared-buses.js';
import { familyOfChip, type ChipKind } from './families.js';
import type { RomId } from './rom-id.js';

/** How long a chip that does not answer any more is still told of: somebody should see that it is missing. */
const MISSED_FOR_MS = 10 * 60_000;

/** Types by which chips are offered; a switch is not driven before it is configured. */
const OIDS: Readonly<Record<ChipKind, string>> = {
  thermometer: 'sensor.temperature',
  'battery monitor': 'onewire.battery',
  'A/D converter': 'onewire.adc',
  counter: 'onewire.counter',
  switch: 'onewire.chip',
  other: 'onewire.chip',
};

/**
 * Finds the chips of these buses: each is offered under its alias, or its identity.
 * @param everySeconds - how often it is looked
 */
export function chipFinder(buses: SharedBuses, everySeconds: number): DeviceFinder {
  return {
    open: ({ clock, log }) => new Search(buses.use({ clock, log }), clock, everySeconds * 1_000),
  };
}

class Search implements FinderSession {
  readonly found$ = new ReplaySubject<readonly FoundDevice[]>(1);
  readonly #use: BusUse;
  readonly #clock: DriverContext['clock'];
  readonly #everyMs: number;
  /** Chips that were there, and when they were seen last. */
  readonly #seen = new Map<RomId, { readonly chip: ChipOnBus; readonly at: number }>();
  #told: string | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(use: BusUse, clock: DriverContext['clock'], everyMs: number) {
    this.#use = use;
    this.#clock = clock;
    this.#everyMs = everyMs;
    void this.#look();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.found$.complete();
    return this.#use.release();
  }

  async #look(): Promise<void> {
    try {
      const chips = await this.#use.bus.scan();
      if (this.#closed) return;
      this.#tell(chips);
    } catch (error) {
      // Whoever opened it says why, and opens it again.
      this.found$.error(error);
      return;
    }
    this.#cancel = this.#clock.schedule(this.#clock.now() + this.#everyMs, () => void this.#look());
  }

  #tell(chips: readonly ChipOnBus[]): void {
    const now = this.#clock.now();
    for (const chip of chips) this.#seen.set(chip.id, { chip, at: now });
    for (const [id, { at }] of this.#seen) if (now - at > MISSED_FOR_MS) this.#seen.delete(id);
    const devices = [...this.#seen.values()].map(({ chip }) => offer(chip));
    const text = JSON.stringify(devices);
    if (text === this.#told) return;
    this.#told = text;
    this.found$.next(devices);
  }
}

/** How a chip is offered. */
function offer({ id, alias }: ChipOnBus): FoundDevice {
  const { kind, title } = familyOfChip(id);
  const name = alias !== undefined && DEVICE_NAME_PATTERN.test(alias) ? alias : id;
  const hint =
    kind === 'switch'
      ? '; to drive an output, add it as actuator.switch; to read a pin, as sensor.contact'
      : '';
  return { device: { name, oid: OIDS[kind], config: { id } }, address: id, note: title + hint };
}
