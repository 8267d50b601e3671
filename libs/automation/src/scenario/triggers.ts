import { Subscription } from 'rxjs';
import type { Cancel, Clock } from '@raspy/clock';
import { CronSchedule } from '../cron/cron-schedule.js';
import type { Json } from '../sandbox/sandbox.js';
import { ConditionMachine, type ConditionEffect, type ConditionState } from './condition.js';
import type { Fire, ScenarioDefinition } from './definition.js';
import type { Firing } from './firing.js';
import { jobOf, type ScenarioDefaults } from './parse-scenario.js';
import type { HomeReading } from './ports.js';

export interface TriggersOptions {
  readonly clock: Clock;
  readonly defaults: ScenarioDefaults;
  readonly isClockTrusted: () => boolean;
  readonly fire: (firing: Firing) => void;
}

interface Watched {
  readonly fire: Fire;
  readonly machine: ConditionMachine | undefined;
  cancel: Cancel;
}

/** All that fires one scenario: its conditions on values, its times, and the moments of other scenarios. */
export class Triggers {
  readonly #options: TriggersOptions;
  readonly #definition: ScenarioDefinition;
  #watched: readonly Watched[] = [];
  #schedule: CronSchedule | undefined;
  #subscription = new Subscription();

  constructor(definition: ScenarioDefinition, options: TriggersOptions) {
    this.#definition = definition;
    this.#options = options;
  }

  /** Conditions begin anew: none is known to hold. */
  open(): void {
    this.close();
    this.#watched = this.#definition.fires.map((fire) => ({
      fire,
      machine: isOnValue(fire) ? new ConditionMachine(fire) : undefined,
      cancel: () => undefined,
    }));
    this.#openTimes();
  }

  close(): void {
    for (const { cancel } of this.#watched) cancel();
    this.#watched = [];
    this.#subscription.unsubscribe();
    this.#schedule?.close();
    this.#schedule = undefined;
  }

  /** How the conditions stand, in their order. */
  states(): readonly { readonly fire: Fire; readonly state?: ConditionState }[] {
    const open = this.#watched.length > 0;
    if (!open) return this.#definition.fires.map((fire) => ({ fire }));
    return this.#watched.map(({ fire, machine }) => ({ fire, ...(machine && { state: machine.state }) }));
  }

  read(entry: string, reading: HomeReading | undefined): void {
    for (const watched of this.#watched) {
      if (watched.fire.entry !== entry || watched.machine === undefined) continue;
      this.#do(watched, watched.machine.read(this.#options.clock.now(), reading));
    }
  }

  /** Another scenario started, ended or failed. */
  moment(scenario: string, moment: 'started' | 'ended' | 'failed'): void {
    for (const { fire } of this.#watched) {
      const entry = this.#definition.entries[fire.entry];
      if (entry?.kind !== 'scenario' || entry.name !== scenario) continue;
      if ('when' in fire && fire.when === moment) this.#fire('scenario', fire.entry, moment);
    }
  }

  #openTimes(): void {
    const { clock, isClockTrusted, defaults } = this.#options;
    const timed = new Set<string>();
    for (const { entry } of this.#definition.fires) {
      const kind = this.#definition.entries[entry]?.kind;
      if (kind === 'cron' || kind === 'sun') timed.add(entry);
    }
    if (timed.size === 0) return;
    const schedule = new CronSchedule(clock, { isClockTrusted });
    this.#subscription = schedule.fired$.subscribe(({ job, run }) => {
      schedule.finished(run);
      this.#fire('time', job.name);
    });
    for (const name of timed) {
      const entry = this.#definition.entries[name];
      if (entry !== undefined && 'when' in entry) schedule.add(jobOf(name, entry, defaults));
    }
    this.#schedule = schedule;
  }

  #do(watched: Watched, effects: readonly ConditionEffect[]): void {
    const { clock } = this.#options;
    const { machine } = watched;
    watched.cancel();
    const at = machine?.nextDeadline ?? Infinity;
    watched.cancel =
      at === Infinity
        ? () => undefined
        : clock.schedule(at, () => this.#do(watched, machine!.tick(clock.now())));
    for (const { reading } of effects) this.#fire('condition', watched.fire.entry, reading.value);
  }

  #fire(why: Firing['why'], entry: string, value?: Json): void {
    this.#options.fire({
      why,
      at: this.#options.clock.wallNow(),
      entry,
      ...(value !== undefined && { value }),
    });
  }
}

function isOnValue(fire: Fire): fire is ConstructorParameters<typeof ConditionMachine>[0] {
  return 'below' in fire || 'above' in fire || 'equals' in fire || 'is' in fire || 'changed' in fire;
}
