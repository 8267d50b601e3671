import type { Millis } from '@raspy/clock';
import { OptionCheck } from '@raspy/wire';
import { TitanicOptionError } from '../option-error.js';

/** What Titanic does with the requests for one service. */
export interface TargetPolicy {
  /**
   * Attempts at a time; never more than the service has workers, so that with one worker requests are done strictly one
   * after the other. @default 16
   */
  readonly concurrency: number;
  /** An attempt that has not been answered after so long has failed. @default 60,000 */
  readonly attemptTimeoutMs: Millis;
  /** So many attempts that may have been executed; then the request rests in the dead-letter list. @default 5 */
  readonly maxAttempts: number;
}

/** What a Titanic can be told; every member has a default. */
export interface TitanicOptions extends Partial<TargetPolicy> {
  /** Requests that are kept, in whatever state; the next is refused with `500`. @default 100,000 */
  readonly maxRequests?: number;
  /** Of those, requests for one service, so that one that never comes leaves room for others. @default 50,000 */
  readonly maxRequestsPerService?: number;
  /** Bytes of all bodies and replies that are kept; a request beyond is refused with `500`. @default 268,435,456 (256 MiB) */
  readonly maxBytes?: number;
  /** Bytes of one body; a larger one is refused with `400`, since asking again does not help. @default 16,777,216 (16 MiB) */
  readonly maxRequestBytes?: number;
  /** Dead letters that are kept; the oldest give way. @default 10,000 */
  readonly maxDead?: number;
  /** Idempotency keys that are kept of requests that are closed; the oldest give way. @default 100,000 */
  readonly maxClosedKeys?: number;
  /**
   * After so long, counted from its `notBefore` if it has one, a request that still waits expires; and one that has ended is
   * forgotten. @default 604,800,000 (7 days)
   */
  readonly retentionMs?: Millis;
  /** Pause after the first failed attempt; it doubles with each. @default 1,000 */
  readonly backoffMs?: Millis;
  /** The pause does not grow beyond. @default 60,000 */
  readonly maxBackoffMs?: Millis;
  /** So long lives an order to a `.devices` service that has no `expiresAt`. @default 60,000 */
  readonly deviceLifeMs?: Millis;
  /** What is different for one service; asked when its first request comes. A pure function of the name. */
  readonly service?: (name: string) => Partial<TargetPolicy> | undefined;
}

/** {@link TitanicOptions} with nothing left open. */
export type ResolvedTitanicOptions = Required<Omit<TitanicOptions, 'service'>> & {
  /** The policy of a service, and what was wrong with the one that its owner gave, if anything. */
  readonly policyOf: (name: string) => { readonly policy: TargetPolicy; readonly mistake?: string };
};

const DEFAULTS = {
  concurrency: 16,
  attemptTimeoutMs: 60_000,
  maxAttempts: 5,
  maxRequests: 100_000,
  maxRequestsPerService: 50_000,
  maxBytes: 268_435_456,
  maxRequestBytes: 16_777_216,
  maxDead: 10_000,
  maxClosedKeys: 100_000,
  retentionMs: 604_800_000,
  backoffMs: 1_000,
  maxBackoffMs: 60_000,
  deviceLifeMs: 60_000,
} as const;

/** @throws TitanicOptionError with every mistake */
export function resolveTitanicOptions(options: TitanicOptions): ResolvedTitanicOptions {
  const { service, ...given } = options;
  const known = Object.entries<unknown>(given).filter(
    ([name, value]) => name in DEFAULTS && value !== undefined,
  );
  const resolved: Omit<ResolvedTitanicOptions, 'policyOf'> = { ...DEFAULTS, ...Object.fromEntries(known) };
  const check = new OptionCheck(TitanicOptionError);
  checkPolicy(check, resolved);
  for (const name of ['maxRequests', 'maxRequestsPerService', 'maxBytes', 'maxRequestBytes'] as const) {
    check.count(name, resolved[name], 1);
  }
  for (const name of ['maxDead', 'maxClosedKeys'] as const) check.count(name, resolved[name], 0);
  for (const name of ['retentionMs', 'backoffMs', 'maxBackoffMs', 'deviceLifeMs'] as const) {
    check.millis(name, resolved[name]);
  }
  check.done();
  const { concurrency, attemptTimeoutMs, maxAttempts } = resolved;
  const common: TargetPolicy = { concurrency, attemptTimeoutMs, maxAttempts };
  return { ...resolved, policyOf: (name) => ownPolicy(name, common, service) };
}

/** A service's own policy; the common one where its owner's function fails: a name from the network must not stop Titanic. */
function ownPolicy(
  name: string,
  common: TargetPolicy,
  service: TitanicOptions['service'],
): { policy: TargetPolicy; mistake?: string } {
  try {
    const policy = { ...common, ...service?.(name) };
    const check = new OptionCheck(TitanicOptionError);
    checkPolicy(check, policy);
    check.done();
    return { policy };
  } catch (error) {
    return { policy: common, mistake: String(error) };
  }
}

function checkPolicy(check: OptionCheck, policy: TargetPolicy): void {
  check.count('concurrency', policy.concurrency, 1);
  check.millis('attemptTimeoutMs', policy.attemptTimeoutMs);
  check.count('maxAttempts', policy.maxAttempts, 1);
}
