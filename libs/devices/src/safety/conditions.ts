import type { Condition } from './definition.js';
import type { Refusal } from './refusal.js';

/** One of the things that tell of a value: what it is, or why that is not known. */
export type Known =
  | { readonly known: true; readonly value: unknown }
  | { readonly known: false; readonly why: string };

/** What is known of the value of a device; of a guarded output there are several, and all count. */
export type Knowledge = (device: string, value: string) => readonly Known[];

/** The first condition that forbids the output to be active; `undefined` when none does. */
export function violation(
  onlyWhile: readonly Condition[],
  notWhile: readonly Condition[],
  knowledge: Knowledge,
): Refusal | undefined {
  for (const [conditions, mustHold] of [
    [onlyWhile, true],
    [notWhile, false],
  ] as const) {
    for (const condition of conditions) {
      for (const known of knowledge(condition.device, condition.value)) {
        const refused = refusal(condition, mustHold, known);
        if (refused !== undefined) return refused;
      }
    }
  }
  return undefined;
}

function refusal(condition: Condition, mustHold: boolean, known: Known): Refusal | undefined {
  const name = `${condition.device}.${condition.value}`;
  if (!known.known) return { rule: 'input', reason: `${name} ${known.why}: it must be good` };
  const { is, above, below } = condition;
  if ((above !== undefined || below !== undefined) && typeof known.value !== 'number') {
    return { rule: 'input', reason: `${name} is ${text(known.value)}: it must be a number` };
  }
  if (holds(condition, known.value) === mustHold) return undefined;
  const what =
    is !== undefined
      ? text(is)
      : [above !== undefined && `above ${above}`, below !== undefined && `below ${below}`]
          .filter((part) => part !== false)
          .join(' and ');
  return {
    rule: 'interlock',
    reason: `${name} is ${text(known.value)}: it must ${mustHold ? '' : 'not '}be ${what}`,
  };
}

function holds({ is, above, below }: Condition, value: unknown): boolean {
  return (
    (is === undefined || value === is) &&
    (above === undefined || (value as number) > above) &&
    (below === undefined || (value as number) < below)
  );
}

function text(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'something else';
}
