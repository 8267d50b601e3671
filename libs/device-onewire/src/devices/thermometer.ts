import {
  deriveDeviceType,
  type DeviceDriver,
  type DeviceSession,
  type DeviceUpdate,
  type DriverContext,
} from '@raspy/devices';
import { temperatureSensor } from '@raspy/devices/types';
import { Subject } from 'rxjs';
import { z } from 'zod';
import { BusError, type ThermometerSettings, type ThermometerStatus } from '../bus.js';
import type { BusUse, SharedBuses } from '../buses/shared-buses.js';
import type { RomId } from '../rom-id.js';
import { chipId, chipIdSchema } from './chip-id.js';
import { POLL_SECONDS } from './poll-seconds.js';
import { TroubleLog, troubleOf } from './trouble.js';

const degrees = z.int().min(-55).max(125);

/** A thermometer of 1-Wire: DS18B20 and its relatives. */
export const onewireThermometer = deriveDeviceType(temperatureSensor, {
  config: z.object({
    id: chipIdSchema,
    resolution: z.int().min(9).max(12).optional().meta({
      title: 'Resolution',
      unit: 'bit',
      description: 'A bit less halves the time of a measurement; left as it is when not given',
    }),
    alarmLow: degrees.optional().meta({ title: 'Alarm at or below', unit: '°C' }),
    alarmHigh: degrees.optional().meta({ title: 'Alarm at or above', unit: '°C' }),
  }),
  values: {
    alarm: { title: 'Outside of its alarm limits', schema: z.boolean() },
    alarmLow: { title: 'Alarm at or below', schema: z.number(), unit: '°C' },
    alarmHigh: { title: 'Alarm at or above', schema: z.number(), unit: '°C' },
    resolution: { title: 'Resolution', schema: z.number(), unit: 'bit' },
    conversion: { title: 'Time of a measurement', schema: z.number(), unit: 'ms' },
    externalPower: { title: 'Has a supply of its own', schema: z.boolean() },
    discarded: { title: 'Readings that could not be believed', schema: z.int().min(0), kind: 'counter' },
  },
});

type Config = z.output<(typeof onewireThermometer)['config']>;
type Update = DeviceUpdate<typeof onewireThermometer>;

/** How long a poll waits for its measurement, which goes on after it; the host would take a longer wait for a fault. */
const POLL_PATIENCE_MS = 4_000;
/** How often it is looked how a thermometer is set up: a power cut makes it forget. */
const LOOK_EVERY_MS = 10 * 60_000;

/** The driver of thermometers on these buses. */
export function thermometerDriver(buses: SharedBuses): DeviceDriver<typeof onewireThermometer> {
  return {
    type: onewireThermometer,
    pollSeconds: POLL_SECONDS,
    addressOf: chipId,
    open: (config, context) => new Thermometer(config, context, buses.use(context)),
  };
}

class Thermometer implements DeviceSession<typeof onewireThermometer> {
  readonly values$ = new Subject<Update>();
  readonly commands = {};
  readonly #id: RomId;
  readonly #use: BusUse;
  readonly #clock: DriverContext['clock'];
  readonly #log: DriverContext['log'];
  readonly #trouble: TroubleLog;
  #config: Config;
  #status: ThermometerStatus = {};
  #lookAt = -Infinity;
  #discarded = 0;
  /** Why it could not be set up, so that it is said once. */
  #refused: string | undefined;
  #closed = false;
  #measuring: Promise<void> | undefined;

  constructor(config: Config, { clock, log }: DriverContext, use: BusUse) {
    this.#config = config;
    this.#id = chipId(config);
    this.#use = use;
    this.#clock = clock;
    this.#log = log;
    this.#trouble = new TroubleLog(log);
  }

  async poll(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = undefined));
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = this.#clock.schedule(this.#clock.now() + POLL_PATIENCE_MS, resolve);
    });
    await Promise.race([this.#measuring, patience]);
    cancel();
  }

  configure(config: Config): boolean {
    if (chipId(config) !== this.#id) return false;
    this.#config = config;
    this.#lookAt = -Infinity;
    return true;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.values$.complete();
    return this.#use.release();
  }

  async #measure(): Promise<void> {
    try {
      if (this.#clock.now() >= this.#lookAt) await this.#lookAround();
      const celsius = await this.#use.thermometry.measure(this.#id, () => this.#discarded++);
      this.values$.next({ name: 'temperature', value: celsius });
      this.#tellAlarm(celsius);
      this.#trouble.tell(undefined);
    } catch (error) {
      this.#fail(error);
    }
    this.values$.next({ name: 'discarded', value: this.#discarded });
  }

  #fail(error: unknown): void {
    // What ends with the device is no trouble.
    if (this.#closed) return;
    const bad = troubleOf(error);
    this.values$.next({ name: 'temperature', bad });
    if (error instanceof BusError) {
      // It may come back as another that was set up by somebody else.
      this.#lookAt = -Infinity;
      for (const name of ['alarm', ...SET_UP] as const) this.values$.next({ name, bad } as Update);
    }
    this.#trouble.tell(bad);
  }

  /** How it is set up, after it has been made so. */
  async #lookAround(): Promise<void> {
    const { bus } = this.#use;
    let status = await bus.thermometer(this.#id);
    const settings = different(this.#config, status);
    if (settings !== undefined && (await this.#adjust(settings))) status = await bus.thermometer(this.#id);
    this.#status = status;
    this.#lookAt = this.#clock.now() + LOOK_EVERY_MS;
    for (const name of SET_UP) {
      const value = status[MEMBER_OF[name]];
      const update = value === undefined ? { name, bad: 'it does not tell' } : { name, value };
      this.values$.next(update as Update);
    }
  }

  /** One that cannot be set up is read all the same: a temperature with other bits is better than none. */
  async #adjust(settings: ThermometerSettings): Promise<boolean> {
    try {
      await this.#use.bus.adjust(this.#id, settings);
      this.#refused = undefined;
      return true;
    } catch (error) {
      if (!(error instanceof BusError) || !['REFUSED', 'UNSUPPORTED'].includes(error.code)) throw error;
      if (error.message !== this.#refused)
        this.#log.warn('it is not set up as configured', { reason: error.message });
      this.#refused = error.message;
      return false;
    }
  }

  /** As the chip itself judges: by whole degrees. */
  #tellAlarm(celsius: number): void {
    const { alarmLowCelsius: low, alarmHighCelsius: high } = this.#status;
    if (low === undefined || high === undefined) {
      this.values$.next({ name: 'alarm', bad: 'it does not tell its limits' });
      return;
    }
    const whole = Math.floor(celsius);
    this.values$.next({ name: 'alarm', value: whole <= low || whole >= high });
  }
}

/** Values that tell how it is set up, and where that stands in its status. */
const MEMBER_OF = {
  alarmLow: 'alarmLowCelsius',
  alarmHigh: 'alarmHighCelsius',
  resolution: 'resolution',
  conversion: 'conversionMs',
  externalPower: 'externalPower',
} as const;
const SET_UP = ['alarmLow', 'alarmHigh', 'resolution', 'conversion', 'externalPower'] as const;

/** What has to be set so that it is as it is configured. */
function different(
  { resolution, alarmLow, alarmHigh }: Config,
  status: ThermometerStatus,
): ThermometerSettings | undefined {
  const wanted = { resolution, alarmLowCelsius: alarmLow, alarmHighCelsius: alarmHigh };
  const settings = Object.fromEntries(
    Object.entries(wanted).filter(
      ([name, value]) => value !== undefined && value !== status[name as keyof typeof wanted],
    ),
  );
  return Object.keys(settings).length > 0 ? settings : undefined;
}
