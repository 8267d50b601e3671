import type { Mistake } from '../errors.js';
import { configMistakes } from './config-mistakes.js';
import { contradictions } from './contradictions.js';
import type {
  BootState,
  BudgetLimit,
  Condition,
  DutyLimit,
  OutputValue,
  SafetyConfig,
  SafetyDefinition,
  SafetyRule,
} from './definition.js';

/** What a guarded output can be. */
export type OutputKind = 'boolean' | 'number';

/** Longest lease where the type does not say, in milliseconds. */
export const DEFAULT_MAX_LEASE_MS = 3_600_000;

/** All that holds for one output: what its type declares, tightened by its configuration. */
export interface SafetyRules {
  readonly output: string;
  readonly kind: OutputKind;
  /** The inactive value: the output is active when it is any other. */
  readonly off: OutputValue;
  readonly failSafe: OutputValue;
  readonly boot: BootState;
  readonly leaseRequired: boolean;
  readonly maxLeaseMs: number;
  /** Infinity: no limit. */
  readonly maxOnMs: number;
  /** 0: none. */
  readonly minOffMs: number;
  /** Each of them holds. */
  readonly duties: readonly DutyLimit[];
  /** Each of them holds. */
  readonly budgets: readonly BudgetLimit[];
  readonly selfActing: boolean;
  readonly latch: readonly SafetyRule[];
  readonly onlyWhile: readonly Condition[];
  readonly notWhile: readonly Condition[];
  /** All conditions: whoever guards the output has to be told of the values that they name. */
  readonly conditions: readonly Condition[];
}

/**
 * Joins what a type declares with what a device's configuration adds to it. Where there are mistakes, the rules are the
 * tightest that could be meant, and must not be used.
 *
 * @param config - of the form of `safetyConfigSchema`
 * @param accepts - whether the output may be set to a value at all, beyond being of its kind @default any
 * @returns the mistakes of the configuration; their paths begin within it, e.g. `duty.onMs`
 */
export function resolveSafety(
  definition: SafetyDefinition,
  config: SafetyConfig | undefined,
  kind: OutputKind,
  accepts: (value: OutputValue) => boolean = () => true,
): { rules: SafetyRules; mistakes: Mistake[] } {
  const given = config ?? {};
  const rules = merged(definition, given, kind);
  const mistakes = configMistakes(definition, given, kind, accepts);
  if (mistakes.length === 0) {
    // It is said where the configuration brought it about; what the type itself contradicts, its author has to mend.
    for (const { members, message } of contradictions(rules)) {
      mistakes.push({ path: members.find((member) => Object.hasOwn(given, member)) ?? '', message });
    }
  }
  return { rules, mistakes };
}

/** What holds when nothing is configured. */
export function declaredRules(definition: SafetyDefinition, kind: OutputKind): SafetyRules {
  return merged(definition, {}, kind);
}

function merged(definition: SafetyDefinition, config: SafetyConfig, kind: OutputKind): SafetyRules {
  const off = definition.off ?? (kind === 'boolean' ? false : 0);
  const failSafe = config.failSafe ?? definition.failSafe ?? off;
  const onlyWhile = config.onlyWhile ?? [];
  const notWhile = config.notWhile ?? [];
  return Object.freeze({
    output: definition.output,
    kind,
    off,
    failSafe,
    boot: config.boot ?? definition.boot ?? (failSafe === off ? 'off' : 'on'),
    leaseRequired: definition.leaseRequired === true || config.leaseRequired === true,
    maxLeaseMs: Math.min(definition.maxLeaseMs ?? DEFAULT_MAX_LEASE_MS, config.maxLeaseMs ?? Infinity),
    maxOnMs: Math.min(definition.maxOnMs ?? Infinity, config.maxOnMs ?? Infinity),
    minOffMs: Math.max(definition.minOffMs ?? 0, config.minOffMs ?? 0),
    duties: [definition.duty, config.duty].filter((duty) => duty !== undefined),
    budgets: [...(definition.budgets ?? []), ...(config.budgets ?? [])],
    selfActing: definition.selfActing === true,
    latch: [...new Set([...(definition.latch ?? []), ...(config.latch ?? [])])],
    onlyWhile,
    notWhile,
    conditions: [...onlyWhile, ...notWhile],
  });
}
