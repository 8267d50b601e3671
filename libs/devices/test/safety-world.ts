import type { SafetyAsk, SafetyDecision } from '../src/safety/decisions.js';
import type { OutputValue, SafetyConfig, SafetyDefinition } from '../src/safety/definition.js';
import type { SafetyEffect, SafetyEvent } from '../src/safety/events.js';
import type { RestoredSafety } from '../src/safety/output-report.js';
import { resolveSafety, type SafetyRules } from '../src/safety/rules.js';
import { SafetyMachine, type SafetyMachineOptions } from '../src/safety/safety-machine.js';
import type { SafetyState } from '../src/safety/safety-state.js';
import type { WatchedReading } from '../src/safety/watched-values.js';

type Drive = Extract<SafetyEffect, { type: 'drive' }>;

/** Rules of an output that is a boolean, which must be without mistakes. */
export function rulesOf(definition: Partial<SafetyDefinition> = {}, config?: SafetyConfig): SafetyRules {
  const { rules, mistakes } = resolveSafety({ output: 'on', ...definition }, config, 'boolean');
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return rules;
}

/** Rules of an output that is a number. */
export function levelRules(definition: Partial<SafetyDefinition> = {}, config?: SafetyConfig): SafetyRules {
  const { rules, mistakes } = resolveSafety({ output: 'level', ...definition }, config, 'number');
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return rules;
}

export const good = (value: unknown): WatchedReading => ({ value, quality: 'good' });

/** A machine with hardware that does what it is told, unless it is broken, and time that passes when it is told to. */
export class SafetyWorld {
  now = 1_000;
  machine: SafetyMachine;
  /** What each output is set to. */
  readonly hardware = new Map<string, OutputValue>();
  /** Devices whose hardware does not answer: drives and writes fail. */
  readonly broken = new Set<string>();
  /** Devices whose drives are not answered at all, but by hand. */
  readonly silent = new Set<string>();
  drives: (Drive & { at: number })[] = [];
  events: SafetyEvent[] = [];
  /** Is called after each thing that happens. */
  check: () => void = () => undefined;
  #leases = 0;
  readonly #options: SafetyMachineOptions;

  constructor(options: Partial<SafetyMachineOptions> = {}) {
    this.#options = { newLeaseId: () => `lease-${++this.#leases}`, ...options };
    this.machine = new SafetyMachine(this.#options);
  }

  /** The process ends, and another begins; nothing is kept. */
  restart(): void {
    this.machine = new SafetyMachine(this.#options);
  }

  add(device: string, rules: SafetyRules, restored?: RestoredSafety): void {
    this.run(this.machine.add(this.now, device, rules, restored));
  }

  /** Adds and opens it, and lets its first state be reached. */
  begin(device: string, rules: SafetyRules, restored?: RestoredSafety): void {
    this.add(device, rules, restored);
    this.open(device);
  }

  open(device: string): void {
    this.run(this.machine.opened(this.now, device));
  }

  lose(device: string): void {
    this.run(this.machine.lost(this.now, device));
  }

  input(device: string, value: string, reading: WatchedReading): void {
    this.run(this.machine.input(this.now, device, value, reading));
  }

  /** Asks, and sets the hardware if that is allowed. */
  ask(device: string, value: OutputValue, ask?: SafetyAsk): SafetyDecision {
    const decision = this.machine.request(this.now, device, value, ask);
    this.run(decision.effects);
    if (decision.allowed) this.set(device, value);
    return decision;
  }

  /** As {@link ask}, which has to be allowed. @returns the lease */
  must(device: string, value: OutputValue, ask?: SafetyAsk): string {
    const decision = this.ask(device, value, ask);
    if (!decision.allowed) throw new Error(`${decision.rule}: ${decision.reason}`);
    return decision.lease?.id ?? '';
  }

  /** As {@link ask}, which has to be refused. @returns `rule: reason` */
  refused(device: string, value: OutputValue, ask?: SafetyAsk): string {
    const decision = this.ask(device, value, ask);
    if (decision.allowed) throw new Error(`${device} was set to ${String(value)}`);
    return `${decision.rule}: ${decision.reason}`;
  }

  set(device: string, value: OutputValue): void {
    const ok = !this.broken.has(device);
    if (ok) this.hardware.set(device, value);
    this.run(this.machine.applied(this.now, device, value, ok));
  }

  state(device: string): SafetyState {
    return this.machine.state(this.now, device)!;
  }

  save(device: string, wallNow = this.now): RestoredSafety {
    const saved: unknown = JSON.parse(JSON.stringify(this.machine.save(this.now, wallNow, device)));
    return { saved };
  }

  /** Time passes; what is due is done when it is due. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let steps = 0; this.machine.nextDeadline <= until; steps++) {
      const { nextDeadline } = this.machine;
      if (nextDeadline <= this.now || steps > 10_000) throw new Error(`no progress at ${this.now}`);
      this.now = nextDeadline;
      this.run(this.machine.tick(this.now));
    }
    this.now = until;
    this.run(this.machine.tick(this.now));
  }

  run(effects: readonly SafetyEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'event') this.events.push(effect.event);
    }
    this.check();
    for (const effect of effects) {
      if (effect.type !== 'drive') continue;
      this.drives.push({ ...effect, at: this.now });
      if (!this.silent.has(effect.device)) this.set(effect.device, effect.value);
    }
  }

  /** What happened since this was called last: `type rule`. */
  told(): string[] {
    const told = this.events.map(({ type, rule }) => (rule === undefined ? type : `${type} ${rule}`));
    this.events = [];
    return told;
  }

  /** How it was driven since this was called last: `device value rule`. */
  driven(): string[] {
    const driven = this.drives.map(({ device, value, rule }) => `${device} ${String(value)} ${rule}`);
    this.drives = [];
    return driven;
  }
}
