import type { Cancel, Clock, Millis } from '@raspy/clock';
import type { Json, RunningProgram, SandboxEnd, SandboxEngine } from '../sandbox/sandbox.js';
import { CALLS, type CallContext } from './calls.js';
import { CallError } from './call-error.js';
import type { ScenarioDefinition } from './definition.js';
import type { Firing } from './firing.js';
import { Holds, type HoldState } from './holds.js';
import { LogBudget } from './log-budget.js';
import type { HomePort, HomeReading, ScenarioLog } from './ports.js';
import { preludeOf } from './prelude.js';
import { textOf } from './supervision.js';
import { bounded, shortJson, type Trace } from './trace.js';

/** How long the end of a run waits for what it asked and held: a lease that was not given back by then runs out. */
const CLEAN_UP_MS: Millis = 5_000;

/** What a run may do beside the house. */
export interface RunNeighbours {
  setVariable(name: string, value: Json): Promise<void>;
  forgetVariable(name: string): Promise<void>;
  startScenario(name: string, payload: Json): void;
  stopScenario(name: string): void;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly engine: SandboxEngine;
  readonly home: HomePort;
  readonly log: ScenarioLog;
  readonly trace: Trace;
  readonly neighbours: RunNeighbours;
  readonly definition: ScenarioDefinition;
  /** Number of the run. */
  readonly run: number;
  readonly firing: Firing;
  readonly variables: Readonly<Record<string, Json>>;
  readonly readings: ReadonlyMap<string, HomeReading>;
  /** It is over, and nothing of it is left: no timer, no lease, no question under way. */
  readonly ended: (end: SandboxEnd) => void;
}

/** One run of a scenario's code: owns its timers, its leases and what it has asked. */
export class ScenarioRun {
  readonly #options: RunOptions;
  readonly #holds: Holds;
  readonly #timers = new Map<number, { cancel: Cancel; wake: () => void }>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #context: CallContext;
  readonly #said: LogBudget;
  #program: RunningProgram | undefined;
  #over = false;

  constructor(options: RunOptions) {
    this.#options = options;
    const { clock, home, definition } = options;
    this.#said = new LogBudget(clock);
    this.#holds = new Holds({
      clock,
      home,
      lost: (id, entry, reason) => this.#lost(id, entry, reason),
      trouble: (text) => this.#log('warn', text),
    });
    this.#context = {
      definition,
      home,
      clock,
      holds: this.#holds,
      neighbours: options.neighbours,
      traceText: `scenario ${definition.name}`,
      isOver: () => this.#over,
      sent: (text) => this.trace('sent', text),
      saw: (names) => this.#saw(names),
      say: (lines, left) => this.#say(lines, left),
      sleep: (id, ms) => this.#sleep(id, ms),
      wake: (id) => this.#timers.get(id)?.wake(),
    };
  }

  get holds(): readonly HoldState[] {
    return this.#holds.list();
  }

  start(): void {
    const { engine, clock, definition, firing, variables, readings } = this.#options;
    this.trace('fired', describe(firing));
    this.#saw([...readings.keys()]);
    const prelude = preludeOf({
      now: clock.now(),
      wall: clock.wallNow(),
      entries: definition.entries,
      readings: Object.fromEntries(readings),
      variables,
      fired: firing,
    });
    this.#program = engine.start(
      { name: definition.name, code: definition.code, prelude },
      {
        call: (method, args, signal) => this.#call(method, args, signal),
        ended: (end) => void this.#ended(end),
      },
    );
  }

  /** A reading has come, or went (`undefined`). */
  tell(entry: string, reading: HomeReading | undefined): void {
    if (this.#over) return;
    this.#program?.deliver('value', {
      ...this.#time(),
      entry,
      reading: (reading ?? null) as unknown as Json,
    });
  }

  /** Resolves when the code is over; that all of it was given back is told by `ended`. */
  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  trace(kind: 'fired' | 'saw' | 'sent' | 'said' | 'ended', text: string): void {
    this.#options.trace.add(this.#options.clock.wallNow(), this.#options.run, kind, text);
  }

  async #call(method: string, args: readonly Json[], signal: AbortSignal): Promise<Json> {
    const answer = this.#answer(method, args, signal);
    this.#underWay.add(answer);
    try {
      const value = await answer;
      return { ...this.#time(), value: value ?? null };
    } catch (error) {
      const { message, code } = error as { message?: unknown; code?: unknown };
      return {
        ...this.#time(),
        error: {
          message: bounded(typeof message === 'string' ? message : 'it failed', 500),
          code: typeof code === 'string' || typeof code === 'number' ? code : 'FAILED',
        },
      };
    } finally {
      this.#underWay.delete(answer);
    }
  }

  async #answer(method: string, args: readonly Json[], signal: AbortSignal): Promise<Json | undefined> {
    // Never within the start of the program: what comes of it could not be told to it yet.
    await Promise.resolve();
    if (this.#over) throw new CallError('ENDED', 'the run is over');
    if (!Object.hasOwn(CALLS, method)) throw new CallError('BAD_ARGUMENT', `there is no call "${method}"`);
    return CALLS[method]!(this.#context, args, signal);
  }

  async #ended(end: SandboxEnd): Promise<void> {
    this.#over = true;
    for (const { cancel, wake } of [...this.#timers.values()]) {
      cancel();
      wake();
    }
    await this.#within(this.#cleanUp());
    this.trace('ended', textOf(end));
    this.#options.ended(end);
  }

  /** A command that is under way may bring a lease yet: it gives it back itself. */
  async #cleanUp(): Promise<void> {
    await Promise.allSettled([this.#holds.releaseAll(), ...this.#underWay]);
  }

  #within(work: Promise<void>): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.schedule(clock.now() + CLEAN_UP_MS, () => {
        this.#log(
          'warn',
          'what it held or asked for was not answered in time: its leases run out by themselves',
        );
        resolve();
      });
      void work.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #sleep(id: number, ms: Millis): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#timers.get(id)?.cancel();
        this.#timers.delete(id);
        resolve();
      };
      this.#timers.get(id)?.wake();
      this.#timers.set(id, { cancel: clock.schedule(clock.now() + ms, wake), wake });
    });
  }

  #lost(id: number, entry: string, reason: string): void {
    this.trace('saw', `${entry} is not held any more: ${reason}`);
    if (!this.#over) this.#program?.deliver('lost', { ...this.#time(), id, reason });
  }

  #saw(names: readonly string[]): void {
    const { readings } = this.#options;
    const seen = names.map((name) => {
      const reading = readings.get(name);
      if (reading === undefined) return `${name} unknown`;
      const unit = reading.unit === undefined ? '' : ` ${reading.unit}`;
      const quality = reading.quality === 'good' ? '' : ` (${reading.quality})`;
      return `${name} ${shortJson(reading.value)}${unit}${quality}`;
    });
    if (seen.length > 0) this.trace('saw', seen.join(', '));
  }

  #say(
    lines: readonly { readonly level: 'info' | 'warn' | 'error'; readonly text: string }[],
    left: number,
  ): void {
    const { said, leftOut } = this.#said.take(lines, left);
    for (const { level, text } of said) {
      this.trace('said', `${level}: ${text}`);
      this.#log(level, text);
    }
    if (leftOut > 0) this.#log('warn', `it says too much: ${leftOut} lines were left out`);
  }

  #log(level: 'info' | 'warn' | 'error', text: string): void {
    this.#options.log(level, text, { scenario: this.#options.definition.name });
  }

  #time(): { readonly now: Millis; readonly wall: Millis } {
    const { clock } = this.#options;
    return { now: clock.now(), wall: clock.wallNow() };
  }
}

/** A firing for people. */
export function describe({ why, entry, value, payload, again }: Firing): string {
  return [
    why,
    ...(entry === undefined ? [] : [`by ${entry}`]),
    ...(value === undefined ? [] : [`at ${shortJson(value)}`]),
    ...(payload === undefined || payload === null ? [] : [`with ${shortJson(payload)}`]),
    ...(again === undefined ? [] : [again]),
  ].join(' ');
}
