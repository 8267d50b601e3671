import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DriverContext } from '@raspy/devices';
import { LOST_POWER, type ClockFacts } from './quality.js';
import { runTool, type ToolCommand } from './run-tool.js';

/** Where a {@link MachineClock} looks, and by what. */
export interface MachineClockOptions {
  readonly clock: DriverContext['clock'];
  /** Prints `NTPSynchronized=yes` or `no`. */
  readonly status: ToolCommand;
  /** Folder of the battery-backed clock, in which `since_epoch` is. */
  readonly rtcFolder: string;
  /** File that is there since a time server has told the time; the last time that it was written is when. */
  readonly syncFile: string;
  readonly timeoutMs: number;
}

/** Reads the clocks of a machine, which takes no rights. */
export class MachineClock {
  readonly #options: MachineClockOptions;

  constructor(options: MachineClockOptions) {
    this.#options = options;
  }

  /** Never rejects: what cannot be had is not known. */
  async facts(): Promise<ClockFacts> {
    const [told, ntpAt, rtc] = await Promise.all([this.#status(), this.#syncedAt(), this.#rtc()]);
    // The tool says no again when no server was heard for long; the time is what it was.
    const ntp = ntpAt === undefined ? told : true;
    const now = this.#options.clock.wallNow();
    // Other clients leave no file: what the kernel takes for synchronized is so now.
    const at = ntpAt ?? (told === true ? now : undefined);
    return { now, ntp, ...(at !== undefined && { ntpAt: at }), rtc };
  }

  async #status(): Promise<boolean | undefined> {
    const { status, clock, timeoutMs } = this.#options;
    try {
      const [, answer] =
        /^NTPSynchronized=(yes|no)$/m.exec(await runTool(status, { clock, timeoutMs })) ?? [];
      return answer === undefined ? undefined : answer === 'yes';
    } catch {
      return undefined;
    }
  }

  async #syncedAt(): Promise<number | undefined> {
    try {
      return Math.round((await stat(this.#options.syncFile)).mtimeMs);
    } catch {
      return undefined;
    }
  }

  /** The kernel shows whole seconds. */
  async #rtc(): Promise<number | string | undefined> {
    try {
      const text = (await readFile(join(this.#options.rtcFolder, 'since_epoch'), 'latin1')).trim();
      return /^-?\d{1,11}$/.test(text)
        ? Number(text) * 1_000
        : `it shows ${JSON.stringify(text.slice(0, 40))}`;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EINVAL') return LOST_POWER;
      return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : message;
    }
  }
}
