import type { Clock } from '@raspy/clock';
import type { DeviceHost, Reading } from '@raspy/devices';
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

/**
 * Tells the key/value tree every reading of a host, as `/device/<hostname>.<service>/<device>/<value>`, and that the
 * server lives, as `/device/<hostname>.<service>` (docs/protocols/kv.md).
 */
export class DeviceValues {
  readonly #options: DeviceValuesOptions;
  readonly #limiter: RepeatLimiter;
  readonly #told = new Map<string, Set<string>>();
  #subscriptions: readonly Subscription[] = [];

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
        if (state === 'removed') this.#forget(device);
      }),
      // A tree that was away may have lost what it was told last, or be another one.
      tree.status$.subscribe((status) => {
        if (status === 'synced') this.#tellAll();
      }),
    ];
  }

  /** The readings stay, as the last that were known; the server's own key goes with its client. */
  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #tellAll(): void {
    for (const { name, values } of this.#options.host.list()) {
      for (const [value, reading] of Object.entries(values)) this.#tell(name, value, reading);
    }
  }

  #tell(device: string, value: string, reading: Reading): void {
    const key = `/device/${this.#options.server}/${device}/${value}`;
    let told = this.#told.get(device);
    if (told === undefined) this.#told.set(device, (told = new Set()));
    told.add(key);
    this.#write(() => this.#options.tree.set(key, JSON.stringify(reading)));
  }

  #forget(device: string): void {
    for (const key of this.#told.get(device) ?? []) this.#write(() => this.#options.tree.delete(key));
    this.#told.delete(device);
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
