import { z } from 'zod';
import { parse } from '../describe.js';
import { readableValues, type DeviceType } from '../device-type.js';
import type { DeviceDriver } from '../driver.js';
import { InvalidConfigError, type Mistake } from '../errors.js';
import { errorText } from '../error-text.js';
import { DEVICE_NAME_PATTERN } from '../names.js';
import type { DeviceRegistry } from '../registry.js';
import { safetyConfigSchema } from '../safety/config-schema.js';
import type { SafetyConfig } from '../safety/definition.js';
import { resolveDeviceSafety, type DeviceSafety } from '../safety/device-safety.js';
import { calibrationSchema, type Calibration } from './calibration.js';

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
  driver: z.string().optional().meta({ title: 'Plugin whose driver is used' }),
  config: z.record(z.string(), z.unknown()).default({}).meta({ title: 'Configuration' }),
  pollSeconds: pollSecondsSchema.optional().meta({ title: 'Seconds between polls' }),
  log: z.boolean().default(false).meta({ title: 'Keep a history' }),
  calibration: z.record(z.string(), calibrationSchema).default({}).meta({ title: 'Calibration by value' }),
  safety: safetyConfigSchema.optional().meta({ title: 'Safety' }),
});

/** One device of a host, as it is written in settings: plain JSON. */
export interface DeviceConfig {
  /** Unique in its host: letters, digits, `_`, `-` and `.`, beginning with a letter or digit, at most 64 in all. */
  readonly name: string;
  /** Oid of its type, e.g. `fake.cyclic`; a driver for it must be registered. */
  readonly oid: string;
  /** Short name of the plugin whose driver is used; needed where several have one for the oid. @default the only one */
  readonly driver?: string;
  /** What its type asks for. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * -1: never polled; 0: when asked only; n: each n seconds, on the monotonic clock, the first time when it is
   * opened. At most 31 days. A device that cannot be asked counts as -1. @default 0
   */
  readonly pollSeconds?: number;
  /** Whether a history of its readings is wanted; the host passes it on to whoever records. @default false */
  readonly log?: boolean;
  /** How the true value is made of what the device says, by value; readings then have both. @default none */
  readonly calibration?: Readonly<Record<string, Calibration>>;
  /** Tightens what its type declares of its safety, and ties it to other devices of the host. @default the type's */
  readonly safety?: SafetyConfig;
}

/** A device's configuration, checked. */
export interface CheckedConfig {
  readonly name: string;
  readonly driver: DeviceDriver;
  /** All of it as it was written. */
  readonly whole: DeviceConfig;
  /** What its type asks for, as it was written. */
  readonly written: Readonly<Record<string, unknown>>;
  /** As the driver gets it. */
  readonly parsed: Readonly<Record<string, unknown>>;
  readonly pollSeconds: number;
  readonly log: boolean;
  readonly calibration: Readonly<Record<string, Calibration>>;
  /** Rules of the guarded outputs, its own and its sub-devices', by the device's full name. */
  readonly safety: readonly DeviceSafety[];
}

/**
 * Checks what may come from anywhere; all mistakes at once.
 * @throws InvalidConfigError
 */
export function checkDeviceConfig(candidate: unknown, registry: DeviceRegistry): CheckedConfig {
  const { json, mistakes: unreadable } = copyJson(candidate);
  const outer = parse(deviceConfigSchema, json);
  const mistakes: Mistake[] = [...(unreadable ?? outer.mistakes ?? [])];
  const { name, oid, plugin, config } = looselyRead(json);
  const found = oid === undefined ? {} : registry.find(oid, plugin);
  const { driver } = found;
  if (found.mistake !== undefined) mistakes.push(found.mistake);
  const inner = driver && isRecord(config) ? parse(driver.type.config, config, ['config']) : undefined;
  mistakes.push(...(inner?.mistakes ?? []));
  const members =
    outer.mistakes === undefined ? (outer.data as z.output<typeof deviceConfigSchema>) : undefined;
  const safety = members && driver && resolveDeviceSafety(members.name, driver.type, members.safety);
  if (members && driver) mistakes.push(...calibrationMistakes(driver.type, members.calibration));
  mistakes.push(...(safety?.mistakes ?? []));
  if (
    mistakes.length > 0 ||
    driver === undefined ||
    members === undefined ||
    safety === undefined ||
    inner === undefined ||
    inner.mistakes !== undefined
  ) {
    throw new InvalidConfigError(name ?? '?', mistakes);
  }
  const { pollSeconds = driver.pollSeconds ?? 0, log, calibration } = members;
  return {
    name: name!,
    driver,
    whole: json as DeviceConfig,
    written: config as Record<string, unknown>,
    parsed: inner.data as Record<string, unknown>,
    pollSeconds,
    log,
    calibration,
    safety: safety.devices,
  };
}

function calibrationMistakes(type: DeviceType, calibration: object): Mistake[] {
  const values = readableValues(type);
  return Object.keys(calibration)
    .filter((name) => !values.includes(name))
    .map((name) => ({
      path: `calibration.${name}`,
      message: `the type reports no such value; there are: ${values.join(', ') || 'none'}`,
    }));
}

/** What is wrong with the configuration of a device, by itself; nothing when a host of these drivers would take it. */
export function deviceConfigMistakes(candidate: unknown, registry: DeviceRegistry): readonly Mistake[] {
  try {
    checkDeviceConfig(candidate, registry);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.mistakes;
    throw error;
  }
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
function looselyRead(json: unknown): { name?: string; oid?: string; plugin?: string; config?: unknown } {
  if (!isRecord(json)) return {};
  const { name, oid, driver, config = {} } = json;
  return {
    ...(typeof name === 'string' && { name: name.slice(0, 64) }),
    ...(typeof oid === 'string' && { oid }),
    ...(typeof driver === 'string' && { plugin: driver }),
    config,
  };
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
