import type { Cancel, Clock } from '@raspy/clock';
import type { Json } from '../src/sandbox/sandbox.js';
import type {
  CommandOptions,
  DeviceTarget,
  HomePort,
  HomeReading,
  RequestOptions,
} from '../src/scenario/ports.js';

interface Lease {
  readonly id: string;
  readonly device: string;
  until: number;
}

/** A house on a virtual clock: a tree of readings, and devices that are switched under leases. */
export class TestHome implements HomePort {
  readonly clock: Clock;
  readonly tree = new Map<string, HomeReading>();
  readonly published: { readonly key: string; readonly value: Json }[] = [];
  readonly commands: {
    readonly device: string;
    readonly command: string;
    readonly args: Json;
    readonly options: CommandOptions;
  }[] = [];
  readonly requests: {
    readonly service: string;
    readonly frames: readonly string[];
    readonly options: RequestOptions;
  }[] = [];
  readonly cronCalls: unknown[][] = [];
  readonly known = new Map<string, { readonly unit?: string; readonly type?: string }>();
  readonly #watchers = new Map<string, Set<(reading: HomeReading | undefined) => void>>();
  readonly #leases = new Map<string, Lease>();
  readonly #outputs = new Map<string, boolean>();
  #ids = 0;
  /** What befalls commands, renewals and releases: an error to reject with. */
  trouble: (what: 'command' | 'renew' | 'release', device: string) => Error | undefined = () => undefined;
  /** Told each time that an output changes. */
  switched: (device: string, on: boolean) => void = () => undefined;
  /** How long a command is under way. */
  latencyMs = 0;
  renewals = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get watched(): number {
    return [...this.#watchers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get leases(): number {
    return this.#leases.size;
  }

  isOn(device: string): boolean {
    return this.#outputs.get(device) ?? false;
  }

  tell(key: string, value: Json, more: Partial<HomeReading> = {}): void {
    this.#tell(key, { value, at: this.clock.wallNow(), quality: 'good', ...more });
  }

  forget(key: string): void {
    this.tree.delete(key);
    for (const listener of [...(this.#watchers.get(key) ?? [])]) listener(undefined);
  }

  /** As after a restart of core: nobody watches any more; outputs and leases are the device server's. */
  cut(): void {
    this.#watchers.clear();
  }

  /** As the device server's guard does when its power is cut. */
  allSafe(): void {
    for (const lease of [...this.#leases.values()]) this.#end(lease);
    for (const device of this.#outputs.keys()) this.#switch(device, false);
  }

  watch(key: string, listener: (reading: HomeReading | undefined) => void): Cancel {
    const listeners = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, listeners.add(listener));
    const reading = this.tree.get(key);
    if (reading !== undefined) listener(reading);
    return () => listeners.delete(listener);
  }

  async publish(key: string, value: Json): Promise<void> {
    await Promise.resolve();
    this.published.push({ key, value });
    this.tell(key, value);
  }

  async command(
    { device }: DeviceTarget,
    command: string,
    args: Json,
    options: CommandOptions,
  ): Promise<{ readonly result: Json; readonly lease?: { id: string; leaseMs: number } }> {
    this.commands.push({ device, command, args, options });
    await this.#pass();
    const trouble = this.trouble('command', device);
    if (trouble !== undefined) throw trouble;
    const on = typeof args === 'object' && args !== null && 'on' in args ? args.on : undefined;
    if (command !== 'set' || typeof on !== 'boolean') return { result: null };
    for (const lease of [...this.#leases.values()])
      if (lease.device === device) this.#leases.delete(lease.id);
    this.#switch(device, on);
    const { leaseMs } = options;
    if (!on || leaseMs === undefined) return { result: null };
    const lease: Lease = { id: `lease-${++this.#ids}`, device, until: this.clock.now() + leaseMs };
    this.#leases.set(lease.id, lease);
    this.#guard(lease);
    return { result: null, lease: { id: lease.id, leaseMs } };
  }

  async renew({ device }: DeviceTarget, id: string, leaseMs: number): Promise<void> {
    await this.#pass();
    const trouble = this.trouble('renew', device);
    if (trouble !== undefined) throw trouble;
    this.renewals += 1;
    this.#lease(id).until = this.clock.now() + leaseMs;
  }

  async release({ device }: DeviceTarget, id: string): Promise<void> {
    await this.#pass();
    const trouble = this.trouble('release', device);
    if (trouble !== undefined) throw trouble;
    this.#end(this.#lease(id));
  }

  async request(
    service: string,
    frames: readonly string[],
    options: RequestOptions,
  ): Promise<readonly string[]> {
    await Promise.resolve();
    this.requests.push({ service, frames, options });
    return ['200'];
  }

  describe(
    target: { readonly key: string } | DeviceTarget,
  ): Promise<{ unit?: string; type?: string } | undefined> {
    return Promise.resolve(this.known.get('key' in target ? target.key : target.device));
  }

  readonly cron: HomePort['cron'] = {
    add: async (job) => this.#cron('add', job),
    update: async (job) => this.#cron('update', job),
    remove: async (name) => this.#cron('remove', name),
    enable: async (name, enabled) => this.#cron('enable', name, enabled),
    run: async (name) => this.#cron('run', name),
  };

  #cron(...call: unknown[]): Promise<void> {
    this.cronCalls.push(call);
    return Promise.resolve();
  }

  #tell(key: string, reading: HomeReading): void {
    this.tree.set(key, reading);
    for (const listener of [...(this.#watchers.get(key) ?? [])]) listener(reading);
  }

  #lease(id: string): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined)
      throw Object.assign(new Error('there is no such lease'), { code: 'UNKNOWN_LEASE' });
    return lease;
  }

  #guard(lease: Lease): void {
    this.clock.schedule(lease.until, () => {
      if (!this.#leases.has(lease.id)) return;
      if (this.clock.now() < lease.until) this.#guard(lease);
      else this.#end(lease);
    });
  }

  #end(lease: Lease): void {
    this.#leases.delete(lease.id);
    this.#switch(lease.device, false);
  }

  #switch(device: string, on: boolean): void {
    if (this.isOn(device) === on) return;
    this.#outputs.set(device, on);
    this.switched(device, on);
  }

  #pass(): Promise<void> {
    if (this.latencyMs === 0) return Promise.resolve();
    return new Promise((resolve) => this.clock.schedule(this.clock.now() + this.latencyMs, resolve));
  }
}
