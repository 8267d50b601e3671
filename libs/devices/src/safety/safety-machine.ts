import { BootOrder } from './boot-order.js';
import type { Known } from './conditions.js';
import type {
  ReleaseDecision,
  RenewDecision,
  SafetyAsk,
  SafetyDecision,
  SpendDecision,
} from './decisions.js';
import type { OutputValue } from './definition.js';
import { Effects } from './effects.js';
import type { SafetyEffect } from './events.js';
import { Guard } from './guard.js';
import { Leases } from './leases.js';
import { outputReport, restoredOutput, saveOutput, type RestoredSafety } from './output-report.js';
import type { OutputState } from './output-state.js';
import { told, type Refusal } from './refusal.js';
import { Requests } from './requests.js';
import type { SafetyRules } from './rules.js';
import type { SafetyState } from './safety-state.js';
import type { SavedSafety } from './saved.js';
import { Sessions } from './sessions.js';
import { Watch } from './watch.js';
import { WatchedValues, type WatchedReading } from './watched-values.js';

/** Options of a {@link SafetyMachine}. */
export interface SafetyMachineOptions {
  /** Outputs that begin active are driven so many milliseconds apart, or more. @default 500 */
  readonly staggerMs?: number;
  /** How long an output may report something else than it was set to, in milliseconds. @default 5000 */
  readonly obeyMs?: number;
  /** Makes the names of leases: each another one, which nobody can guess. */
  readonly newLeaseId: () => string;
}

/** The latest reading of a value, `undefined` while there is none. */
export type LatestReading = (device: string, value: string) => WatchedReading | undefined;

const unknown: LatestReading = () => undefined;

/**
 * Guards all outputs of one host: decides whether they may be set, and tells when they have to be driven. It is pure:
 * time is given to each call as `now` (monotonic milliseconds), nothing is done but what the effects that it returns
 * say, and they have to be carried out in their order. Whoever uses it calls `tick` at `nextDeadline` at the latest.
 *
 * Whatever it is told of devices that it does not guard has no effect. An output counts as active while it may be: from
 * when that is wanted until it is known to be over.
 *
 * @throws RangeError when `now` is not a number
 */
export class SafetyMachine {
  readonly #outputs = new Map<string, OutputState>();
  readonly #leases = new Leases();
  readonly #values = new WatchedValues();
  readonly #guard: Guard;
  readonly #watch: Watch;
  readonly #requests: Requests;
  readonly #sessions: Sessions;
  #nextDeadline = Infinity;

  constructor({ staggerMs = 500, obeyMs = 5_000, newLeaseId }: SafetyMachineOptions) {
    this.#guard = new Guard(this.#leases, obeyMs);
    this.#watch = new Watch(
      this.#outputs,
      this.#leases,
      this.#guard,
      new BootOrder(staggerMs),
      this.#knowledge,
    );
    this.#requests = new Requests(this.#leases, this.#knowledge, newLeaseId);
    this.#sessions = new Sessions(this.#guard, this.#knowledge);
  }

  /** When `tick` has to be called at the latest; later than the `now` of the last call. Infinity: not at all. */
  get nextDeadline(): number {
    return this.#nextDeadline;
  }

  /** Guards an output from now on; it is not driven before its device is opened. */
  add(
    now: number,
    device: string,
    rules: SafetyRules,
    restored: RestoredSafety = {},
    latest: LatestReading = unknown,
  ): SafetyEffect[] {
    return this.#at(now, (effects) => {
      this.#leases.end(device);
      const { output, lost } = restoredOutput(now, device, rules, restored);
      this.#outputs.set(device, output);
      this.#observe(rules, latest);
      effects.changed(device);
      if (!lost) return;
      const reason = 'what was saved of it cannot be read: what it used of its limits is counted anew';
      effects.event({ type: 'memoryLost', severity: 'warning', device, reason });
    });
  }

  /** Other rules hold from now on: what they do not allow ends. */
  change(now: number, device: string, rules: SafetyRules, latest: LatestReading = unknown): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => {
      const wasSafe = !output.inUse;
      const lease = this.#leases.of(device);
      output.change(rules, now);
      effects.changed(device);
      if (lease !== undefined && lease.until > now + rules.maxLeaseMs) {
        this.#leases.give({ ...lease, until: now + rules.maxLeaseMs });
      }
      this.#observe(rules, latest);
      if (wasSafe) {
        if (output.wanted !== rules.failSafe) {
          this.#guard.makeSafe(now, output, 'shutdown', 'its fail-safe state was changed', effects);
        }
      } else if (rules.leaseRequired && output.wantedActive && lease === undefined) {
        this.#guard.trip(
          now,
          output,
          { rule: 'lease', reason: 'it is active without a lease, and needs one now' },
          effects,
        );
      }
    });
  }

  /** Guards it no longer, and forgets all about it; `shutdown` and `save` come before. */
  remove(now: number, device: string): SafetyEffect[] {
    return this.#at(now, () => {
      this.#leases.end(device);
      this.#outputs.delete(device);
      this.#values.watch(this.#outputs.values());
    });
  }

  /** The device is open: the first that is done is to drive its output. */
  opened(now: number, device: string): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => this.#sessions.opened(now, output, effects));
  }

  /** Its session has ended, so that nothing is known of it; its lease goes on. */
  lost(now: number, device: string): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => this.#sessions.lost(output, effects));
  }

  /** Something was done to it that nobody waited for any more: it is driven to what it is to be. */
  uncertain(now: number, device: string): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => this.#sessions.uncertain(now, output, effects));
  }

  /**
   * Whether the output may be set to this now. The fail-safe state is always allowed, and so is being inactive, unless it
   * is disabled or its device is being closed. It ends the lease that there was, if the asker does not have it.
   */
  request(now: number, device: string, value: OutputValue, ask: SafetyAsk = {}): SafetyDecision {
    const { result, effects } = this.#decide(now, device, (output, changes) =>
      this.#requests.set(now, output, value, ask, changes),
    );
    const { refused, lease } = result ?? { refused: notGuarded(device) };
    if (refused !== undefined) return { allowed: false, ...told(refused, now), effects };
    return { allowed: true, value, ...(lease !== undefined && { lease }), effects };
  }

  /** A drive, or what was requested, was carried out; or that failed, so that its state is not known. */
  applied(now: number, device: string, value: OutputValue, ok: boolean): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => this.#guard.applied(now, output, value, ok, effects));
  }

  /** A reading of any value of any device, guarded or not. */
  input(now: number, device: string, value: string, reading: WatchedReading): SafetyEffect[] {
    if (!this.#values.take(device, value, reading)) return [];
    return this.#at(now, (effects) => {
      const output = this.#outputs.get(device);
      if (output?.rules.output !== value) return;
      const isGood = reading.quality === 'good' && output.isValue(reading.value);
      this.#guard.reports(now, output, isGood ? reading.value : undefined, effects);
    });
  }

  /** Prolongs a lease, from now on. */
  renew(now: number, leaseId: string, ms: number): RenewDecision {
    const { result, effects } = this.#run(now, (changes) => {
      const output = this.#leased(leaseId);
      return output && { output, refused: this.#requests.renew(now, output, leaseId, ms, changes) };
    });
    if (result === undefined) return { found: false, effects };
    const { refused, output } = result;
    const { device } = output;
    return refused === undefined
      ? { found: true, allowed: true, device, lease: { id: leaseId, ms }, effects }
      : { found: true, allowed: false, device, ...told(refused, now), effects };
  }

  /** Ends a lease: its output is driven to its fail-safe state. */
  release(now: number, leaseId: string): ReleaseDecision {
    const { result: device, effects } = this.#run(now, (changes) => {
      const output = this.#leased(leaseId);
      if (output === undefined) return undefined;
      const reason = 'its lease was given back';
      this.#guard.makeSafe(now, output, 'lease', reason, changes);
      changes.event({ type: 'released', severity: 'info', device: output.device, rule: 'lease', reason });
      return output.device;
    });
    return device === undefined ? { found: false, effects } : { found: true, device, effects };
  }

  /** Drives it to its fail-safe state and keeps it there, also after a restart, until it is enabled. */
  disable(now: number, device: string, reason = 'by a person'): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => {
      output.disabled = reason;
      this.#guard.makeSafe(now, output, 'disabled', reason, effects, true);
      effects.event({ type: 'disabled', severity: 'warning', device, rule: 'disabled', reason });
    });
  }

  /** Lets it be used again; it stays as it is until it is asked for. */
  enable(now: number, device: string): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => {
      if (output.disabled === undefined) return;
      const reason = `it was disabled: ${output.disabled}`;
      output.disabled = undefined;
      effects.event({ type: 'enabled', severity: 'info', device, reason });
    });
  }

  /** Ends a trip, also one that holds; the output stays as it is until it is asked for. */
  acknowledge(now: number, device: string): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => {
      if (output.trip === undefined) return;
      const { rule, reason } = output.trip;
      output.trip = undefined;
      effects.event({ type: 'acknowledged', severity: 'info', device, rule, reason });
    });
  }

  /**
   * Whether a command may be executed now. What it uses of its budgets is counted at once, whatever becomes of it; a
   * command without a budget is always allowed.
   */
  spend(
    now: number,
    device: string,
    command: string,
    args: Readonly<Record<string, unknown>>,
  ): SpendDecision {
    const { result, effects } = this.#decide(now, device, (output, changes) =>
      this.#requests.spend(now, output, command, args, changes),
    );
    const { refused, spent } = result ?? { refused: notGuarded(device), spent: false };
    return refused === undefined
      ? { allowed: true, spent, effects }
      : { allowed: false, ...told(refused, now), effects };
  }

  /** A command that was allowed was certainly not executed: what it would have used is not counted. */
  refund(
    now: number,
    device: string,
    command: string,
    args: Readonly<Record<string, unknown>>,
  ): SafetyEffect[] {
    return this.#of(now, device, (output, effects) => {
      output.budgets.refund(command, args);
      effects.changed(device);
    });
  }

  /**
   * Control over the device ends: its output is driven to its fail-safe state and stays there until it is opened again.
   * @param device - @default all
   */
  shutdown(now: number, device?: string): SafetyEffect[] {
    return this.#at(now, (effects) => {
      for (const output of this.#outputs.values()) {
        if (device !== undefined && output.device !== device) continue;
        output.held = true;
        this.#guard.makeSafe(now, output, 'shutdown', 'control over its device ends', effects, true);
      }
    });
  }

  /** Does what has become due. */
  tick(now: number): SafetyEffect[] {
    return this.#at(now, () => undefined);
  }

  /** What is to be told of an output; `undefined` of one that is not guarded. */
  state(now: number, device: string): SafetyState | undefined {
    const output = this.#outputs.get(device);
    return output && outputReport(now, output, this.#leases.of(device), this.#watch.waitsFor(now, output));
  }

  /** What has to be known of an output after the next start; `undefined` of one that is not guarded. */
  save(now: number, wallNow: number, device: string): SavedSafety | undefined {
    const output = this.#outputs.get(device);
    return output && saveOutput(now, wallNow, output);
  }

  /** What the rules of an output name is watched from now on, and known at once where it is known. */
  #observe({ conditions }: SafetyRules, latest: LatestReading): void {
    this.#values.watch(this.#outputs.values());
    for (const { device, value } of conditions) {
      const reading = latest(device, value);
      if (reading !== undefined) this.#values.take(device, value, reading);
    }
  }

  /** What is known of a value: of a guarded output also what it is to be, and was set to. */
  readonly #knowledge = (device: string, value: string): readonly Known[] => {
    const output = this.#outputs.get(device);
    if (output?.rules.output !== value) return [this.#values.get(device, value) ?? NO_READING];
    if (!output.open) return [{ known: false, why: 'is not known, since its device is not open' }];
    if (output.actual === undefined)
      return [{ known: false, why: 'is not known, since it is not known whether it could be set' }];
    const reading = this.#values.get(device, value);
    return [
      { known: true, value: output.wanted },
      { known: true, value: output.actual },
      ...(reading === undefined ? [] : [reading]),
    ];
  };

  #leased(leaseId: string): OutputState | undefined {
    const lease = this.#leases.find(leaseId);
    return lease && this.#outputs.get(lease.device);
  }

  #of(now: number, device: string, act: (output: OutputState, effects: Effects) => void): SafetyEffect[] {
    return this.#decide(now, device, act).effects;
  }

  #at(now: number, act: (effects: Effects) => void): SafetyEffect[] {
    return this.#run(now, act).effects;
  }

  /** The result is `undefined` when the device is not guarded. */
  #decide<T>(
    now: number,
    device: string,
    act: (output: OutputState, effects: Effects) => T,
  ): { readonly result: T | undefined; readonly effects: SafetyEffect[] } {
    return this.#run(now, (effects) => {
      const output = this.#outputs.get(device);
      if (output === undefined) return undefined;
      const result = act(output, effects);
      output.account(now);
      return result;
    });
  }

  /** What was due comes first, so that nothing is decided by what holds no more; then what follows from it. */
  #run<T>(
    now: number,
    act: (effects: Effects) => T,
  ): { readonly result: T; readonly effects: SafetyEffect[] } {
    if (!Number.isFinite(now)) throw new RangeError(`now must be a number of milliseconds, not ${now}`);
    const effects = new Effects();
    this.#watch.settle(now, effects);
    const result = act(effects);
    this.#watch.settle(now, effects);
    this.#nextDeadline = this.#watch.nextDeadline(now);
    return { result, effects: effects.list() };
  }
}

const NO_READING: Known = { known: false, why: 'has no reading' };

function notGuarded(device: string): Refusal {
  return {
    rule: 'shutdown',
    reason: `no output of "${device}" is guarded here: it was removed, or never added`,
  };
}
