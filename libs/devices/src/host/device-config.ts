import { z } from 'zod';
import { parse } from '../describe.js';
import type { DeviceDriver } from '../driver.js';
import { InvalidConfigError, type Mistake } from '../errors.js';
import { errorText } from '../error-text.js';
import { DEVICE_NAME_PATTERN } from '../names.js';
import type { DeviceRegistry } from '../registry.js';

/** Longest period of polling: 31 days. */
const LONGEST_POLL_SECONDS = 31 * 86_400;

/** Seconds between two polls; see {@link DeviceConfig.pollSeconds}. */
export const pollSecondsSchema = z
  .int(
    `must be -1 (not polled), 0 (polled when asked) or a whole number of seconds up to ${LONGEST_POLL_SECONDS}`,
  )
  .min(-1)
  .max(LONGEST_POLL_SECONDS);

/** The form of {@link DeviceConfig}, for settings files and forms; `config` is checked when its type is known. */
export const deviceConfigSchema = z.strictObject({
  name: z
    .string()
    .regex(
      DEVICE_NAME_PATTERN,
      'must be 1 to 64 letters, digits, "_", "-" or ".", beginning with a letter or digit',
    )
    .meta({ title: 'Name' }),
  oid: z.string().meta({ title: 'Type' }),
  config: z.record(z.string(), z.unknown()).default({}).meta({ title: 'Configuration' }),
  pollSeconds: pollSecondsSchema.default(0).meta({ title: 'Seconds between polls' }),
  log: z.boolean().default(false).meta({ title: 'Keep a history' }),
});

/** One device of a host, as it is written in settings: plain JSON. */
export interface DeviceConfig {
  /** Unique in its host: letters, digits, `_`, `-` and `.`, beginning with a letter or digit, at most 64 in all. */
  readonly name: string;
  /** Oid of its type, e.g. `fake.cyclic`; a driver for it must be registered. */
  readonly oid: string;
  /** What its type asks for. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * -1: never polled; 0: when asked only; n: each n seconds, on the monotonic clock, the first time when it is
   * opened. At most 31 days. A device that cannot be asked counts as -1. @default 0
   */
  readonly pollSeconds?: number;
  /** Whether a history of its readings is wanted; the host passes it on to whoever records. @default false */
  readonly log?: boolean;
}

/** A device's configuration, checked. */
export interface CheckedConfig {
  readonly name: string;
  readonly driver: DeviceDriver;
  /** As it was written. */
  readonly written: Readonly<Record<string, unknown>>;
  /** As the driver gets it. */
  readonly parsed: Readonly<Record<string, unknown>>;
  readonly pollSeconds: number;
  readonly log: boolean;
}

/**
 * Checks what may come from anywhere; all mistakes at once.
 * @throws InvalidConfigError
 */
export function checkDeviceConfig(candidate: unknown, registry: DeviceRegistry): CheckedConfig {
  const { json, mistakes: unreadable } = copyJson(candidate);
  const outer = parse(deviceConfigSchema, json);
  const mistakes: Mistake[] = [...(unreadable ?? outer.mistakes ?? [])];
  const { name, oid, config } = looselyRead(json);
  const driver = oid === undefined ? undefined : registry.get(oid);
  if (driver === undefined && oid !== undefined) {
    const known = registry.oids().join(', ') || 'none; load a plugin';
    mistakes.push({ path: 'oid', message: `no driver for "${oid}"; there are: ${known}` });
  }
  const inner = driver && isRecord(config) ? parse(driver.type.config, config, ['config']) : undefined;
  mistakes.push(...(inner?.mistakes ?? []));
  if (
    mistakes.length > 0 ||
    driver === undefined ||
    inner === undefined ||
    outer.mistakes ||
    inner.mistakes
  ) {
    throw new InvalidConfigError(name ?? '?', mistakes);
  }
  const { pollSeconds, log } = outer.data as z.output<typeof deviceConfigSchema>;
  return {
    name: name!,
    driver,
    written: config as Record<string, unknown>,
    parsed: inner.data as Record<string, unknown>,
    pollSeconds,
    log,
  };
}

/** A copy, so that the caller's object may change later; what has no JSON form cannot be shown or kept. */
function copyJson(candidate: unknown): { json: unknown; mistakes?: Mistake[] } {
  try {
    return { json: JSON.parse(JSON.stringify(candidate ?? null)) };
  } catch (error) {
    return { json: null, mistakes: [{ path: '', message: `has no JSON form: ${errorText(error)}` }] };
  }
}

/** The parts that are there, whatever else is wrong, so that one mistake does not hide the others. */
function looselyRead(json: unknown): { name?: string; oid?: string; config?: unknown } {
  if (!isRecord(json)) return {};
  const { name, oid, config = {} } = json;
  return {
    ...(typeof name === 'string' && { name: name.slice(0, 64) }),
    ...(typeof oid === 'string' && { oid }),
    config,
  };
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
