import type { Entry } from './definition.js';

/**
 * The names that the code of a scenario sees, as TypeScript declarations for editors: the entries of this scenario, and
 * what is the same for all.
 */
export function scenarioTypes(entries: Readonly<Record<string, Entry>>): string {
  const members = Object.entries(entries).map(
    ([name, entry]) => `  readonly ${name}: ${TYPES[entry.kind](entry)};`,
  );
  return `${SCENARIO_API}\ndeclare const entries: {\n${members.join('\n')}\n};\n`;
}

const VALUES: Readonly<Record<string, string>> = { number: 'number', boolean: 'boolean', text: 'string' };

const valueType = (entry: Entry): string => {
  const type = 'type' in entry && entry.type !== undefined ? VALUES[entry.type] : undefined;
  return `ValueEntry<${type ?? 'any'}>`;
};
const TYPES: Readonly<Record<Entry['kind'], (entry: Entry) => string>> = {
  value: valueType,
  variable: valueType,
  device: () => 'DeviceEntry',
  scenario: () => 'ScenarioEntry',
  service: () => 'Entry',
  cron: () => 'Entry',
  sun: () => 'Entry',
  setting: (entry) => `SettingEntry<${'value' in entry ? typeof entry.value : 'any'}>`,
};

/** What is the same for all scenarios. The code is the body of an async function: `await` and `return` are allowed. */
export const SCENARIO_API = `/** Milliseconds, or a text with its unit: '10 s', '3 min', '2 h'. */
type Span = number | string;
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
interface Entry {
  readonly name: string;
}
/** A value of a device, or a variable; it changes while the code awaits something. */
interface ValueEntry<T> extends Entry {
  /** The last value, also when it is no longer good; null when there is none. Compare isGood first. */
  readonly value: T;
  readonly unit: string | null;
  readonly quality: 'good' | 'stale' | 'suspect' | 'bad';
  readonly isGood: boolean;
  /** Why it is not good. */
  readonly reason: string | null;
  /** When it was measured: Unix milliseconds; compare with now(). */
  readonly at: number | null;
  /** Whether it stands for something here: an optional entry need not. */
  readonly isMapped: boolean;
}
/** With a lease, the device is in its safe state again after this time. */
interface CommandOptions {
  lease?: Span;
}
/** Commands are sent once. What they answer comes back; a refusal is an error with its code. */
interface DeviceEntry extends Entry {
  command(command: string, args?: Json, options?: CommandOptions): Promise<any>;
  /** The command set: entries.lamp.set({ on: true }) */
  set(values: { readonly [value: string]: Json }, options?: CommandOptions): Promise<any>;
}
interface ScenarioEntry extends Entry {
  start(payload?: Json): Promise<void>;
  stop(): Promise<void>;
}
/** A number, a text or a switch that is set in the definition. */
interface SettingEntry<T> extends Entry {
  readonly value: T;
  readonly unit: string | null;
}
/** Something that is held: see hold. */
interface Hold {
  /** False when it was given back, its time is over, or the device server knows nothing of it any more. */
  readonly isHeld: boolean;
  readonly reason: string | null;
  /** Gives it back: the device goes to its safe state. False when nobody could be told: then its lease runs out. */
  release(): Promise<boolean>;
}
/** Why this run began, and what was seen. */
declare const fired: {
  readonly why: 'start' | 'by hand' | 'condition' | 'time' | 'scenario';
  readonly at: number;
  readonly entry?: string;
  readonly value?: any;
  readonly payload?: any;
  /** The same firing ran before, and failed or was cut off. */
  readonly again?: 'after an error' | 'after a restart';
};
declare function sleep(span: Span): Promise<void>;
/**
 * Waits until the condition holds: it is looked at now and whenever an entry changes or a hold is lost.
 * Resolves with true, or with false when the time is over first.
 */
declare function until(condition: () => boolean | null | undefined, options?: { timeout?: Span }): Promise<boolean>;
/**
 * Sets a device and keeps it so by a lease that is renewed while this run lives: when the run ends, for whatever
 * reason, it goes to its safe state. At most for atMost (an hour unless it is said); a lease lasts 60 s unless it is said.
 */
declare function hold(
  entry: DeviceEntry,
  values: { readonly [value: string]: Json },
  options?: { atMost?: Span; lease?: Span },
): Promise<Hold>;
/** Publishes a value under /scenario/<this scenario>/<name>. */
declare function publish(name: string, value: Json): Promise<void>;
/** Sends a request to a service; a durable one survives power cuts, and may come twice. */
declare function request(
  entry: Entry,
  frames: readonly string[],
  options?: { durable?: boolean; expiresAfter?: Span },
): Promise<string[]>;
/** Other scenarios: entries of the kind scenario. */
declare const scenarios: {
  start(entry: ScenarioEntry | string, payload?: Json): Promise<void>;
  stop(entry: ScenarioEntry | string): Promise<void>;
};
/** Jobs of the cron server, with the permission cron. */
declare const cron: {
  add(job: Json): Promise<void>;
  update(job: Json): Promise<void>;
  remove(name: string): Promise<void>;
  enable(name: string): Promise<void>;
  disable(name: string): Promise<void>;
  run(name: string): Promise<void>;
};
/** Variables of this scenario, which survive restarts: set resolves when the value is on disk. */
declare const variables: {
  get(name: string): any;
  set(name: string, value: Json): Promise<void>;
  delete(name: string): Promise<void>;
};
declare const log: Record<'info' | 'warn' | 'error', (...parts: unknown[]) => void>;
/** The time by the wall clock as this turn of the code began: Unix milliseconds. It may step; for spans use uptime. */
declare function now(): number;
/** Milliseconds since some instant; never steps, but begins anew with core. */
declare function uptime(): number;
`;
