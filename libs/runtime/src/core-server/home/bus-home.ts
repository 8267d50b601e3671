import type {
  CommandOptions,
  CronPort,
  DeviceTarget,
  HomeLease,
  HomePort,
  HomeReading,
  Json,
  RequestOptions,
} from '@raspy/automation';
import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { KvClient } from '@raspy/kv-clone';
import { serviceClient, type MdpClient } from '@raspy/mdp-protocol';
import { TitanicClient } from '@raspy/titanic-store';
import { frameText } from '@raspy/wire';
import { devicesService } from '../../device-server/devices-service.js';
import { HomeValues } from './home-values.js';

/** What a {@link BusHome} is made of. */
export interface BusHomeOptions {
  readonly client: MdpClient;
  /** Reads and writes all of the tree. */
  readonly tree: KvClient;
  readonly clock: Clock;
  readonly cron: CronPort;
}

/** A device that does not answer within this has not been heard; what it does then is its own affair. */
const COMMAND_TIMEOUT_MS: Millis = 10_000;
/** A lease is given back and renewed in a hurry, and both may be asked twice. */
const LEASE_TIMEOUT_MS: Millis = 3_000;
const LEASE_RETRIES = 1;
const UNKNOWN_LEASE = 'UNKNOWN_LEASE';

/** The house by its bus: readings out of the key/value tree, orders to device servers, what has to outlive a cut to Titanic. */
export class BusHome implements HomePort {
  readonly cron: CronPort;
  readonly #options: BusHomeOptions;
  readonly #values: HomeValues;
  readonly #titanic: TitanicClient;

  constructor(options: BusHomeOptions) {
    this.#options = options;
    this.cron = options.cron;
    this.#values = new HomeValues(options);
    this.#titanic = new TitanicClient(options.client, { clock: options.clock });
  }

  watch(key: string, listener: (reading: HomeReading | undefined) => void): Cancel {
    return this.#values.watch(key, listener);
  }

  publish(key: string, value: Json): Promise<void> {
    return promised(() => this.#options.tree.set(key, JSON.stringify(value)));
  }

  async command(
    { service, device }: DeviceTarget,
    command: string,
    args: Json,
    { leaseMs, signal, trace }: CommandOptions,
  ): Promise<{ readonly result: Json; readonly lease?: HomeLease }> {
    const devices = serviceClient(devicesService, this.#options.client, service).with({
      // A command is sent once: a pump that doses twice kills.
      retries: 0,
      ifNoWorker: 'fail',
      timeoutMs: COMMAND_TIMEOUT_MS,
      signal,
      trace,
      ...(leaseMs !== undefined && { leaseMs }),
    });
    const { result } = await told(devices.exec(device, command, args));
    const lease = leaseMs === undefined ? undefined : leaseOf(result);
    return { result: (result ?? null) as Json, ...(lease !== undefined && { lease }) };
  }

  async renew(target: DeviceTarget, lease: string, leaseMs: Millis): Promise<void> {
    await leased(this.#leases(target).renew(lease, leaseMs));
  }

  async release(target: DeviceTarget, lease: string): Promise<void> {
    await leased(this.#leases(target).release(lease));
  }

  async request(
    service: string,
    frames: readonly string[],
    { durable, expiresAfterMs, signal }: RequestOptions,
  ): Promise<readonly string[]> {
    const { client, clock } = this.#options;
    if (!durable) {
      const reply = await told(client.request(service, frames, { signal, retries: 0, ifNoWorker: 'fail' }));
      return reply.map(frameText);
    }
    const expiry = expiresAfterMs === undefined ? {} : { expiresAt: clock.wallNow() + expiresAfterMs };
    const id = await told(this.#titanic.submit(service, frames, { signal, ...expiry }));
    return [id];
  }

  describe(
    target: { readonly key: string } | DeviceTarget,
  ): Promise<{ readonly unit?: string; readonly type?: string } | undefined> {
    if ('key' in target) {
      const reading = this.#values.reading(target.key);
      return Promise.resolve(
        reading && { type: typeof reading.value, ...(reading.unit !== undefined && { unit: reading.unit }) },
      );
    }
    const server = target.service.replace(/\.devices$/, '');
    const entry = this.#options.tree.peek(`/device/${server}/${target.device}`);
    if (entry === undefined) return Promise.resolve(undefined);
    const { oid } = JSON.parse(frameText(entry.body)) as { readonly oid?: unknown };
    return Promise.resolve(typeof oid === 'string' ? { type: oid } : {});
  }

  close(): void {
    this.#values.close();
  }

  #leases({ service }: DeviceTarget) {
    return serviceClient(devicesService, this.#options.client, service).with({
      retries: LEASE_RETRIES,
      ifNoWorker: 'fail',
      timeoutMs: LEASE_TIMEOUT_MS,
    });
  }
}

/** A lease was asked for and none came: then nothing is held, and whoever asked has to hear of it. */
function leaseOf(result: unknown): HomeLease | undefined {
  const { lease, leaseMs } = (result ?? {}) as { readonly lease?: unknown; readonly leaseMs?: unknown };
  return typeof lease === 'string' && typeof leaseMs === 'number' ? { id: lease, leaseMs } : undefined;
}

/** 404 to a question about a lease says that it has ended. */
async function leased(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const { status } = error as { readonly status?: unknown };
    if (status !== '404') throw error;
    throw Object.assign(new Error('the lease has ended', { cause: error }), { code: UNKNOWN_LEASE });
  }
}

/** The reason that a service gives is what its caller should read. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { body, status } = error as { readonly body?: readonly Uint8Array[]; readonly status?: string };
    const reason = body?.[0];
    if (status === undefined || reason === undefined) throw error;
    throw Object.assign(new Error(frameText(reason), { cause: error }), { code: status });
  }
}

async function promised(work: () => void): Promise<void> {
  await Promise.resolve();
  work();
}
