import { textFrame } from '@raspy/wire';
import { MAX_SERVICE_BYTES } from '../codec.js';
import { MdpOptionError } from '../option-error.js';
import { isMmi } from './mmi-name.js';

/** What becomes of a request whose worker disappeared, and of one that the broker refuses or lets expire. */
export type OnWorkerLost = 'fail' | 'silent';

/** What a broker does with the requests and workers of one service. */
export interface ServicePolicy {
  /**
   * How long a request may wait for a worker, in ms from its arrival; then it is never executed and its client is
   * told `raspy:expired`. For names that end in `.devices` it is never more than 2,000, unless the `service` option says so:
   * a stale order to a device is dangerous. @default 30,000
   */
  readonly requestTtlMs: number;
  /**
   * Silence in ms after which a busy worker counts as dead, until it has once sent a heartbeat while busy; from then
   * on the ordinary expiry holds for it. Many workers cannot heartbeat inside their handler. @default 60,000
   */
  readonly busyExpiryMs: number;
  /**
   * How many workers may be given one request, one after the other, when they are lost with it. More than 1 means
   * that a request may be executed more than once: only for services that are idempotent. @default 1
   */
  readonly maxAttempts: number;
  /**
   * `fail`: the client is answered at once with a broker-made failure (PROTOCOLS §4); `silent`: it is left to its own
   * time-out. @default 'fail'
   */
  readonly onWorkerLost: OnWorkerLost;
  /** Requests of this service that may wait; the next is refused with `raspy:queue-full`. @default 100,000 */
  readonly maxQueuedRequests: number;
  /** Bytes that those may hold, 384 a frame included for what keeps it. @default 67,108,864 (64 MiB) */
  readonly maxQueuedBytes: number;
}

/** What a Majordomo broker can be told. All members are optional; the policy members hold for every service. */
export interface BrokerOptions extends Partial<ServicePolicy> {
  /** The broker's heartbeat interval in ms, to be the same at all workers. 10 to 3,600,000. @default 3,500 */
  readonly heartbeatIntervalMs?: number;
  /** A worker is dead after so many intervals of silence. An integer, 2 to 1,000. @default 5 */
  readonly heartbeatLiveness?: number;
  /** Requests that may wait over all services. @default 200,000 */
  readonly maxTotalQueuedRequests?: number;
  /**
   * Bytes that those and the requests under way, in workers and in built-in services, may hold together; a new request above it is refused with
   * `raspy:queue-full`, even if a worker is idle. One that was taken is never refused later. @default 268,435,456 (256 MiB)
   */
  readonly maxTotalQueuedBytes?: number;
  /** Services without a worker for which requests may wait; a request for one more is refused. @default 10,000 */
  readonly maxServicesWithoutWorker?: number;
  /**
   * Bytes of one message, all its frames together; the socket bounds single frames only. A larger one is dropped unread
   * as `oversized`, and a worker that sends it is removed. @default 67,108,864 (64 MiB)
   */
  readonly maxMessageBytes?: number;
  /** Frames of one message, its routing id included; for more the same holds. An integer, from 1. @default 10,000 */
  readonly maxMessageFrames?: number;
  /**
   * Requests that the handlers of built-in services may have at once, over all of these; the next is refused with
   * `raspy:queue-full`. @default 10,000
   */
  readonly maxBuiltinRequests?: number;
  /**
   * What is different for one service; asked when its first worker or request comes. A pure function of the name. One
   * that throws or returns nonsense is reported by a `policy-refused` event, and the service gets the broker's defaults.
   */
  readonly service?: (name: string) => Partial<ServicePolicy> | undefined;
}

/** {@link BrokerOptions} with nothing left open. */
export interface ResolvedBrokerOptions {
  readonly heartbeatIntervalMs: number;
  readonly heartbeatLiveness: number;
  /** Always interval × liveness. */
  readonly expiryMs: number;
  readonly maxTotalQueuedRequests: number;
  readonly maxTotalQueuedBytes: number;
  readonly maxServicesWithoutWorker: number;
  readonly maxMessageBytes: number;
  readonly maxMessageFrames: number;
  readonly maxBuiltinRequests: number;
  readonly builtinServices: readonly string[];
  /** The policy of a service, and what was wrong with the one that its owner gave, if anything. */
  readonly policyOf: (name: string) => {
    readonly policy: ServicePolicy;
    readonly mistakes: readonly string[];
  };
}

const DEVICES_TTL_MS = 2_000;
const DEFAULTS = {
  requestTtlMs: 30_000,
  busyExpiryMs: 60_000,
  maxAttempts: 1,
  onWorkerLost: 'fail',
  maxQueuedRequests: 100_000,
  maxQueuedBytes: 64 * 1024 * 1024,
  heartbeatIntervalMs: 3_500,
  heartbeatLiveness: 5,
  maxTotalQueuedRequests: 200_000,
  maxTotalQueuedBytes: 256 * 1024 * 1024,
  maxServicesWithoutWorker: 10_000,
  maxMessageBytes: 64 * 1024 * 1024,
  maxMessageFrames: 10_000,
  maxBuiltinRequests: 10_000,
} as const;

interface Range {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

const span: Range = { min: 1, max: 2 ** 40, integer: false };
const count: Range = { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true };

const POLICY_RANGES: { readonly [K in keyof ServicePolicy]?: Range } = {
  requestTtlMs: span,
  busyExpiryMs: span,
  maxAttempts: { min: 1, max: 1_000, integer: true },
  maxQueuedRequests: count,
  maxQueuedBytes: count,
};

const BROKER_RANGES: { readonly [K in keyof BrokerOptions]?: Range } = {
  heartbeatIntervalMs: { min: 10, max: 3_600_000, integer: false },
  heartbeatLiveness: { min: 2, max: 1_000, integer: true },
  maxTotalQueuedRequests: count,
  maxTotalQueuedBytes: count,
  maxServicesWithoutWorker: count,
  maxMessageBytes: { ...count, min: 1 },
  maxMessageFrames: { ...count, min: 1 },
  maxBuiltinRequests: count,
};

/**
 * Checks options and fills in the defaults.
 * @throws {@link MdpOptionError} with every mistake
 */
export function resolveBrokerOptions(
  options: BrokerOptions & { readonly builtinServices?: readonly string[] },
): ResolvedBrokerOptions {
  const builtinServices = [...new Set(options.builtinServices)];
  const mistakes = [
    ...outOfRange(options, BROKER_RANGES),
    ...policyMistakes(options),
    ...builtinServices.flatMap(nameMistakes),
  ];
  if (mistakes.length > 0) throw new MdpOptionError(mistakes);
  const heartbeatIntervalMs = options.heartbeatIntervalMs ?? DEFAULTS.heartbeatIntervalMs;
  const heartbeatLiveness = options.heartbeatLiveness ?? DEFAULTS.heartbeatLiveness;
  const common = policyFrom(options, DEFAULTS);
  const devices = { ...common, requestTtlMs: Math.min(common.requestTtlMs, DEVICES_TTL_MS) };
  return {
    heartbeatIntervalMs,
    heartbeatLiveness,
    expiryMs: heartbeatIntervalMs * heartbeatLiveness,
    maxTotalQueuedRequests: options.maxTotalQueuedRequests ?? DEFAULTS.maxTotalQueuedRequests,
    maxTotalQueuedBytes: options.maxTotalQueuedBytes ?? DEFAULTS.maxTotalQueuedBytes,
    maxServicesWithoutWorker: options.maxServicesWithoutWorker ?? DEFAULTS.maxServicesWithoutWorker,
    maxMessageBytes: options.maxMessageBytes ?? DEFAULTS.maxMessageBytes,
    maxMessageFrames: options.maxMessageFrames ?? DEFAULTS.maxMessageFrames,
    maxBuiltinRequests: options.maxBuiltinRequests ?? DEFAULTS.maxBuiltinRequests,
    builtinServices,
    policyOf: (name) => ownPolicy(name, name.endsWith('.devices') ? devices : common, options.service),
  };
}

function nameMistakes(name: string): string[] {
  const frame = textFrame(name);
  if (frame.length === 0 || frame.length > MAX_SERVICE_BYTES) {
    return [`the name of a built-in service must have 1 to ${MAX_SERVICE_BYTES} bytes, not ${frame.length}`];
  }
  return isMmi(frame) ? [`a built-in service cannot be called ${name}: mmi.* is the broker's own`] : [];
}

function ownPolicy(
  name: string,
  base: ServicePolicy,
  service: BrokerOptions['service'],
): { policy: ServicePolicy; mistakes: readonly string[] } {
  try {
    const own = service?.(name);
    if (own === undefined) return { policy: base, mistakes: [] };
    const mistakes = policyMistakes(own);
    return mistakes.length > 0 ? { policy: base, mistakes } : { policy: policyFrom(own, base), mistakes };
  } catch (error) {
    return { policy: base, mistakes: [`the service option threw: ${String(error)}`] };
  }
}

function policyFrom(own: Partial<ServicePolicy>, base: ServicePolicy): ServicePolicy {
  return {
    requestTtlMs: own.requestTtlMs ?? base.requestTtlMs,
    busyExpiryMs: own.busyExpiryMs ?? base.busyExpiryMs,
    maxAttempts: own.maxAttempts ?? base.maxAttempts,
    onWorkerLost: own.onWorkerLost ?? base.onWorkerLost,
    maxQueuedRequests: own.maxQueuedRequests ?? base.maxQueuedRequests,
    maxQueuedBytes: own.maxQueuedBytes ?? base.maxQueuedBytes,
  };
}

function policyMistakes(policy: Partial<ServicePolicy>): string[] {
  const mistakes = outOfRange(policy, POLICY_RANGES);
  const onWorkerLost: unknown = policy.onWorkerLost;
  if (onWorkerLost !== undefined && onWorkerLost !== 'fail' && onWorkerLost !== 'silent') {
    mistakes.push(`onWorkerLost must be 'fail' or 'silent', not ${JSON.stringify(onWorkerLost)}`);
  }
  return mistakes;
}

function outOfRange<T extends object>(given: T, ranges: { readonly [K in keyof T]?: Range }): string[] {
  const mistakes: string[] = [];
  for (const [key, { min, max, integer }] of Object.entries<Range>(ranges as Record<string, Range>)) {
    const value = given[key as keyof T];
    if (value === undefined) continue;
    const fits = typeof value === 'number' && value >= min && value <= max;
    if (fits && (!integer || Number.isInteger(value))) continue;
    mistakes.push(
      `${key} must be ${integer ? 'an integer' : 'a number'} from ${min} to ${max}, not ${String(value)}`,
    );
  }
  return mistakes;
}
