import { Subject, type Observable } from 'rxjs';
import type { Cancel, Clock, Millis } from '@raspy/clock';
import { CronMachine, type CronMachineOptions } from './cron-machine.js';
import type {
  CronEffect,
  FireEffect,
  Instant,
  JobMemory,
  JobState,
  MissedEffect,
  SkippedEffect,
} from './effects.js';
import { CronOptionError } from './errors.js';
import type { Job } from './parse-job.js';

export interface CronScheduleOptions extends CronMachineOptions {
  /** Whether the wall clock can be believed now. Default always */
  readonly isClockTrusted?: () => boolean;
  /** How often to look whether the wall clock has stepped or can be believed now. Default 5 000 ms */
  readonly lookEveryMs?: Millis;
}

/** {@link CronMachine} on a clock: begins runs when they come, until it is closed. */
export class CronSchedule {
  readonly #machine: CronMachine;
  readonly #clock: Clock;
  readonly #isTrusted: () => boolean;
  readonly #lookEveryMs: Millis;
  readonly #fired = new Subject<FireEffect>();
  readonly #left = new Subject<MissedEffect | SkippedEffect>();
  #cancel: Cancel | undefined;
  #closed = false;

  /** Runs that begin. For a job that does something, tell its end with {@link CronSchedule.finished}. */
  readonly fired$: Observable<FireEffect> = this.#fired.asObservable();
  /** Runs that were missed or left out. */
  readonly left$: Observable<MissedEffect | SkippedEffect> = this.#left.asObservable();

  /** @throws CronOptionError */
  constructor(
    clock: Clock,
    { isClockTrusted = () => true, lookEveryMs = 5000, ...options }: CronScheduleOptions = {},
  ) {
    if (!(lookEveryMs > 0)) throw new CronOptionError('"lookEveryMs" has to be more than 0 milliseconds');
    this.#clock = clock;
    this.#isTrusted = isClockTrusted;
    this.#lookEveryMs = lookEveryMs;
    this.#machine = new CronMachine(this.#now(), options);
    this.#arm();
  }

  get names(): readonly string[] {
    return this.#machine.names;
  }

  /** Whether the wall clock can be believed now. */
  get isClockTrusted(): boolean {
    return this.#isTrusted();
  }

  /** See {@link CronMachine.add}. */
  add(job: Job, memory?: JobMemory): void {
    this.#do((at) => this.#machine.add(at, job, memory));
  }

  /** See {@link CronMachine.update}. */
  update(job: Job): void {
    this.#do((at) => this.#machine.update(at, job));
  }

  /** See {@link CronMachine.remove}. */
  remove(name: string): void {
    this.#do((at) => this.#machine.remove(at, name));
  }

  /** See {@link CronMachine.enable}. */
  enable(name: string, enabled: boolean): void {
    this.#do((at) => this.#machine.enable(at, name, enabled));
  }

  /** See {@link CronMachine.run}. */
  run(name: string): void {
    this.#do((at) => this.#machine.run(at, name));
  }

  /** See {@link CronMachine.finished}. */
  finished(run: number): void {
    this.#do((at) => this.#machine.finished(at, run));
  }

  /** See {@link CronMachine.state}. */
  state(name: string): JobState {
    return this.#machine.state(name);
  }

  /** See {@link CronMachine.memory}. */
  memory(name: string): JobMemory {
    return this.#machine.memory(name);
  }

  /** Nothing begins any more. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#fired.complete();
    this.#left.complete();
  }

  #do(input: (at: Instant) => readonly CronEffect[]): void {
    if (this.#closed) return;
    const effects = input(this.#now());
    // Before anybody hears of it, so that the next deadline is waited for also where a listener throws.
    this.#arm();
    for (const effect of effects) {
      if (effect.type === 'fire') this.#fired.next(effect);
      else this.#left.next(effect);
    }
  }

  #arm(): void {
    this.#cancel?.();
    const now = this.#clock.now();
    // A step of the wall clock wakes nobody: it has to be looked for.
    const at = Math.min(this.#machine.nextDeadline, now + this.#lookEveryMs);
    this.#cancel = this.#clock.schedule(at, () => this.#do((instant) => this.#machine.tick(instant)));
  }

  #now(): Instant {
    return { now: this.#clock.now(), wall: this.#clock.wallNow(), trusted: this.#isTrusted() };
  }
}
