import type { SavedSafety } from './saved.js';

/** Where a host keeps what it must know of guarded outputs after a restart. */
export interface SafetyMemory {
  /** What was saved last of a device; `undefined` when nothing was, or it cannot be read. */
  load(device: string): SavedSafety | undefined;
  /** Resolves when it would outlive a power cut; rejects when it cannot be kept. Later calls win. */
  save(device: string, saved: SavedSafety): Promise<void>;
}

/** A memory that ends with the process. */
export function volatileMemory(): SafetyMemory {
  const saved = new Map<string, SavedSafety>();
  return {
    load: (device) => saved.get(device),
    save: (device, state) => {
      saved.set(device, state);
      return Promise.resolve();
    },
  };
}
