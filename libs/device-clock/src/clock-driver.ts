import { existsSync } from 'node:fs';
import {
  CommandRefusedError,
  defineDeviceType,
  deriveDeviceType,
  type DeviceConfig,
  type DeviceDriver,
  type DeviceSession,
  type DeviceUpdate,
  type DriverContext,
} from '@raspy/devices';
import { rtcClock } from '@raspy/devices/types';
import { Subject } from 'rxjs';
import { z } from 'zod';
import { MachineClock } from './machine-clock.js';
import { CLOCK_QUALITIES, judgeClock, type ClockFacts, type ClockJudgement } from './quality.js';
import { runTool, type ToolCommand } from './run-tool.js';

const RTC_FOLDER = '/sys/class/rtc/rtc0';
const command = z.array(z.string().min(1)).min(1).max(32);

const quality = {
  quality: { title: 'How far the time can be trusted', schema: z.enum(CLOCK_QUALITIES) },
  lastSync: {
    title: 'Last sync, Unix milliseconds',
    schema: z.number(),
    unit: 'ms',
  },
} as const;

const config = z.object({
  rtcFolder: z.string().min(1).default(RTC_FOLDER).meta({ title: 'Folder of the battery-backed clock' }),
  syncFile: z
    .string()
    .min(1)
    .default('/run/systemd/timesync/synchronized')
    .meta({ title: 'File that is there since a time server has told the time' }),
  statusCommand: command
    .default(['timedatectl', 'show', '--property=NTPSynchronized'])
    .meta({ title: 'Command that prints NTPSynchronized=yes or no' }),
  ntpToRtcCommand: command
    .default(['sudo', '-n', '/usr/sbin/hwclock', '--systohc', '--utc'])
    .meta({ title: 'Command that sets the battery-backed clock to the time of the system' }),
  rtcToSystemCommand: command
    .default(['sudo', '-n', '/usr/sbin/hwclock', '--hctosys', '--utc'])
    .meta({ title: 'Command that sets the time of the system to the battery-backed clock' }),
  setTimeCommand: command.optional().meta({
    title: 'Command that sets the battery-backed clock to a time given by hand',
    description: '{seconds} stands for the time, Unix seconds; without it that is refused',
  }),
  ntpToRtcHours: z.number().min(0).max(8_760).default(0).meta({
    title: 'Set the battery-backed clock every so many hours',
    unit: 'h',
    description: '0: never by itself',
  }),
  rtcToSystemAtStart: z
    .boolean()
    .default(false)
    .meta({ title: 'Set the time of the system when this starts, where no time server has' }),
});

/** The clock of a board with a battery-backed one: how far its time can be trusted, and what the other shows. */
export const machineClockType = deriveDeviceType(rtcClock, {
  title: 'Clock of the board',
  config,
  values: {
    ...quality,
    offset: { title: 'By how much the battery-backed clock is ahead', schema: z.number(), unit: 's' },
  },
  commands: {
    ntpToRtc: {
      title: 'Set the battery-backed clock to the time of the system, which a time server has told',
    },
    rtcToSystem: { title: 'Set the time of the system to the battery-backed clock' },
  },
});

/** The clock of a board without a battery-backed one: how far its time can be trusted. */
export const plainClockType = defineDeviceType({
  oid: 'clock.plain',
  title: 'Clock of the board',
  config,
  values: quality,
  commands: {},
});

type Config = z.output<(typeof machineClockType)['config']>;

const TOOL_TIMEOUT_MS = 8_000;
const HOUR_MS = 3_600_000;
const POLL_SECONDS = 60;

/** The clock of this board as a device: with what a battery-backed clock shows where there is one. */
export function clockDevice(name: string, given: Readonly<Record<string, unknown>> = {}): DeviceConfig {
  const { rtcFolder = RTC_FOLDER } = given;
  const isThere = typeof rtcFolder === 'string' && existsSync(rtcFolder);
  return { name, oid: isThere ? machineClockType.oid : plainClockType.oid, config: given };
}

/** Reads the clocks every minute, and sets them when it is told to, and only then. */
export const machineClock: DeviceDriver<typeof machineClockType> = {
  type: machineClockType,
  pollSeconds: POLL_SECONDS,
  addressOf: ({ rtcFolder }) => `rtc:${rtcFolder}`,
  async open(config, context) {
    const session = new ClockSession(config, context);
    await session.begin();
    return session;
  },
};

/** Reads how far the time can be trusted, every minute. */
export const plainClock: DeviceDriver<typeof plainClockType> = {
  type: plainClockType,
  pollSeconds: POLL_SECONDS,
  open({ rtcFolder, syncFile, statusCommand: status }, { clock, log }) {
    const values$ = new Subject<DeviceUpdate<typeof plainClockType>>();
    const machine = new MachineClock({ clock, rtcFolder, syncFile, status, timeoutMs: TOOL_TIMEOUT_MS });
    const told = new QualityLog(log);
    return {
      values$,
      commands: {},
      poll: async () => {
        const facts = await machine.facts();
        const judgement = judgeClock(facts);
        values$.next(update('quality', judgement.quality, judgement.reason));
        values$.next(update('lastSync', facts.ntpAt, NOT_KNOWN));
        told.tell(judgement);
      },
      close: () => values$.complete(),
    };
  },
};

const NOT_KNOWN = 'it is not known';
const NO_RTC = 'there is no battery-backed clock';

/** A value, or why there is none. */
function update<N extends string, V>(name: N, value: V | undefined, bad: string) {
  return value === undefined ? { name, bad } : { name, value };
}

/** Says when the quality becomes another. */
class QualityLog {
  readonly #log: DriverContext['log'];
  #told: string | undefined;

  constructor(log: DriverContext['log']) {
    this.#log = log;
  }

  tell({ quality, reason }: ClockJudgement): void {
    const said = quality ?? 'of unknown quality';
    if (said === this.#told) return;
    this.#told = said;
    this.#log[quality === 'unsynced' ? 'warn' : 'info'](`the time of this machine is ${said}`, { reason });
  }
}

class ClockSession implements DeviceSession<typeof machineClockType> {
  readonly values$ = new Subject<DeviceUpdate<typeof machineClockType>>();
  readonly commands = {
    ntpToRtc: () => this.#ntpToRtc(),
    rtcToSystem: () => this.#rtcToSystem(),
  };
  readonly write = { time: (time: number) => this.#setTime(time) };
  readonly #config: Config;
  readonly #clock: DriverContext['clock'];
  readonly #log: DriverContext['log'];
  readonly #machine: MachineClock;
  #nextSetting = -Infinity;
  readonly #quality: QualityLog;

  constructor(config: Config, { clock, log }: DriverContext) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#quality = new QualityLog(log);
    const { rtcFolder, syncFile, statusCommand: status } = config;
    this.#machine = new MachineClock({ clock, rtcFolder, syncFile, status, timeoutMs: TOOL_TIMEOUT_MS });
  }

  /** Sets the time of the system where that is configured; whoever reads the time comes after it. */
  async begin(): Promise<void> {
    if (!this.#config.rtcToSystemAtStart) return;
    try {
      await this.#rtcToSystem();
    } catch (error) {
      this.#log.warn('the time of the system is not set from the battery-backed clock', {
        reason: (error as Error).message,
      });
    }
  }

  async poll(): Promise<void> {
    await this.#look();
    const { ntpToRtcHours } = this.#config;
    if (ntpToRtcHours === 0 || this.#clock.now() < this.#nextSetting) return;
    this.#nextSetting = this.#clock.now() + ntpToRtcHours * HOUR_MS;
    try {
      await this.#ntpToRtc();
    } catch (error) {
      this.#log.warn('the battery-backed clock is not set', { reason: (error as Error).message });
    }
  }

  close(): void {
    this.values$.complete();
  }

  async #look(): Promise<{ readonly facts: ClockFacts; readonly judgement: ClockJudgement }> {
    const facts = await this.#machine.facts();
    const judgement = judgeClock(facts);
    this.#tell(facts, judgement);
    return { facts, judgement };
  }

  #tell({ rtc, ntpAt }: ClockFacts, judgement: ClockJudgement): void {
    const { quality, reason, lostPower, offsetMs } = judgement;
    const noRtc = typeof rtc === 'string' ? rtc : NO_RTC;
    this.values$.next(update('quality', quality, reason));
    this.values$.next(update('time', typeof rtc === 'number' ? rtc : undefined, noRtc));
    this.values$.next(update('lostPower', lostPower, noRtc));
    this.values$.next(update('offset', offsetMs === undefined ? undefined : offsetMs / 1_000, noRtc));
    this.values$.next(update('lastSync', ntpAt, NOT_KNOWN));
    this.#quality.tell(judgement);
  }

  async #ntpToRtc(): Promise<void> {
    const { judgement, facts } = await this.#look();
    if (facts.rtc === undefined) throw new CommandRefusedError(NO_RTC);
    if (judgement.quality !== 'ntp')
      throw new CommandRefusedError(
        'no time server has told the time: a wrong one would be kept over a power cut',
      );
    await this.#run(this.#config.ntpToRtcCommand);
    await this.#look();
  }

  async #rtcToSystem(): Promise<void> {
    const { judgement, facts } = await this.#look();
    if (judgement.quality === 'ntp')
      throw new CommandRefusedError('a time server has told the time, which is better');
    if (judgement.lostPower === true)
      throw new CommandRefusedError('the battery-backed clock was without power: set it first');
    if (typeof facts.rtc !== 'number') throw new CommandRefusedError(facts.rtc ?? NO_RTC);
    await this.#run(this.#config.rtcToSystemCommand);
    await this.#look();
  }

  async #setTime(time: number): Promise<void> {
    const { setTimeCommand } = this.#config;
    if (setTimeCommand === undefined) {
      throw new CommandRefusedError(
        'no time is set by hand here: ntpToRtc takes that of the system, or configure setTimeCommand',
      );
    }
    const seconds = String(Math.round(time / 1_000));
    await this.#run(setTimeCommand.map((part) => part.replaceAll('{seconds}', seconds)));
    await this.#look();
  }

  async #run(tool: ToolCommand): Promise<void> {
    await runTool(tool, { clock: this.#clock, timeoutMs: TOOL_TIMEOUT_MS });
    this.#log.info('a clock was set', { by: tool.join(' ') });
  }
}
