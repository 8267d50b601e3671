import type { SafetyMemory } from '@raspy/devices';
import type { IdempotencyStore } from '@raspy/mdp-protocol';
import { NO_CHANGES, type DeviceOverlay } from './device-overlay.js';

/** What a device server knows from one run to the next. */
export interface ServerMemory extends IdempotencyStore, SafetyMemory {
  /** Nothing was remembered: the server runs for the first time here. */
  readonly isNew: boolean;
  /** What was changed of the devices in the settings. */
  readonly changes: DeviceOverlay;
  /** Resolves when the changes are on the disk. */
  keepChanges(changes: DeviceOverlay): Promise<void>;
  /** Pages that were written, in bytes; since it was opened. */
  readonly bytesWritten: number;
  /** Writes what was given, and closes. */
  close(): Promise<void>;
}

/**
 * The memory of a server whose disk cannot be used: its outputs are guarded all the same, and what may only be done once it
 * is on record (keyed commands, budgets, changes of devices) is refused.
 */
export function lostMemory(reason: string): ServerMemory {
  const refused = (): Promise<never> =>
    Promise.reject(
      new Error(`nothing can be put on record: ${reason}; mend that, and start the server again`),
    );
  return {
    isNew: false,
    changes: NO_CHANGES,
    bytesWritten: 0,
    load: () => undefined,
    save: refused,
    begin: refused,
    finish: refused,
    keepChanges: refused,
    close: () => Promise.resolve(),
  };
}
