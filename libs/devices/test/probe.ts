import { VirtualClock } from '@raspy/clock';
import { Subject } from 'rxjs';
import { z } from 'zod';
import {
  defineDeviceType,
  DeviceHost,
  DeviceRegistry,
  type DeviceChange,
  type DeviceDriver,
  type DeviceHostOptions,
  type DeviceLog,
  type DeviceSession,
  type DeviceStateChange,
  type DeviceUpdate,
  type DriverContext,
  type Mistake,
} from '../src/index.js';

/** The type that the specs use: one measured value, one mode, a few commands. */
export const probeType = defineDeviceType({
  oid: 'sensor.probe',
  title: 'Probe',
  config: z.object({ probe: z.string().meta({ title: 'Probe id' }), offset: z.number().default(0) }),
  values: {
    temperature: { schema: z.number(), unit: '°C', staleAfterMs: 60_000, range: [-55, 125] },
    mode: { title: 'Mode', schema: z.enum(['idle', 'busy']) },
  },
  commands: {
    calibrate: { title: 'Calibrate', args: z.object({ reference: z.number() }) },
    blink: { title: 'Blink' },
  },
});

type ProbeUpdate = DeviceUpdate<typeof probeType>;
export type ProbeSession = DeviceSession<typeof probeType>;

/** A session of which a spec holds the other end. */
export class Probe {
  readonly updates = new Subject<ProbeUpdate>();
  readonly calls: string[] = [];
  closed = 0;
  /** What the handlers and `poll` do; replaced by specs that want trouble. */
  calibrate: (args: { reference: number }) => unknown = ({ reference }) => ({ reference });
  blink: () => unknown = () => undefined;
  poll: () => void | Promise<void> = () => undefined;
  close: () => void | Promise<void> = () => undefined;

  constructor(
    readonly config: { readonly probe: string; readonly offset: number },
    readonly units?: { temperature?: string },
  ) {}

  temperature(value: number, more: { at?: number; suspect?: string } = {}): void {
    this.updates.next({ name: 'temperature', value, ...more });
  }

  /** Sends what no compiler would let pass. */
  rubbish(update: unknown): void {
    this.updates.next(update as ProbeUpdate);
  }

  session(): ProbeSession {
    return {
      values$: this.updates,
      commands: {
        calibrate: (args) => {
          this.calls.push(`calibrate ${args.reference}`);
          return this.calibrate(args);
        },
        blink: () => {
          this.calls.push('blink');
          return this.blink();
        },
      },
      ...(this.units && { units: this.units }),
      poll: () => {
        this.calls.push('poll');
        return this.poll();
      },
      close: () => {
        this.closed++;
        return this.close();
      },
    };
  }
}

/** A host on a virtual clock with one driver, whose sessions are {@link Probe}s. */
export class Bench {
  readonly clock = new VirtualClock(0, 1_000_000);
  readonly probes: Probe[] = [];
  readonly contexts: DriverContext[] = [];
  readonly changes: DeviceChange[] = [];
  readonly states: DeviceStateChange[] = [];
  readonly lines: { level: string; message: string; fields: unknown }[] = [];
  readonly registry: DeviceRegistry;
  readonly host: DeviceHost;
  /** What `open` does with the probe; replaced by specs that want trouble. */
  open: (probe: Probe) => ProbeSession | Promise<ProbeSession> = (probe) => probe.session();
  units: { temperature?: string } | undefined;

  constructor(options: Partial<DeviceHostOptions> = {}) {
    const driver: DeviceDriver<typeof probeType> = {
      type: probeType,
      open: (config, context) => {
        this.contexts.push(context);
        const probe = new Probe(config, this.units);
        this.probes.push(probe);
        return this.open(probe);
      },
    };
    this.registry = new DeviceRegistry([driver]);
    this.host = new DeviceHost({ registry: this.registry, clock: this.clock, log: this.#log(), ...options });
    this.host.changes$.subscribe((change) => this.changes.push(change));
    this.host.states$.subscribe((state) => this.states.push(state));
  }

  /** Adds a device and waits until its driver has been asked to open it. */
  async add(name: string, more: { pollSeconds?: number; log?: boolean } = {}): Promise<Probe> {
    this.host.add({ name, oid: 'sensor.probe', config: { probe: `id-${name}` }, ...more });
    await this.host.opened(name);
    return this.probes.at(-1)!;
  }

  /** The JSON result of a command. */
  async execute(name: string, command: string, args?: unknown): Promise<unknown> {
    return (await this.host.execute(name, command, args)).result;
  }

  #log(): DeviceLog {
    const at = (level: string) => (message: string, fields?: unknown) => {
      this.lines.push({ level, message, fields });
    };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}

/** An error as specs look at it. */
export interface Caught {
  readonly code?: string;
  readonly message: string;
  readonly mistakes?: readonly (Mistake | string)[];
  readonly plugin?: string;
}

/** What a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Caught> {
  try {
    await promise;
  } catch (error) {
    return error as Caught;
  }
  throw new Error('it was fulfilled');
}

/** What a function throws; fails when it does not. */
export function thrown(run: () => unknown): Caught {
  try {
    run();
  } catch (error) {
    return error as Caught;
  }
  throw new Error('it did not throw');
}

/** Where the mistakes of an error are. */
export function pathsOf({ mistakes = [] }: Caught): string[] {
  return mistakes.map((mistake) => (typeof mistake === 'string' ? '' : mistake.path));
}
