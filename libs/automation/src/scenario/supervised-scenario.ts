import type { Cancel, Clock } from '@raspy/clock';
import type { Json, SandboxEnd, SandboxEngine } from '../sandbox/sandbox.js';
import { restartsAfterError, type ScenarioDefinition } from './definition.js';
import type { Firing } from './firing.js';
import { Mirror } from './mirror.js';
import type { ScenarioDefaults } from './parse-scenario.js';
import type { HomePort, HomeReading, ScenarioLog } from './ports.js';
import { describe, ScenarioRun } from './run.js';
import type { ScenarioStatus } from './status.js';
import { Supervision, textOf, type SupervisionEffect } from './supervision.js';
import type { Trace, TraceKind } from './trace.js';
import { Triggers } from './triggers.js';
import type { Variables } from './variables.js';

/** What a scenario needs of the one who manages all. */
export interface SupervisedOptions {
  readonly clock: Clock;
  readonly engine: SandboxEngine;
  readonly home: HomePort;
  readonly log: ScenarioLog;
  readonly trace: Trace;
  readonly variables: Variables;
  readonly defaults: ScenarioDefaults;
  readonly isClockTrusted: () => boolean;
  readonly safeMode: boolean;
  /** A run of this scenario started, ended or failed. */
  readonly moment: (name: string, moment: 'started' | 'ended' | 'failed') => void;
  readonly startScenario: (name: string, payload: Json) => void;
  readonly stopScenario: (name: string) => void;
  /** Puts on record that a run is under way, so that it is known after a power cut; or that none is. */
  readonly noteRun: (firing: Firing | undefined) => void;
}

/** One scenario at work: what fires it, its supervision, and the run that there is. */
export class SupervisedScenario {
  readonly definition: ScenarioDefinition;
  readonly #options: SupervisedOptions;
  readonly #supervision: Supervision;
  readonly #mirror: Mirror;
  readonly #triggers: Triggers;
  #enabled: boolean;
  #run: ScenarioRun | undefined;
  #runs = 0;
  #lastFiring: Firing | undefined;
  #lastEnd: ScenarioStatus['lastEnd'];
  #cancel: Cancel = () => undefined;
  #closing = false;
  readonly #quiet: (() => void)[] = [];

  constructor(definition: ScenarioDefinition, options: SupervisedOptions) {
    this.definition = definition;
    this.#options = options;
    this.#enabled = definition.enabled;
    const repeats = restartsAfterError(definition);
    this.#supervision = new Supervision({
      overlap: definition.policy.overlap,
      restartsAfterError: repeats,
      restartsWhenLost:
        repeats || definition.mode === 'background' || definition.policy.afterRestart !== 'leave',
    });
    this.#mirror = new Mirror(options.clock, (entry, reading) => this.#changed(entry, reading));
    this.#triggers = new Triggers(definition, {
      clock: options.clock,
      defaults: options.defaults,
      isClockTrusted: options.isClockTrusted,
      fire: (firing) => this.fire(firing),
    });
  }

  get isEnabled(): boolean {
    return this.#enabled;
  }

  /** Core started, or it was added, enabled or changed. */
  open(cut?: Firing): void {
    if (!this.#enabled || this.#options.safeMode) return;
    this.#do(this.#supervision.on());
    // First what it looks at: what is there already is told at once.
    this.#triggers.open();
    this.#mirror.open(this.definition.entries, this.#options.home);
    const { mode, policy } = this.definition;
    const at = this.#options.clock.wallNow();
    if (mode === 'background') this.fire({ why: 'start', at });
    else if (cut === undefined) return;
    else if (policy.afterRestart === 'leave') this.#options.noteRun(undefined);
    else if (policy.afterRestart === 'restart') this.fire({ why: 'start', at, again: 'after a restart' });
    else this.fire({ ...cut, again: 'after a restart' });
  }

  /** @param reason - why nothing must begin, for people; `undefined` when it may */
  get refusal(): string | undefined {
    if (this.#options.safeMode) return 'cannot run: core was started in safe mode';
    return this.#enabled ? undefined : 'is disabled: enable it first';
  }

  fire(firing: Firing): void {
    this.#do(this.#supervision.fire(this.#options.clock.now(), firing));
  }

  runByHand(payload: Json | undefined): void {
    const at = this.#options.clock.wallNow();
    const firing: Firing = { why: 'by hand', at, ...(payload !== undefined && { payload }) };
    this.#do(this.#supervision.run(this.#options.clock.now(), firing));
  }

  /** Resolves when nothing of a run is left. */
  stop(): Promise<void> {
    this.#do(this.#supervision.stop());
    return this.#whenQuiet();
  }

  /** Another scenario started, ended or failed. */
  moment(scenario: string, moment: 'started' | 'ended' | 'failed'): void {
    this.#triggers.moment(scenario, moment);
  }

  async enable(enabled: boolean): Promise<void> {
    this.#enabled = enabled;
    if (!enabled) {
      await this.#off();
    } else if (this.#supervision.state === 'off' || this.#supervision.state === 'quarantined') {
      this.#triggers.close();
      this.#mirror.close();
      this.open();
    }
  }

  /** @param leave - core ends: a run that is under way counts as one that was cut off */
  async close(leave: boolean): Promise<void> {
    this.#closing = leave;
    await this.#off();
  }

  status(troubles: readonly string[]): ScenarioStatus {
    const { name, title, mode } = this.definition;
    const { state, reason, nextDeadline, queued } = this.#supervision;
    return {
      name,
      ...(title !== undefined && { title }),
      mode,
      enabled: this.#enabled,
      safeMode: this.#options.safeMode,
      state,
      ...(reason !== undefined && { reason }),
      ...(nextDeadline !== Infinity && {
        restartsInMs: Math.max(0, nextDeadline - this.#options.clock.now()),
      }),
      runs: this.#runs,
      queued,
      ...(this.#lastFiring && { lastFiring: this.#lastFiring }),
      ...(this.#lastEnd && { lastEnd: this.#lastEnd }),
      holds: this.#run?.holds ?? [],
      fires: this.#triggers.states(),
      troubles,
    };
  }

  async #off(): Promise<void> {
    this.#triggers.close();
    this.#do(this.#supervision.off());
    await this.#whenQuiet();
    this.#mirror.close();
  }

  #changed(entry: string, reading: HomeReading | undefined): void {
    this.#run?.tell(entry, reading);
    this.#triggers.read(entry, reading);
  }

  #do(effects: readonly SupervisionEffect[]): void {
    for (const effect of effects) this.#perform(effect);
    this.#cancel();
    const { clock } = this.#options;
    const at = this.#supervision.nextDeadline;
    this.#cancel =
      at === Infinity
        ? () => undefined
        : clock.schedule(at, () => this.#do(this.#supervision.tick(clock.now())));
  }

  #perform(effect: SupervisionEffect): void {
    switch (effect.type) {
      case 'start':
        this.#start(effect.firing);
        return;
      case 'stop':
        void this.#run?.stop();
        return;
      case 'skipped':
        this.#trace('skipped', `${describe(effect.firing)}: ${effect.reason}`);
        return;
      case 'restarting':
        this.#trace('state', `begins again in ${effect.inMs / 1000} s: ${effect.reason}`);
        this.#log('warn', `failed and begins again in ${effect.inMs / 1000} s: ${effect.reason}`);
        return;
      case 'quarantined':
        this.#trace('state', `quarantined: ${effect.reason}`);
        this.#log(
          'error',
          `failed three times within a minute and is quarantined until it is enabled, changed or run by hand: ${effect.reason}`,
        );
    }
  }

  #start(firing: Firing): void {
    const { clock, engine, home, log, trace, variables, startScenario, stopScenario } = this.#options;
    this.#lastFiring = firing;
    this.#runs += 1;
    const run = new ScenarioRun({
      clock,
      engine,
      home,
      log,
      trace,
      definition: this.definition,
      run: this.#runs,
      firing,
      variables: variables.all,
      readings: this.#mirror.readings,
      neighbours: {
        setVariable: (name, value) => variables.set(name, value),
        forgetVariable: (name) => variables.delete(name),
        startScenario,
        stopScenario,
      },
      ended: (end) => this.#ended(end),
    });
    this.#run = run;
    if (this.definition.mode === 'fired' && this.definition.policy.afterRestart !== 'leave') {
      this.#options.noteRun(firing);
    }
    run.start();
    this.#options.moment(this.definition.name, 'started');
  }

  #ended(end: SandboxEnd): void {
    const { clock, moment, noteRun } = this.#options;
    const { name, mode, policy } = this.definition;
    this.#run = undefined;
    this.#lastEnd = { at: clock.wallNow(), text: textOf(end), failed: end.kind === 'failed' };
    if (mode === 'fired' && policy.afterRestart !== 'leave' && !this.#closing) noteRun(undefined);
    if (end.kind === 'failed') this.#log('warn', `failed: ${textOf(end)}`);
    this.#do(this.#supervision.ended(clock.now(), end));
    if (this.#isQuiet()) for (const resolve of this.#quiet.splice(0)) resolve();
    moment(name, end.kind === 'failed' ? 'failed' : 'ended');
  }

  #isQuiet(): boolean {
    return this.#run === undefined;
  }

  #whenQuiet(): Promise<void> {
    return this.#isQuiet() ? Promise.resolve() : new Promise((resolve) => this.#quiet.push(resolve));
  }

  #trace(kind: TraceKind, text: string): void {
    this.#options.trace.add(
      this.#options.clock.wallNow(),
      this.#run === undefined ? 0 : this.#runs,
      kind,
      text,
    );
  }

  #log(level: 'info' | 'warn' | 'error', text: string): void {
    this.#options.log(level, text, { scenario: this.definition.name });
  }
}
