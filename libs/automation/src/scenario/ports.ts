import type { Cancel, Millis } from '@raspy/clock';
import type { Json } from '../sandbox/sandbox.js';

/** What is known of a value of a device or of a variable. */
export interface HomeReading {
  readonly value: Json;
  readonly unit?: string;
  /** Unix milliseconds: when it was measured, or set. */
  readonly at: Millis;
  readonly quality: 'good' | 'stale' | 'suspect' | 'bad';
  /** Why it is not good, for people. */
  readonly reason?: string;
  /** It was not heard now but kept from an earlier time, e.g. from before a power cut. It counts as stale. */
  readonly restored?: boolean;
}

/** A device of a device server. */
export interface DeviceTarget {
  /** `pi.fake.devices` */
  readonly service: string;
  readonly device: string;
}

/** A lease that a device server gave. */
export interface HomeLease {
  readonly id: string;
  /** For how long, from when it was given. */
  readonly leaseMs: Millis;
}

export interface CommandOptions {
  /** What the command switches on stays on for this long unless the lease is renewed. Default: no lease */
  readonly leaseMs?: Millis;
  /** Aborts when the run that asked has ended: nobody waits any more. The command may have been carried out. */
  readonly signal: AbortSignal;
  /** Which scenario asks, for the trace of the device server: `scenario thermostat`. */
  readonly trace: string;
}

export interface RequestOptions {
  /** Through Titanic: kept until it was done. Default: sent once */
  readonly durable: boolean;
  /** A durable request that was not begun by then is dropped. Default: never */
  readonly expiresAfterMs?: Millis;
  readonly signal: AbortSignal;
}

/** Jobs of the cron server; see `jobSchema` for the form of a job. All reject with the server's refusal. */
export interface CronPort {
  add(job: Json): Promise<void>;
  update(job: Json): Promise<void>;
  remove(name: string): Promise<void>;
  enable(name: string, enabled: boolean): Promise<void>;
  run(name: string): Promise<void>;
}

/** The house as scenarios need it; what carries it out knows the bus. */
export interface HomePort {
  /**
   * Tells the reading that there is, if there is one, and each that comes, until it is cancelled. When the link to the
   * house is lost, or the server behind a value is, its last reading has to be told again as `stale`.
   * @param listener - gets `undefined` when the value is gone
   */
  watch(key: string, listener: (reading: HomeReading | undefined) => void): Cancel;
  /** Sets a key of the tree that belongs to scenarios: `/scenario/<name>/…`. */
  publish(key: string, value: Json): Promise<void>;
  /** Sent once at most. Rejects with an error whose `code` tells why. */
  command(
    target: DeviceTarget,
    command: string,
    args: Json,
    options: CommandOptions,
  ): Promise<{ readonly result: Json; readonly lease?: HomeLease }>;
  /** Rejects with an error whose `code` is `UNKNOWN_LEASE` when the lease has ended, with another one when nobody knows. */
  renew(target: DeviceTarget, lease: string, leaseMs: Millis): Promise<void>;
  /** Resolves when the output is in its safe state, or on its way; rejects like {@link HomePort.renew}. */
  release(target: DeviceTarget, lease: string): Promise<void>;
  request(service: string, frames: readonly string[], options: RequestOptions): Promise<readonly string[]>;
  /**
   * What is known of a key or a device now: the unit of a value, the oid of a device (`actuator.heater`). An import is
   * checked against it. Resolves with nothing when it is not known.
   */
  describe(
    target: { readonly key: string } | DeviceTarget,
  ): Promise<{ readonly unit?: string; readonly type?: string } | undefined>;
  readonly cron: CronPort;
}

/** Where scenarios are kept: the settings store of Titanic fits. What is changed is durable when the promise resolves. */
export interface ScenarioStore {
  get(service: string, section: string, key: string): Promise<Uint8Array | undefined>;
  set(service: string, section: string, key: string, value: Uint8Array): Promise<void>;
  /** Deletes a value, or all of a section. What is not there is deleted. */
  delete(service: string, section: string, key?: string): Promise<void>;
  /** @returns whether it was set: it was `expected` (`undefined`: there was none) */
  compareAndSet(
    service: string,
    section: string,
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Promise<boolean>;
}

/** Where the manager and the scenarios say things. */
export type ScenarioLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  details: { readonly scenario?: string },
) => void;
