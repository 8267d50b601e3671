import type { BootOrder } from './boot-order.js';
import type { Knowledge } from './conditions.js';
import { durationText } from './duration-text.js';
import type { Effects } from './effects.js';
import type { Guard } from './guard.js';
import type { Leases } from './leases.js';
import type { OutputState } from './output-state.js';
import { activeRefusal, conditionRefusal } from './permission.js';
import type { Refusal } from './refusal.js';

/** Sees to it that each output keeps its rules as time goes by, and as others change. */
export class Watch {
  readonly #outputs: ReadonlyMap<string, OutputState>;
  readonly #leases: Leases;
  readonly #guard: Guard;
  readonly #bootOrder: BootOrder;
  readonly #knowledge: Knowledge;

  constructor(
    outputs: ReadonlyMap<string, OutputState>,
    leases: Leases,
    guard: Guard,
    bootOrder: BootOrder,
    knowledge: Knowledge,
  ) {
    this.#outputs = outputs;
    this.#leases = leases;
    this.#guard = guard;
    this.#bootOrder = bootOrder;
    this.#knowledge = knowledge;
  }

  /**
   * Does what is due, until nothing is. What one output does may break a condition of another, and so on; it ends,
   * since at one instant each rule trips once, each drive is repeated once, and each output begins once.
   */
  settle(now: number, effects: Effects): void {
    let again = true;
    while (again) {
      again = false;
      for (const output of this.#outputs.values()) again = this.#step(now, output, effects) || again;
    }
  }

  /** When something will be due next; Infinity: never. */
  nextDeadline(now: number): number {
    let next = Infinity;
    for (const output of this.#outputs.values()) next = Math.min(next, this.#deadline(now, output));
    return next;
  }

  /** Why an output that is to begin active does not yet. */
  waitsFor(now: number, output: OutputState): Refusal | undefined {
    const { pendingBoot } = output;
    if (pendingBoot === undefined) return undefined;
    const refused = activeRefusal(output, now, this.#knowledge);
    const reason = refused?.reason ?? 'its turn has not come';
    return { rule: 'boot', reason: `it is to begin with ${String(pendingBoot)}: ${reason}` };
  }

  /** Does one thing that is due. @returns whether there was one */
  #step(now: number, output: OutputState, effects: Effects): boolean {
    const broken = this.#broken(now, output);
    if (broken !== undefined) {
      this.#guard.trip(now, output, broken, effects);
      return true;
    }
    if (output.drive !== undefined && now >= output.drive.again) {
      this.#guard.driveAgain(now, output, effects);
      return true;
    }
    if (now >= this.#guard.disobeysAt(output)) {
      this.#guard.disobeys(now, output, effects);
      return true;
    }
    return this.#begin(now, output, effects);
  }

  /** The rule that does not hold now. */
  #broken(now: number, output: OutputState): Refusal | undefined {
    const lease = this.#leases.of(output.device);
    if (lease !== undefined && now >= lease.until) {
      return { rule: 'lease', reason: 'its lease ended and was not renewed' };
    }
    if (!output.on) return undefined;
    const { maxOnMs } = output.rules;
    if (output.trips('maxOn') && now >= output.maxOnAt()) {
      return { rule: 'maxOn', reason: `it has been on for ${durationText(maxOnMs)}, as long as it may` };
    }
    if (output.trips('duty') && now >= output.dutyAt(now)) {
      return { rule: 'duty', reason: 'it was on for as long as it may within its window' };
    }
    const refused = conditionRefusal(output, this.#knowledge);
    return refused !== undefined && output.trips(refused.rule) ? refused : undefined;
  }

  /** Switches on what begins active, if its turn has come. */
  #begin(now: number, output: OutputState, effects: Effects): boolean {
    const { pendingBoot } = output;
    if (pendingBoot === undefined || this.#bootOrder.nextAt(now) > now) return false;
    if (activeRefusal(output, now, this.#knowledge) !== undefined) return false;
    this.#bootOrder.take(now);
    output.pendingBoot = undefined;
    output.wanted = pendingBoot;
    output.last = pendingBoot;
    this.#guard.drive(now, output, 'boot', 'its host starts', effects, { urgent: false });
    return true;
  }

  #deadline(now: number, output: OutputState): number {
    const { drive } = output;
    return Math.min(
      this.#leases.of(output.device)?.until ?? Infinity,
      output.trips('maxOn') ? output.maxOnAt() : Infinity,
      output.trips('duty') ? output.dutyAt(now) : Infinity,
      drive?.again ?? Infinity,
      this.#guard.disobeysAt(output),
      this.#bootAt(now, output),
    );
  }

  #bootAt(now: number, output: OutputState): number {
    if (output.pendingBoot === undefined) return Infinity;
    const refused = activeRefusal(output, now, this.#knowledge);
    if (refused === undefined) return this.#bootOrder.nextAt(now);
    return refused.retryAt ?? Infinity;
  }
}
