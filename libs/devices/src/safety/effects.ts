import type { SafetyEffect, SafetyEvent } from './events.js';
import type { OutputValue, SafetyRule } from './definition.js';

/** What has to be done after one call of the machine, in its order. */
export class Effects {
  readonly #effects: SafetyEffect[] = [];
  readonly #changed = new Set<string>();

  drive(device: string, value: OutputValue, rule: SafetyRule, reason: string, urgent: boolean): void {
    this.#effects.push({ type: 'drive', device, value, rule, reason, urgent });
  }

  event(event: SafetyEvent): void {
    this.#effects.push({ type: 'event', event });
    this.changed(event.device);
  }

  changed(device: string): void {
    this.#changed.add(device);
  }

  /** All of it; what is told of a device comes last, once, when it is as it will be. */
  list(): SafetyEffect[] {
    return [...this.#effects, ...[...this.#changed].map((device) => ({ type: 'changed' as const, device }))];
  }
}
