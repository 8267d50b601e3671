import type { Mistake } from '../errors.js';
import { conditionMistake } from './condition-mistakes.js';
import type { BootState, OutputValue, SafetyConfig, SafetyDefinition } from './definition.js';
import { DEFAULT_MAX_LEASE_MS, type OutputKind } from './rules.js';
import { budgetMistakes, dutyMistakes, isPositive, latchMistakes, outputMistake } from './value-mistakes.js';

const BOOT_ORDER: readonly BootState[] = ['off', 'last', 'on'];

/** What is wrong with a configuration by itself, and where it is looser than the type. */
export function configMistakes(
  definition: SafetyDefinition,
  config: SafetyConfig,
  kind: OutputKind,
  accepts: (value: OutputValue) => boolean,
): Mistake[] {
  const mistakes: Mistake[] = [];
  const add = (path: string, message: string): void => void mistakes.push({ path, message });
  const { failSafe, boot, leaseRequired, maxLeaseMs, maxOnMs, minOffMs } = config;
  if (failSafe !== undefined) {
    const message = outputMistake(failSafe, kind, accepts);
    if (message !== undefined) add('failSafe', message);
  }
  if (boot !== undefined && definition.boot !== undefined && looser(boot, definition.boot)) {
    add('boot', `the type begins with "${definition.boot}": this can be made tighter alone, so leave it out`);
  }
  if (leaseRequired === false && definition.leaseRequired === true) {
    add('leaseRequired', 'the type is active only under a lease: leave it out');
  }
  const longest = definition.maxLeaseMs ?? DEFAULT_MAX_LEASE_MS;
  atMost(add, 'maxLeaseMs', maxLeaseMs, longest);
  atMost(add, 'maxOnMs', maxOnMs, definition.maxOnMs ?? Infinity);
  if (minOffMs !== undefined) {
    const least = definition.minOffMs ?? 0;
    if (!(minOffMs >= 0 && minOffMs < Infinity)) {
      add('minOffMs', 'must be a number of milliseconds that is not negative');
    } else if (minOffMs < least) {
      add('minOffMs', `must be at least the type's ${least}: a limit can be made tighter alone`);
    }
  }
  mistakes.push(...dutyMistakes(config.duty, definition.duty));
  mistakes.push(...budgetMistakes(config.budgets ?? [], definition.budgets ?? []));
  mistakes.push(...latchMistakes(config.latch ?? []));
  for (const list of ['onlyWhile', 'notWhile'] as const) {
    for (const [index, condition] of (config[list] ?? []).entries()) {
      const message = conditionMistake(condition, list);
      if (message !== undefined) add(`${list}[${index}]`, message);
    }
  }
  return mistakes;
}

function looser(boot: BootState, than: BootState): boolean {
  return BOOT_ORDER.indexOf(boot) > BOOT_ORDER.indexOf(than);
}

function atMost(
  add: (path: string, message: string) => void,
  path: string,
  value: number | undefined,
  most: number,
): void {
  if (value === undefined) return;
  if (!isPositive(value)) add(path, 'must be a positive number of milliseconds');
  else if (value > most) add(path, `must be at most the type's ${most}: a limit can be made tighter alone`);
}
