import { Budgets } from './budgets.js';
import type { OutputValue, SafetyRule } from './definition.js';
import type { Drive } from './drive.js';
import { OnTime } from './on-time.js';
import type { SafetyRules } from './rules.js';

/** A rule took the output out of use. */
export interface Trip {
  readonly rule: SafetyRule;
  readonly reason: string;
  /** Whether it holds until a person acknowledges it. */
  readonly latched: boolean;
}

/** So many writes by others can be under way; their device carries them out one by one. */
const MOST_WRITES = 16;

/** All that is known of one guarded output, and what follows from it without asking others. */
export class OutputState {
  rules: SafetyRules;
  /** Whether its session stands. */
  open = false;
  /** Whether it has been opened since it was added. */
  begun = false;
  /** What it is to be. */
  wanted: OutputValue;
  /** What it was to be last, but for the end of the host: what it begins with when that is asked for. */
  last: OutputValue;
  /** What it was set to last; `undefined` while that is not known. */
  actual: OutputValue | undefined;
  /** Whether it may be active while that is not known. */
  suspected: boolean;
  /** What it reported last, since it was set; `undefined` while it has not, or that is not good. */
  reported: OutputValue | undefined;
  /** Since when it reports something else than it was set to. */
  disobeysSince: number | undefined;
  /** How often it was driven again because of that, in a row. */
  disobeyed = 0;
  drive: Drive | undefined;
  trip: Trip | undefined;
  /** Why it is disabled. */
  disabled: string | undefined;
  /** Control over it ends: nothing is done any more until it is opened again. */
  held = false;
  /** What it begins with when its turn comes. */
  pendingBoot: OutputValue | undefined;
  /** Since when it is known to be inactive. */
  offSince: number | undefined;
  readonly budgets: Budgets;
  onTime: OnTime;
  /** The rules that tripped since it has been active; each does so once. */
  readonly #tripped = new Set<SafetyRule>();
  #writes: OutputValue[] = [];

  constructor(
    readonly device: string,
    rules: SafetyRules,
    now: number,
    active: boolean,
  ) {
    this.rules = rules;
    this.wanted = rules.failSafe;
    this.last = rules.off;
    this.suspected = active;
    this.budgets = new Budgets(rules.budgets);
    this.onTime = new OnTime(longestWindow(rules));
    this.account(now);
  }

  /** Whether it is in use: to be something else than its fail-safe state. */
  get inUse(): boolean {
    return this.wanted !== this.rules.failSafe;
  }

  get wantedActive(): boolean {
    return this.isActive(this.wanted);
  }

  /** Whether it may be active, as far as is known: to be on the safe side. */
  get on(): boolean {
    return (
      this.wantedActive ||
      (this.actual === undefined ? this.suspected : this.isActive(this.actual)) ||
      (this.reported !== undefined && this.isActive(this.reported))
    );
  }

  /** Whether writes by others are under way. */
  get writing(): boolean {
    return this.#writes.length > 0;
  }

  isActive(value: OutputValue): boolean {
    return value !== this.rules.off;
  }

  isValue(value: unknown): value is OutputValue {
    return this.rules.kind === 'boolean' ? typeof value === 'boolean' : Number.isFinite(value);
  }

  /** Other rules for the same output. */
  change(rules: SafetyRules, now: number): void {
    const intervals = this.onTime.intervals(now);
    const { since } = this.onTime;
    this.rules = rules;
    this.budgets.limits = rules.budgets;
    this.onTime = new OnTime(longestWindow(rules));
    this.onTime.restore(since === undefined ? intervals : intervals.filter(([from]) => from !== since));
    if (since !== undefined) this.onTime.start(since);
  }

  /** Brings what is counted up to date; has to be called after each change. */
  account(now: number): void {
    if (this.on) {
      this.onTime.start(now);
    } else {
      this.onTime.stop(now);
      this.#tripped.clear();
    }
    if (this.on || this.actual === undefined) this.offSince = undefined;
    else this.offSince ??= now;
  }

  /** Whether the rule trips now, given that it is broken: while it is to be active, else once. */
  trips(rule: SafetyRule): boolean {
    return (this.inUse && this.wantedActive) || !this.#tripped.has(rule);
  }

  tripped(rule: SafetyRule): void {
    this.#tripped.add(rule);
  }

  /** Somebody else sets it to this. */
  writes(value: OutputValue): void {
    this.#writes = [...this.#writes, value].slice(-MOST_WRITES);
  }

  /** That has ended. @returns whether it was known of */
  wrote(value: OutputValue): boolean {
    const index = this.#writes.indexOf(value);
    if (index >= 0) this.#writes.splice(index, 1);
    return index >= 0;
  }

  forgetWrites(): void {
    this.#writes = [];
  }

  /** Its state is not known any more. @param active - whether it may be active though it was not before @default false */
  doubt(active = false): void {
    this.suspected = active || this.on;
    this.actual = undefined;
    this.reported = undefined;
    this.disobeysSince = undefined;
  }

  /** When the longest time active at once has passed; Infinity while it is not active, or has tripped. */
  maxOnAt(): number {
    const { since } = this.onTime;
    return since === undefined ? Infinity : since + this.rules.maxOnMs;
  }

  /** When the first of its duties is used up, if it stays active; Infinity while it is not. */
  dutyAt(now: number): number {
    if (this.onTime.since === undefined) return Infinity;
    return Math.min(Infinity, ...this.rules.duties.map((duty) => this.onTime.reachesAt(now, duty)));
  }

  /** Whether its report is what it was set to; amounts may differ by a quarter, since hardware has steps. */
  obeys(): boolean {
    const { actual, reported } = this;
    if (actual === undefined || reported === undefined || reported === actual) return true;
    if (this.isActive(actual) !== this.isActive(reported)) return this.#actsItself(reported);
    if (typeof actual !== 'number' || typeof reported !== 'number') return false;
    const off = this.rules.off as number;
    return Math.abs(actual - reported) <= 0.25 * Math.max(Math.abs(actual - off), Math.abs(reported - off));
  }

  #actsItself(reported: OutputValue): boolean {
    const { rules, trip, disabled, held } = this;
    return (
      rules.selfActing && this.isActive(reported) && trip === undefined && disabled === undefined && !held
    );
  }
}

function longestWindow({ duties }: SafetyRules): number {
  return Math.max(0, ...duties.map(({ windowMs }) => windowMs));
}
