import type { Millis } from '@raspy/clock';
import type { DeviceConfig } from '@raspy/devices';
import type { DeviceChanges } from '../device-server/device-differences.js';

/** One life of a server, from its start to its end; made anew for the next one. */
export interface ServerLife {
  /** Of its own process; `undefined` for one that lives in this process, or that has no process yet. */
  readonly pid?: number | undefined;
  /**
   * Resolves when it serves; called once. It rejects when it cannot, or was stopped before, and has released by then what
   * it took.
   */
  start(): Promise<void>;
  /** Resolves with the reason when it serves no more; it is stopped then as always. */
  readonly lost: Promise<Error>;
  /**
   * Ends it, whether it serves or still starts, and leaves nothing of it behind if it can; never rejects.
   * @returns how it ended, as `raspy stop` tells
   */
  stop(deadlineMs: Millis): Promise<StopOutcome>;
  /**
   * Makes the devices of a server that serves those of the list, and touches no device that stays as it is.
   * `undefined` for one that has no devices.
   */
  applyDevices?(devices: readonly DeviceConfig[]): Promise<DeviceChanges>;
}

/** How a server ended: in good order, by SIGTERM or SIGKILL at the deadline, or not in time, in this process. */
export type StopOutcome = 'stopped' | 'terminated' | 'killed' | 'left behind';
