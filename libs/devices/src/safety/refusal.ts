import type { SafetyRule } from './definition.js';
import type { SafetyRefusal } from './events.js';

/** Why something may not be done now, with the instant from which on this rule allows it. */
export interface Refusal {
  readonly rule: SafetyRule;
  readonly reason: string;
  readonly retryAt?: number;
}

/** As it is told; whoever waits for so long is not refused by the same rule again. */
export function told({ rule, reason, retryAt }: Refusal, now: number): SafetyRefusal {
  return {
    rule,
    reason,
    ...(retryAt !== undefined &&
      retryAt < Infinity && { retryAfterMs: Math.max(1, Math.ceil(retryAt - now)) }),
  };
}
