import type { Knowledge } from './conditions.js';
import type { LeaseGrant, SafetyAsk } from './decisions.js';
import type { OutputValue } from './definition.js';
import type { Effects } from './effects.js';
import type { Leases } from './leases.js';
import type { OutputState } from './output-state.js';
import {
  activeRefusal,
  commandRefusal,
  inactiveRefusal,
  leaseLengthMistake,
  leaseRefusal,
} from './permission.js';
import type { Refusal } from './refusal.js';

/** What others ask of outputs. */
export class Requests {
  readonly #leases: Leases;
  readonly #knowledge: Knowledge;
  readonly #newLeaseId: () => string;

  constructor(leases: Leases, knowledge: Knowledge, newLeaseId: () => string) {
    this.#leases = leases;
    this.#knowledge = knowledge;
    this.#newLeaseId = newLeaseId;
  }

  /** Sets what the output is to be, unless that is refused. */
  set(
    now: number,
    output: OutputState,
    value: OutputValue,
    ask: SafetyAsk,
    effects: Effects,
  ): { readonly refused?: Refusal; readonly lease?: LeaseGrant } {
    const refused = this.#refusal(now, output, value, ask);
    if (refused !== undefined) return { refused };
    const lease = this.#take(now, output, value, ask);
    if (output.trip?.latched !== true) output.trip = undefined;
    output.pendingBoot = undefined;
    if (output.drive?.value !== value) output.drive = undefined;
    output.wanted = value;
    output.last = value;
    output.writes(value);
    effects.changed(output.device);
    return lease === undefined ? {} : { lease };
  }

  /** Counts what a command is about to use, unless that is refused. */
  spend(
    now: number,
    output: OutputState,
    command: string,
    args: Readonly<Record<string, unknown>>,
    effects: Effects,
  ): { readonly refused?: Refusal; readonly spent: boolean } {
    const { budgets, device } = output;
    if (!budgets.has(command)) return { spent: false };
    const refused = commandRefusal(output, now, this.#knowledge) ?? budgets.refusal(now, command, args);
    if (refused !== undefined) return { refused, spent: false };
    budgets.spend(now, command, args);
    effects.changed(device);
    return { spent: true };
  }

  /** Prolongs the lease of an output, unless that is refused. */
  renew(
    now: number,
    { device, rules }: OutputState,
    id: string,
    ms: number,
    effects: Effects,
  ): Refusal | undefined {
    const reason = leaseLengthMistake(ms, rules.maxLeaseMs);
    if (reason !== undefined) return { rule: 'lease', reason };
    this.#leases.give({ id, device, until: now + ms });
    effects.changed(device);
    return undefined;
  }

  #refusal(now: number, output: OutputState, value: OutputValue, ask: SafetyAsk): Refusal | undefined {
    const { rules, device } = output;
    if (!output.isValue(value)) {
      return { rule: 'input', reason: `${String(value)} is no value for it: it is a ${rules.kind}` };
    }
    if (value === rules.failSafe) return undefined;
    return (
      (output.isActive(value) ? activeRefusal(output, now, this.#knowledge) : inactiveRefusal(output)) ??
      leaseRefusal(output, value, ask, this.#leases.of(device))
    );
  }

  #take(
    now: number,
    { device, rules }: OutputState,
    value: OutputValue,
    { leaseMs, leaseId }: SafetyAsk,
  ): LeaseGrant | undefined {
    if (value === rules.failSafe || leaseId === undefined) this.#leases.end(device);
    if (value === rules.failSafe) return undefined;
    if (leaseMs === undefined) {
      const lease = this.#leases.of(device);
      return lease && { id: lease.id, ms: lease.until - now };
    }
    const id = leaseId ?? this.#newLeaseId();
    this.#leases.give({ id, device, until: now + leaseMs });
    return { id, ms: leaseMs };
  }
}
