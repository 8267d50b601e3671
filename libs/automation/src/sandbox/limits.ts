import type { SandboxLimits } from './sandbox.js';
import { SandboxOptionError } from './errors.js';

/** The defaults of {@link SandboxLimits}. */
export const DEFAULT_LIMITS: SandboxLimits = {
  turnBudgetMs: 50,
  memoryBytes: 4 * 1024 * 1024,
  stackBytes: 256 * 1024,
  maxCalls: 100,
  maxMessageBytes: 64 * 1024,
};

/** @throws {@link SandboxOptionError} for a limit that is no positive finite number */
export function withDefaults(limits: Partial<SandboxLimits> = {}): SandboxLimits {
  const all = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries<number>(all)) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new SandboxOptionError(`limits.${name} is ${value}: it has to be a number above 0`);
    }
  }
  return all;
}

/** Events and answers that may wait for one program; with more it does not keep up, and ends. */
export const MAX_WAITING = 1_000;
