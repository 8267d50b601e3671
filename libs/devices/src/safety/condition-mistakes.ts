import type { Mistake } from '../errors.js';
import type { Condition, SafetyConfig } from './definition.js';

/** What is wrong with a condition by itself. */
export function conditionMistake(condition: Condition, list: 'onlyWhile' | 'notWhile'): string | undefined {
  const { is, above, below } = condition;
  const compares = above !== undefined || below !== undefined;
  if (is !== undefined && compares) return 'give "is", or "above" and "below", not both';
  if (typeof is === 'number' && !Number.isFinite(is)) return '"is" must be a finite number';
  if ([above, below].some((bound) => bound !== undefined && !Number.isFinite(bound))) {
    return '"above" and "below" must be finite numbers';
  }
  if (above !== undefined && below !== undefined && above >= below) {
    return `nothing is above ${above} and below ${below}`;
  }
  if (list === 'notWhile' && is === undefined && !compares) {
    return 'give "is", "above" or "below": as it is, the output could never be active; to ask for a good reading use onlyWhile';
  }
  return undefined;
}

/**
 * What conditions name that is not there, and whether one is about the output itself.
 *
 * @param own - the device that is configured, and its guarded value
 * @param exists - whether the host has this value of this device @default anything
 * @returns paths begin within the safety configuration
 */
export function conditionMistakes(
  config: SafetyConfig | undefined,
  own: { readonly device: string; readonly output: string },
  exists: (device: string, value: string) => boolean = () => true,
): Mistake[] {
  return (['onlyWhile', 'notWhile'] as const).flatMap((list) =>
    (config?.[list] ?? []).flatMap(({ device, value }, index): Mistake[] => {
      const path = `${list}[${index}]`;
      if (device === own.device && value === own.output) {
        return [{ path, message: 'the output cannot be a condition of itself: name another value' }];
      }
      return exists(device, value)
        ? []
        : [{ path, message: `there is no "${value}" of a device "${device}" in this host` }];
    }),
  );
}
