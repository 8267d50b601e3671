import type { MdpErrorCode, MdpTimeoutError } from '@raspy/mdp-protocol';
import type { AttemptOutcome } from '../machine/attempts.js';

/** Failures after which the request has certainly not been executed. */
const NOT_EXECUTED: ReadonlySet<MdpErrorCode> = new Set([
  'TOO_MANY_REQUESTS',
  'NO_WORKER',
  'QUEUE_FULL',
  'EXPIRED',
]);

/** What a request that was not answered means to its attempt. */
export function failureOf(error: unknown): Extract<AttemptOutcome, { type: 'failed' }> {
  const reason = error instanceof Error ? error.message : String(error);
  const code = (error as { readonly code?: MdpErrorCode } | null)?.code;
  const certain =
    code === 'TIMEOUT'
      ? (error as MdpTimeoutError).attempts === 0
      : code !== undefined && NOT_EXECUTED.has(code);
  return { type: 'failed', reason, mayHaveRun: !certain };
}
