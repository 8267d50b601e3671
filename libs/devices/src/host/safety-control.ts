import type { Cancel } from '@raspy/clock';
import { Subject, type Observable } from 'rxjs';
import { SafetyRefusedError, UnknownLeaseError } from '../errors.js';
import { errorText } from '../error-text.js';
import type { Reading } from '../reading.js';
import type { OutputValue } from '../safety/definition.js';
import type { DeviceSafety } from '../safety/device-safety.js';
import type { SavedSafety } from '../safety/saved.js';
import type { SafetyEffect, SafetyEvent } from '../safety/events.js';
import { SafetyMachine } from '../safety/safety-machine.js';
import type { SafetyState } from '../safety/safety-state.js';
import type { GuardedOutput } from './built-in-commands.js';
import type { DeviceSafetyChange } from './device-host.js';
import type { ResolvedHostOptions } from './options.js';
import type { GrantedLease, OutputGuard } from './output-guard.js';
import { within } from './within.js';

/** Sets an output, by the full name of its device. */
type Drive = (device: string, output: string, value: OutputValue) => Promise<void>;

interface Guarded {
  readonly output: string;
  readonly drive: Drive;
  /** The drives that were begun and have not ended. */
  readonly driving: Set<Promise<void>>;
}

/** Progress is put down at most so often for one device; what uses up a budget at once. */
const SAVE_EVERY_MS = 10_000;

/** Connects the machine that guards outputs with the clock, the devices, and what is kept for the next start. */
export class SafetyControl implements OutputGuard {
  readonly events$: Observable<SafetyEvent>;
  readonly changes$: Observable<DeviceSafetyChange>;
  readonly #options: ResolvedHostOptions;
  readonly #machine: SafetyMachine;
  readonly #latest: (device: string, value: string) => Reading | undefined;
  readonly #guarded = new Map<string, Guarded>();
  readonly #events = new Subject<SafetyEvent>();
  readonly #changes = new Subject<DeviceSafetyChange>();
  readonly #unsaved = new Set<string>();
  /** What was saved last of each device, without the times. */
  readonly #gists = new Map<string, string>();
  #cancelTick: Cancel | undefined;
  #cancelSave: Cancel | undefined;

  constructor(options: ResolvedHostOptions, latest: (device: string, value: string) => Reading | undefined) {
    this.#options = options;
    this.#latest = latest;
    this.#machine = new SafetyMachine({ staggerMs: options.staggerMs, newLeaseId: options.newLeaseId });
    this.events$ = this.#events.asObservable();
    this.changes$ = this.#changes.asObservable();
  }

  /** Guards the outputs of a device from now on. */
  add(safety: readonly DeviceSafety[], drive: Drive): void {
    const { clock, memory } = this.#options;
    for (const { device, rules } of safety) {
      this.#guarded.set(device, { output: rules.output, drive, driving: new Set() });
      const saved = memory.load(device);
      const restored = { saved, wallNow: clock.wallNow() };
      this.#run(this.#machine.add(clock.now(), device, rules, restored, this.#latest));
    }
  }

  /** Other rules for outputs that are guarded already. */
  change(safety: readonly DeviceSafety[]): void {
    for (const { device, rules } of safety) {
      this.#run(this.#machine.change(this.#now(), device, rules, this.#latest));
    }
  }

  remove(devices: readonly string[]): void {
    for (const device of devices) {
      if (!this.#guarded.delete(device)) continue;
      this.#saveSoon(device);
      this.#gists.delete(device);
      this.#run(this.#machine.remove(this.#now(), device));
    }
  }

  /** Its device is not there any more: what it said last is nothing to go by. */
  gone(device: string, values: readonly string[]): void {
    const reading = { value: null, quality: 'bad', reason: 'its device was removed' } as const;
    for (const value of values) this.#run(this.#machine.input(this.#now(), device, value, reading));
  }

  input(device: string, value: string, reading: Reading): void {
    this.#run(this.#machine.input(this.#now(), device, value, reading));
  }

  outputOf(device: string): string | undefined {
    return this.#guarded.get(device)?.output;
  }

  opened(device: string): void {
    if (this.#guarded.has(device)) this.#run(this.#machine.opened(this.#now(), device));
  }

  lost(device: string): void {
    if (this.#guarded.has(device)) this.#run(this.#machine.lost(this.#now(), device));
  }

  request(device: string, value: OutputValue, leaseMs: number | undefined): GrantedLease | undefined {
    const decision = this.#machine.request(
      this.#now(),
      device,
      value,
      leaseMs === undefined ? {} : { leaseMs },
    );
    this.#run(decision.effects);
    if (!decision.allowed) {
      throw new SafetyRefusedError(device, decision.rule, decision.reason, decision.retryAfterMs);
    }
    return decision.lease && { lease: decision.lease.id, leaseMs: decision.lease.ms };
  }

  applied(device: string, value: OutputValue, ok: boolean): void {
    this.#run(this.#machine.applied(this.#now(), device, value, ok));
  }

  uncertain(device: string): void {
    if (this.#guarded.has(device)) this.#run(this.#machine.uncertain(this.#now(), device));
  }

  spend(device: string, command: string, args: Readonly<Record<string, unknown>>): Promise<void> | undefined {
    if (!this.#guarded.has(device)) return undefined;
    return this.#spend(device, command, args) ? this.#record(device, command, args) : undefined;
  }

  refund(device: string, command: string, args: Readonly<Record<string, unknown>>): void {
    if (this.#guarded.has(device)) this.#run(this.#machine.refund(this.#now(), device, command, args));
  }

  async makeSafe(device: string): Promise<void> {
    const guarded = this.#guarded.get(device);
    if (guarded === undefined) return;
    this.#run(this.#machine.shutdown(this.#now(), device));
    await Promise.allSettled(guarded.driving);
  }

  /** @throws UnknownLeaseError, SafetyRefusedError */
  renew(lease: string, leaseMs: number): GrantedLease {
    const renewed = this.#machine.renew(this.#now(), lease, leaseMs);
    this.#run(renewed.effects);
    if (!renewed.found) throw new UnknownLeaseError(lease);
    if (!renewed.allowed) throw new SafetyRefusedError(renewed.device, 'lease', renewed.reason);
    return { lease, leaseMs };
  }

  /** @throws UnknownLeaseError */
  release(lease: string): void {
    const released = this.#machine.release(this.#now(), lease);
    this.#run(released.effects);
    if (!released.found) throw new UnknownLeaseError(lease);
  }

  stateOf(device: string): SafetyState | undefined {
    return this.#guarded.has(device) ? this.#machine.state(this.#now(), device) : undefined;
  }

  guarded(device: string): GuardedOutput | undefined {
    if (!this.#guarded.has(device)) return undefined;
    return {
      acknowledge: () => this.#run(this.#machine.acknowledge(this.#now(), device)),
      disable: (reason) => this.#run(this.#machine.disable(this.#now(), device, reason)),
      enable: () => this.#run(this.#machine.enable(this.#now(), device)),
      state: () => this.stateOf(device),
    };
  }

  /** Ends all timers, and the streams. */
  close(): void {
    this.#cancelTick?.();
    this.#cancelSave?.();
    this.#events.complete();
    this.#changes.complete();
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #run(effects: readonly SafetyEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'drive') this.#drive(effect.device, effect.value);
      else if (effect.type === 'event') this.#tell(effect.event);
      else this.#changed(effect.device);
    }
    this.#schedule();
  }

  #drive(device: string, value: OutputValue): void {
    const guarded = this.#guarded.get(device);
    if (guarded === undefined) return;
    const driving = this.#driven(device, guarded, value);
    guarded.driving.add(driving);
    void driving.finally(() => guarded.driving.delete(driving));
  }

  async #driven(device: string, { drive, output }: Guarded, value: OutputValue): Promise<void> {
    let ok = false;
    try {
      await drive(device, output, value);
      ok = true;
    } catch (error) {
      this.#options.log.error('an output could not be set by its guard, and is tried again', {
        device,
        output,
        value,
        reason: errorText(error),
      });
    }
    if (this.#guarded.has(device)) this.applied(device, value, ok);
  }

  #tell(event: SafetyEvent): void {
    const { type: message, severity, ...fields } = event;
    const { log } = this.#options;
    if (severity === 'critical') log.error(`safety: ${message}`, fields);
    else if (severity === 'warning') log.warn(`safety: ${message}`, fields);
    else log.info(`safety: ${message}`, fields);
    this.#events.next(event);
  }

  #changed(device: string): void {
    const safety = this.stateOf(device);
    if (safety === undefined) return;
    this.#changes.next({ device, safety });
    this.#unsaved.add(device);
    const { clock } = this.#options;
    this.#cancelSave ??= clock.schedule(clock.now() + SAVE_EVERY_MS, () => {
      this.#cancelSave = undefined;
      for (const unsaved of this.#unsaved) this.#saveSoon(unsaved);
    });
  }

  /** @returns whether something was used of a budget. @throws SafetyRefusedError */
  #spend(device: string, command: string, args: Readonly<Record<string, unknown>>): boolean {
    const decision = this.#machine.spend(this.#now(), device, command, args);
    this.#run(decision.effects);
    if (decision.allowed) return decision.spent;
    throw new SafetyRefusedError(device, decision.rule, decision.reason, decision.retryAfterMs);
  }

  async #record(device: string, command: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    const isKept = await this.#isSaved(device);
    // A disk may take seconds, and much may have happened: it is decided anew.
    this.refund(device, command, args);
    if (!isKept) {
      throw new SafetyRefusedError(device, 'budget', 'what it uses of its budget cannot be put on record');
    }
    this.#spend(device, command, args);
  }

  async #isSaved(device: string): Promise<boolean> {
    const { clock, operationTimeoutMs } = this.#options;
    try {
      return (await within(clock, operationTimeoutMs, () => this.#save(device))).inTime;
    } catch {
      return false;
    }
  }

  /** Unless what is on record says the same: how long an output is on follows from its being on, and cards wear out. */
  #saveSoon(device: string): void {
    this.#unsaved.delete(device);
    const { clock } = this.#options;
    const state = this.#machine.save(clock.now(), clock.wallNow(), device);
    if (state === undefined || gistOf(state) === this.#gists.get(device)) return;
    this.#save(device).catch(() => undefined); // it is in the log
  }

  async #save(device: string): Promise<void> {
    this.#unsaved.delete(device);
    const { clock, memory, log } = this.#options;
    try {
      const state = this.#machine.save(clock.now(), clock.wallNow(), device);
      if (state === undefined) return;
      await memory.save(device, state);
      this.#gists.set(device, gistOf(state));
    } catch (error) {
      log.error('what is known of a guarded output could not be saved', { device, reason: errorText(error) });
      throw error;
    }
  }

  #schedule(): void {
    this.#cancelTick?.();
    const { clock } = this.#options;
    const at = this.#machine.nextDeadline;
    this.#cancelTick =
      at === Infinity ? undefined : clock.schedule(at, () => this.#run(this.#machine.tick(clock.now())));
  }
}

function gistOf({ output, active, on, spent, trip, disabled }: SavedSafety): string {
  return JSON.stringify([output, active, on.length, spent.length, trip, disabled]);
}
