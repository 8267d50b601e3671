import type { Mistake } from '../errors.js';
import {
  LATCHABLE_RULES,
  type BudgetLimit,
  type DutyLimit,
  type OutputValue,
  type SafetyRule,
} from './definition.js';
import type { OutputKind } from './rules.js';

export function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < Infinity;
}

/** What is wrong with a value for an output. */
export function outputMistake(
  value: unknown,
  kind: OutputKind,
  accepts: (value: OutputValue) => boolean = () => true,
): string | undefined {
  if (kind === 'boolean' && typeof value !== 'boolean') return 'must be true or false, as the output';
  if (kind === 'number' && !Number.isFinite(value)) return 'must be a number, as the output';
  return accepts(value as OutputValue) ? undefined : `the output cannot be ${String(value)}`;
}

/** What is wrong with a duty limit, also as an addition to the one of the type. */
export function dutyMistakes(duty: DutyLimit | undefined, declared?: DutyLimit): Mistake[] {
  if (duty === undefined) return [];
  const mistakes: Mistake[] = [];
  for (const member of ['onMs', 'windowMs'] as const) {
    if (!isPositive(duty[member])) {
      mistakes.push({ path: `duty.${member}`, message: 'must be a positive number of milliseconds' });
    }
  }
  if (mistakes.length > 0) return mistakes;
  if (duty.windowMs < duty.onMs) {
    return [{ path: 'duty.windowMs', message: `must be at least onMs, ${duty.onMs}` }];
  }
  if (declared !== undefined && duty.onMs > declared.onMs && duty.windowMs <= declared.windowMs) {
    const message = `must be at most the type's ${declared.onMs} for a window that is not longer: a limit can be made tighter alone`;
    return [{ path: 'duty.onMs', message }];
  }
  return [];
}

/** What is wrong with budgets, also as additions to those of the type. */
export function budgetMistakes(
  budgets: readonly BudgetLimit[],
  declared?: readonly BudgetLimit[],
): Mistake[] {
  return budgets.flatMap((budget, index) => {
    const mistakes: Mistake[] = [];
    const add = (member: string, message: string): void =>
      void mistakes.push({ path: `budgets[${index}].${member}`, message });
    for (const member of ['max', 'windowMs'] as const) {
      if (!isPositive(budget[member])) add(member, 'must be a positive number');
    }
    const { maxAtOnce } = budget;
    if (maxAtOnce !== undefined && !(isPositive(maxAtOnce) && maxAtOnce <= budget.max)) {
      add('maxAtOnce', 'must be a positive number, at most max');
    }
    if (declared === undefined || mistakes.length > 0) return mistakes;
    const same = declared.filter(
      ({ command, argument }) => command === budget.command && argument === budget.argument,
    );
    if (same.length === 0) {
      const known = declared.map(({ command, argument }) => `${command} ${argument}`).join(', ');
      add('command', `the type has no budget for this argument; it has: ${known || 'none'}`);
    }
    for (const { max, windowMs, maxAtOnce: atOnce = max } of same) {
      if (budget.max > max && budget.windowMs <= windowMs) {
        add('max', `must be at most the type's ${max} for a window that is not longer`);
      }
      if (maxAtOnce !== undefined && maxAtOnce > atOnce)
        add('maxAtOnce', `must be at most the type's ${atOnce}`);
    }
    return mistakes;
  });
}

/** Rules that only refuse never trip, so that they cannot hold either. */
export function latchMistakes(latch: readonly SafetyRule[]): Mistake[] {
  return latch.flatMap((rule, index) =>
    (LATCHABLE_RULES as readonly SafetyRule[]).includes(rule)
      ? []
      : [
          {
            path: `latch[${index}]`,
            message: `"${rule}" does not trip; there are: ${LATCHABLE_RULES.join(', ')}`,
          },
        ],
  );
}
