import type { Clock } from '@raspy/clock';
import type { DeviceHost, DeviceSummary, Reading } from '@raspy/devices';
import type { KvClient } from '@raspy/kv-clone';
import type { Subscription } from 'rxjs';
import type { Logger } from '../log/logger.js';
import { RepeatLimiter } from '../log/repeat-limiter.js';

/** The server's own key is gone so long after its last sign of life; one is given three times as often. */
const PRESENCE_TTL_MS = 10_000;

/** What {@link DeviceValues} is told. */
export interface DeviceValuesOptions {
  readonly host: DeviceHost;
  /** Of the key/value tree. */
  readonly tree: KvClient;
  /** `<hostname>.<service>` */
  readonly server: string;
  /** Names this run of the server. */
  readonly instanceId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An event of a guard is in the tree for so long. */
const EVENT_TTL_MS = 3_600_000;

/**
 * Tells the key/value tree every reading of a host, as `/device/<hostname>.<service>/<device>/<value>`; whether the device
 * works and what its guard does, as `/device/<hostname>.<service>/<device>`; that the server lives, as
 * `/device/<hostname>.<service>`; and the latest event of each guard, as `/event/<hostname>.<service>/<device>/safety`
 * (docs/protocols/kv.md).
 */
export class DeviceValues {
  readonly #options: DeviceValuesOptions;
  readonly #limiter: RepeatLimiter;
  readonly #told = new Map<string, Set<string>>();
  readonly #states = new Map<string, Omit<DeviceSummary, 'values'>>();
  #subscriptions: readonly Subscription[] = [];
  #leaving = false;

  constructor(options: DeviceValuesOptions) {
    this.#options = options;
    this.#limiter = new RepeatLimiter(options.logger, options.clock);
  }

  start(): void {
    const { host, tree, server, instanceId, clock } = this.#options;
    const presence = JSON.stringify({ instance: instanceId, since: clock.wallNow() });
    this.#write(() => tree.set(`/device/${server}`, presence, { ttlMs: PRESENCE_TTL_MS, keepAlive: true }));
    this.#subscriptions = [
      host.changes$.subscribe(({ device, value, reading }) => this.#tell(device, value, reading)),
      host.states$.subscribe(({ device, state }) => {
        if (state !== 'removed') this.#tellStates(device);
        else if (!this.#leaving) this.#forgetAll(device);
      }),
      host.safety$.subscribe(({ device, safety }) => {
        // Also of one that is being removed, whose output is made safe.
        const state = this.#states.get(device);
        if (state !== undefined) this.#tellState({ ...state, safety });
      }),
      host.safetyEvents$.subscribe((event) => {
        const key = `/event/${server}/${event.device}/safety`;
        this.#write(() => tree.set(key, JSON.stringify(event), { ttlMs: EVENT_TTL_MS }));
      }),
      // A tree that was away may have lost what it was told last, or be another one.
      tree.status$.subscribe((status) => {
        if (status === 'synced') this.#tellAll();
      }),
    ];
  }

  /** From now on a device that is removed is only closed: what was known of it last stays in the tree. */
  leave(): void {
    this.#leaving = true;
  }

  /** The readings stay, as the last that were known; the server's own key goes with its client. */
  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #tellAll(): void {
    for (const summary of this.#options.host.list()) {
      const { name, values } = summary;
      this.#tellState(summary);
      for (const [value, reading] of Object.entries(values)) this.#tell(name, value, reading);
    }
  }

  /** Of a device and its sub-devices. */
  #tellStates(device: string): void {
    for (const summary of this.#options.host.parts(device)) this.#tellState(summary);
  }

  #tellState(summary: Omit<DeviceSummary, 'values'>): void {
    const { name, oid, title, parent, state, reason, safety } = summary;
    this.#states.set(name, summary);
    this.#set(name, `/device/${this.#options.server}/${name}`, { oid, title, parent, state, reason, safety });
  }

  #tell(device: string, value: string, reading: Reading): void {
    this.#set(device, `/device/${this.#options.server}/${device}/${value}`, reading);
  }

  #set(device: string, key: string, body: object): void {
    let told = this.#told.get(device);
    if (told === undefined) this.#told.set(device, (told = new Set()));
    told.add(key);
    this.#write(() => this.#options.tree.set(key, JSON.stringify(body)));
  }

  #forgetAll(device: string): void {
    for (const name of [...this.#told.keys()]) {
      if (name === device || name.startsWith(`${device}.`)) this.#forget(name);
    }
  }

  #forget(device: string): void {
    for (const key of this.#told.get(device) ?? []) this.#write(() => this.#options.tree.delete(key));
    this.#told.delete(device);
    this.#states.delete(device);
  }

  /** A value that the tree cannot have harms no device and no other value. */
  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      const { code, message } = error as Error & { code?: unknown };
      this.#limiter.log('error', String(code), `a value is not told: ${message}`);
    }
  }
}
