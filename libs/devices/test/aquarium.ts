import { VirtualClock } from '@raspy/clock';
import { Subject } from 'rxjs';
import {
  deriveDeviceType,
  DeviceHost,
  DeviceRegistry,
  type DeviceConfig,
  type DeviceDriver,
  type DeviceHostOptions,
  type DeviceUpdate,
  type SafetyEvent,
} from '../src/index.js';
import { doserActuator, heaterActuator, pumpActuator, temperatureSensor } from '../src/types/index.js';
import { z } from 'zod';

const none = z.object({});
const heater = deriveDeviceType(heaterActuator, { config: none });
const pump = deriveDeviceType(pumpActuator, { config: none });
const doser = deriveDeviceType(doserActuator, { config: none });
const probe = defineProbe();

function defineProbe() {
  const { values } = temperatureSensor;
  return {
    ...deriveDeviceType(temperatureSensor, { config: none }),
    values: { temperature: { ...values.temperature, stuckAfterMs: 1_800_000 } },
  } as const;
}

/** A tank on a virtual clock: guarded outputs and a probe, whose hardware a spec holds the other end of. */
export class Aquarium {
  readonly clock = new VirtualClock(0, 1_000_000_000);
  /** What the hardware was told, in order: `<device> <what>`. */
  readonly calls: string[] = [];
  readonly events: SafetyEvent[] = [];
  readonly lines: string[] = [];
  readonly water = new Subject<DeviceUpdate<typeof probe>>();
  /** What each output is, as the hardware has it. */
  readonly outputs = new Map<string, boolean>();
  /** What setting an output does; replaced by specs that want trouble. */
  write: (device: string, on: boolean) => void | Promise<void> = () => undefined;
  /** What a dose does. */
  dose: (ml: number) => void | Promise<void> = () => undefined;
  /** What opening a device waits for. */
  opening: () => void | Promise<void> = () => undefined;
  /** Whether outputs report what they are. */
  reports = true;
  host: DeviceHost;
  readonly #options: Partial<DeviceHostOptions>;
  readonly #ends = new Map<string, Subject<unknown>>();

  constructor(options: Partial<DeviceHostOptions> = {}) {
    this.#options = options;
    this.host = this.#host();
  }

  /** Another process: the clock and what is remembered stay, all else begins anew. */
  restart(): void {
    this.calls.length = 0;
    this.events.length = 0;
    this.host = this.#host();
  }

  async add(name: string, oid: string, more: Partial<DeviceConfig> = {}): Promise<void> {
    this.host.add({ name, oid, ...more });
    await this.host.opened(name);
    await this.clock.advanceByAsync(0);
  }

  temperature(value: number): void {
    this.water.next({ name: 'temperature', value });
  }

  /** Lets time pass in steps, while somebody does something at each. */
  async pass(ms: number, everyMs = ms, each: () => unknown = () => undefined): Promise<void> {
    for (let passed = 0; passed < ms; passed += everyMs) {
      await this.clock.advanceByAsync(everyMs);
      await each();
    }
  }

  /** Sets an output, under a lease. */
  async set(name: string, on: boolean, leaseMs?: number): Promise<unknown> {
    const options = leaseMs === undefined ? {} : { leaseMs };
    return (await this.host.execute(name, 'set', { on }, options)).result;
  }

  /** Ends the session of an output. */
  lose(name: string): void {
    this.#ends.get(name)!.error(new Error('gone'));
  }

  #host(): DeviceHost {
    const registry = new DeviceRegistry([
      this.#switched(heater),
      this.#switched(pump),
      this.#doser(),
      { type: probe, open: () => ({ values$: this.water, commands: {}, close: () => undefined }) },
    ]);
    const log = (level: string) => (message: string) => this.lines.push(`${level} ${message}`);
    let leases = 0;
    const host = new DeviceHost({
      registry,
      clock: this.clock,
      log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      newLeaseId: () => `lease-${++leases}`,
      ...this.#options,
    });
    host.safetyEvents$.subscribe((event) => this.events.push(event));
    return host;
  }

  #output(name: string) {
    const on$ = new Subject<{ name: 'on'; value: boolean }>();
    this.#ends.set(name, on$ as Subject<unknown>);
    const write = async (on: boolean): Promise<void> => {
      this.calls.push(`${name} ${on ? 'on' : 'off'}`);
      await this.write(name, on);
      this.outputs.set(name, on);
      if (this.reports) on$.next({ name: 'on', value: on });
    };
    const close = (): void => {
      this.calls.push(`${name} closed`);
    };
    return { values$: on$, write: { on: write }, close };
  }

  #switched<T extends typeof heater | typeof pump>(type: T): DeviceDriver<T> {
    return {
      type,
      open: async (_, { name }) => {
        await this.opening();
        return { ...this.#output(name), commands: {} };
      },
    } as DeviceDriver<typeof heater> as DeviceDriver<T>;
  }

  #doser(): DeviceDriver<typeof doser> {
    return {
      type: doser,
      open: (_, { name }) => ({
        ...this.#output(name),
        commands: {
          dose: async ({ ml }) => {
            this.calls.push(`${name} dosed ${ml}`);
            await this.dose(ml);
          },
        },
      }),
    };
  }
}
