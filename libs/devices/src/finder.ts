import type { Clock } from '@raspy/clock';
import type { Observable } from 'rxjs';
import type { DeviceLog } from './driver.js';
import type { DeviceConfig } from './host/device-config.js';

/** A device that is there, whether it is configured or not. */
export interface FoundDevice {
  /** How it would be configured. */
  readonly device: DeviceConfig;
  /** Which piece of hardware it is; a configured device of the same address takes its place. */
  readonly address: string;
  /** What people should know of it. */
  readonly note?: string;
}

/** A search that goes on. */
export interface FinderSession {
  /** All that is there, each time it changes. An error means that nobody can look now. */
  readonly found$: Observable<readonly FoundDevice[]>;
  close(): void | Promise<void>;
}

/** Finds devices that nobody has configured. */
export interface DeviceFinder {
  open(context: { readonly clock: Clock; readonly log: DeviceLog }): FinderSession | Promise<FinderSession>;
}
