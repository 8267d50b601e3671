import { join } from 'node:path';
import type { DeviceLog, DriverContext } from '@raspy/devices';
import type { Lanes } from './lanes.js';
import type { SysFiles } from './sys-files.js';

/** What {@link BulkReading} is made of. */
export interface BulkReadingOptions {
  readonly devicesDir: string;
  readonly clock: DriverContext['clock'];
  readonly log: DeviceLog;
  readonly files: SysFiles;
  readonly lanes: Lanes;
}

/** The kernel compares the length of what is written: seven letters and the end of the line. */
const TRIGGER = 'trigger\n';
/** While the state says that chips measure still. */
const LOOK_AGAIN_MS = 50;
const MOST_LOOKS = 60;
/** A master that does not let it be done is not asked for so long. */
const PAUSE_MS = 5 * 60_000;

/** Lets all thermometers of a bus master measure at the same time, by `therm_bulk_read`. */
export class BulkReading {
  readonly #options: BulkReadingOptions;
  /** Masters that are not asked before that instant. */
  readonly #pauses = new Map<string, number>();
  readonly #said = new Set<string>();
  readonly #waits = new Set<() => void>();
  #conversions = 0;

  constructor(options: BulkReadingOptions) {
    this.#options = options;
  }

  /** @returns the name of the conversion when it is done; `undefined` when this master cannot. Never rejects */
  async convert(master: string): Promise<string | undefined> {
    const { clock, lanes } = this.#options;
    if (clock.now() < (this.#pauses.get(master) ?? -Infinity)) return undefined;
    try {
      // The write ends when the conversion does.
      const done = await lanes.run({ lane: master, subject: master, run: () => this.#trigger(master) });
      for (let looks = 0; done && looks < MOST_LOOKS; looks++) {
        const state = await lanes.run({ lane: master, subject: master, run: () => this.#state(master) });
        if (state === '1') return `${master}#${++this.#conversions}`;
        if (state !== '-1') break;
        await this.#wait();
      }
      // It has the file for one master alone, and gives up on it while a chip without its driver is there.
      this.#say(master, 'the kernel does not do it for this bus');
    } catch (error) {
      this.#tell(master, error as NodeJS.ErrnoException);
    }
    this.#pauses.set(master, clock.now() + PAUSE_MS);
    return undefined;
  }

  close(): void {
    for (const end of this.#waits) end();
  }

  async #trigger(master: string): Promise<boolean> {
    await this.#options.files.write(this.#path(master), TRIGGER);
    return true;
  }

  async #state(master: string): Promise<string> {
    return (await this.#options.files.read(this.#path(master))).trim();
  }

  #path(master: string): string {
    return join(this.#options.devicesDir, master, 'therm_bulk_read');
  }

  #wait(): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#waits.delete(end);
        resolve();
      };
      const cancel = clock.schedule(clock.now() + LOOK_AGAIN_MS, end);
      this.#waits.add(end);
    });
  }

  #tell(master: string, { code, message }: NodeJS.ErrnoException): void {
    // Kernels before 5.8 do not have it, nor has a bus without thermometers.
    if (code === 'ENOENT' || code === 'CLOSED') return;
    const hint =
      code === 'EACCES' || code === 'EPERM' ? '; see `raspy doctor onewire` for the rule that allows it' : '';
    this.#say(master, message + hint);
  }

  #say(master: string, reason: string): void {
    if (this.#said.has(master)) return;
    this.#said.add(master);
    this.#options.log.warn('thermometers are read one by one, which takes a second for each', {
      master,
      reason,
    });
  }
}
