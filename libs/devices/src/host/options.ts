import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '@raspy/clock';
import type { DeviceLog } from '../driver.js';
import { HostOptionError } from '../errors.js';
import type { DeviceRegistry } from '../registry.js';
import { silentLog } from '../logs.js';
import { volatileMemory, type SafetyMemory } from '../safety/safety-memory.js';

/** Options of a DeviceHost. */
export interface DeviceHostOptions {
  /** The drivers it may use; drivers that are added to it later are found too. */
  readonly registry: DeviceRegistry;
  /** All time and timers of the host and its drivers. @default the machine's clock */
  readonly clock?: Clock;
  /** Where the host and the drivers write; each line has the field `device`. @default nowhere */
  readonly log?: DeviceLog;
  /**
   * Milliseconds that opening, one command, one poll or closing may take; afterwards the host goes on without the
   * result. @default 10000
   */
  readonly operationTimeoutMs?: number;
  /** Milliseconds until a device that could not be opened is tried again; doubled at each failure. @default 1000 */
  readonly retryMinMs?: number;
  /** The longest time between two such tries; a session that lasts so long starts again at the shortest. @default 60000 */
  readonly retryMaxMs?: number;
  /** Commands that may wait for one device; one more is refused with DEVICE_BUSY. @default 32 */
  readonly maxQueuedCommands?: number;
  /** Devices that the host may hold. @default 10000 */
  readonly maxDevices?: number;
  /** Milliseconds between two outputs that are switched on at the start, because of what they draw then. @default 500 */
  readonly staggerMs?: number;
  /**
   * What is known of guarded outputs from one run to the next: how long they were on, what they dosed, what tripped.
   * @default the memory of this host, so that a restart begins with none
   */
  readonly memory?: SafetyMemory;
  /** Makes the names of leases, which nobody may guess. @default random UUIDs */
  readonly newLeaseId?: () => string;
}

/** Options with their defaults filled in. */
export type ResolvedHostOptions = Required<DeviceHostOptions>;

/** @throws HostOptionError when a number is not positive, or the longest retry is shorter than the shortest */
export function resolveHostOptions(options: DeviceHostOptions): ResolvedHostOptions {
  const resolved: ResolvedHostOptions = {
    registry: options.registry,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    operationTimeoutMs: options.operationTimeoutMs ?? 10_000,
    retryMinMs: options.retryMinMs ?? 1_000,
    retryMaxMs: options.retryMaxMs ?? 60_000,
    maxQueuedCommands: options.maxQueuedCommands ?? 32,
    maxDevices: options.maxDevices ?? 10_000,
    staggerMs: options.staggerMs ?? 500,
    memory: options.memory ?? volatileMemory(),
    newLeaseId: options.newLeaseId ?? randomUUID,
  };
  for (const name of [
    'operationTimeoutMs',
    'retryMinMs',
    'retryMaxMs',
    'maxQueuedCommands',
    'maxDevices',
  ] as const) {
    const value = resolved[name];
    if (!(value > 0 && value < Infinity)) {
      throw new HostOptionError(`${name} must be a positive number, not ${String(value)}`);
    }
  }
  if (!(resolved.staggerMs >= 0 && resolved.staggerMs < Infinity)) {
    throw new HostOptionError(
      `staggerMs must be a number that is not negative, not ${String(resolved.staggerMs)}`,
    );
  }
  if (resolved.retryMaxMs < resolved.retryMinMs) {
    throw new HostOptionError('retryMaxMs must not be less than retryMinMs');
  }
  return resolved;
}
