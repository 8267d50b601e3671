import { subdevicesOf, type DeviceType } from '../device-type.js';
import type { Mistake } from '../errors.js';
import { conditionMistakes } from './condition-mistakes.js';
import type { SafetyConfig } from './definition.js';
import { resolveSafety, type SafetyRules } from './rules.js';
import { outputKind } from './safety-mistakes.js';

/** The rules of one guarded output. */
export interface DeviceSafety {
  /** Full name of its device. */
  readonly device: string;
  readonly rules: SafetyRules;
}

/**
 * The rules of a device's output, and of those of its sub-devices.
 * @param config - what its configuration says of safety; that is for the output of the device itself
 * @returns the mistakes of `config`, with paths in the device's configuration
 */
export function resolveDeviceSafety(
  name: string,
  type: DeviceType,
  config: SafetyConfig | undefined,
): { readonly devices: readonly DeviceSafety[]; readonly mistakes: readonly Mistake[] } {
  const parts = Object.entries(subdevicesOf(type)).flatMap(([part, sub]) =>
    sub.safety === undefined ? [] : [{ device: `${name}.${part}`, rules: rulesOf(sub, undefined).rules }],
  );
  if (type.safety === undefined) {
    const mistakes =
      config === undefined
        ? []
        : [{ path: 'safety', message: `"${type.oid}" has no output that is guarded` }];
    return { devices: parts, mistakes };
  }
  const { rules, mistakes } = rulesOf(type, config);
  const all = [...mistakes, ...conditionMistakes(config, { device: name, output: rules.output })];
  return {
    devices: [{ device: name, rules }, ...parts],
    mistakes: all.map(({ path, message }) => ({ path: path === '' ? 'safety' : `safety.${path}`, message })),
  };
}

function rulesOf(type: DeviceType, config: SafetyConfig | undefined): ReturnType<typeof resolveSafety> {
  const { output } = type.safety!;
  const accepts = (value: unknown): boolean => type.values[output]!.schema.safeParse(value).success;
  return resolveSafety(type.safety!, config, outputKind(type, output)!, accepts);
}
