import type { BudgetLimit } from './definition.js';
import { durationText } from './duration-text.js';
import type { Refusal } from './refusal.js';
import type { BudgetState } from './safety-state.js';

/** One use of a budget. */
export interface Spent {
  readonly command: string;
  readonly argument: string;
  readonly at: number;
  readonly amount: number;
}

/** So many uses of one argument are kept; of more, the two nearest in time are joined, and count as the later one. */
const MOST_USES = 256;

/** What commands were given, and may still be given. */
export class Budgets {
  #limits: readonly BudgetLimit[];
  /** By command and argument, each in the order of time. */
  readonly #uses = new Map<string, Spent[]>();

  constructor(limits: readonly BudgetLimit[]) {
    this.#limits = limits;
  }

  set limits(limits: readonly BudgetLimit[]) {
    this.#limits = limits;
  }

  /** Whether the command has a budget at all. */
  has(command: string): boolean {
    return this.#limits.some((limit) => limit.command === command);
  }

  restore(uses: readonly Spent[]): void {
    for (const use of [...uses].sort((a, b) => a.at - b.at)) this.#record(use);
  }

  /** All uses that may still count. */
  uses(now: number): readonly Spent[] {
    this.#forget(now);
    return [...this.#uses.values()].flat();
  }

  /** Why the command may not be executed with these arguments now; `undefined` when it may. */
  refusal(now: number, command: string, args: Readonly<Record<string, unknown>>): Refusal | undefined {
    for (const limit of this.#limits) {
      const refused = limit.command === command ? this.#refusal(now, limit, args) : undefined;
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  /** Counts what the command is about to be given. */
  spend(now: number, command: string, args: Readonly<Record<string, unknown>>): void {
    this.#forget(now);
    for (const argument of this.#argumentsOf(command)) {
      this.#record({ command, argument, at: now, amount: args[argument] as number });
    }
  }

  /** Takes back what was counted last, since the command was not executed. */
  refund(command: string, args: Readonly<Record<string, unknown>>): void {
    for (const argument of this.#argumentsOf(command)) {
      const uses = this.#uses.get(key(command, argument));
      const amount = args[argument];
      const index = uses?.findLastIndex((use) => use.amount >= (amount as number)) ?? -1;
      if (uses === undefined || index < 0 || typeof amount !== 'number' || !(amount >= 0)) continue;
      const use = uses[index]!;
      if (use.amount > amount) uses[index] = { ...use, amount: use.amount - amount };
      else uses.splice(index, 1);
    }
  }

  /** What is left, the least of several limits of one argument. */
  state(now: number): readonly BudgetState[] {
    const left = new Map<string, BudgetState>();
    for (const limit of this.#limits) {
      const { command, argument } = limit;
      const before = left.get(key(command, argument))?.left ?? Infinity;
      const rest = Math.max(0, limit.max - this.#used(now, limit));
      left.set(key(command, argument), { command, argument, left: Math.min(before, rest) });
    }
    return [...left.values()];
  }

  #refusal(now: number, limit: BudgetLimit, args: Readonly<Record<string, unknown>>): Refusal | undefined {
    const { command, argument, max, maxAtOnce = max, windowMs } = limit;
    const amount = args[argument];
    if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
      return {
        rule: 'budget',
        reason: `"${argument}" of "${command}" must be a number that is not negative`,
      };
    }
    // Sums of fractions are not exact: 500 times 0.1 is more than 50.
    const tolerance = max * 1e-9;
    if (amount > maxAtOnce + tolerance) {
      const reason = `${amount} is more than "${command}" may be given at once: "${argument}" at most ${maxAtOnce}`;
      return { rule: 'budget', reason };
    }
    const used = this.#used(now, limit);
    if (used + amount <= max + tolerance) return undefined;
    const retryAt = this.#retryAt(now, limit, used + amount - max - tolerance);
    const left = rounded(Math.max(0, max - used));
    const reason =
      `${amount} is more than what is left: ${left} of ${max} within ${durationText(windowMs)};` +
      ` there will be enough in ${durationText(retryAt - now)}`;
    return { rule: 'budget', reason, retryAt };
  }

  /** What counts now. */
  #counted(now: number, { command, argument, windowMs }: BudgetLimit): readonly Spent[] {
    return (this.#uses.get(key(command, argument)) ?? []).filter(({ at }) => at + windowMs > now);
  }

  #used(now: number, limit: BudgetLimit): number {
    return this.#counted(now, limit).reduce((sum, { amount }) => sum + amount, 0);
  }

  /** When so much of what counts now will count no more. */
  #retryAt(now: number, limit: BudgetLimit, missing: number): number {
    let freed = 0;
    for (const { at, amount } of this.#counted(now, limit)) {
      freed += amount;
      if (freed >= missing) return at + limit.windowMs;
    }
    return now + limit.windowMs;
  }

  #argumentsOf(command: string): Set<string> {
    return new Set(this.#limits.filter((limit) => limit.command === command).map(({ argument }) => argument));
  }

  #record(use: Spent): void {
    const uses = this.#uses.get(key(use.command, use.argument)) ?? [];
    this.#uses.set(key(use.command, use.argument), uses);
    uses.push(use);
    if (uses.length <= MOST_USES) return;
    let nearest = 1;
    for (let index = 2; index < uses.length; index++) {
      if (uses[index]!.at - uses[index - 1]!.at < uses[nearest]!.at - uses[nearest - 1]!.at) nearest = index;
    }
    const later = uses[nearest]!;
    uses.splice(nearest - 1, 2, { ...later, amount: later.amount + uses[nearest - 1]!.amount });
  }

  #forget(now: number): void {
    const windowMs = Math.max(0, ...this.#limits.map((limit) => limit.windowMs));
    for (const [name, uses] of this.#uses) {
      this.#uses.set(
        name,
        uses.filter(({ at }) => at + windowMs > now),
      );
    }
  }
}

function key(command: string, argument: string): string {
  return `${command} ${argument}`;
}

function rounded(amount: number): number {
  return Math.round(amount * 1_000) / 1_000;
}
