import { setTimeout as wait } from 'node:timers/promises';
import { argumentsOf } from '../describe.js';
import { subdevicesOf, writableValues, type DeviceType } from '../device-type.js';
import type { DeviceDriver, DeviceSession, SessionPart } from '../driver.js';
import { errorText } from '../error-text.js';
import { commandOutput } from '../host/command-output.js';
import { DeviceReadings } from '../host/device-readings.js';
import { checkSession } from '../host/session-check.js';
import { setArguments } from '../host/set-arguments.js';
import { silentLog } from '../logs.js';
import type { Reading } from '../reading.js';
import type { CheckDriverOptions } from './options.js';
import { PendingClock } from './pending-clock.js';

/** How long anything may take. */
const PATIENCE_MS = 10_000;
/** Disks, sockets and processes know nothing of a virtual clock: each of its steps leaves them so much real time, ... */
const REAL_STEP_MS = 1;
/** ... and so much when virtual time is over. */
const REAL_PATIENCE_MS = 1_000;

/** A driver to be checked, and what it is checked with. */
export interface Visited {
  readonly driver: DeviceDriver;
  readonly options: CheckDriverOptions;
  readonly config: Readonly<Record<string, unknown>>;
  readonly changedConfig: Readonly<Record<string, unknown>>;
}

/** The device or one of its sub-devices, while it is open. */
export interface Member {
  /** What stands before the names of its values and commands: nothing, or `<sub-device>.`. */
  readonly prefix: string;
  readonly type: DeviceType;
  readonly part: SessionPart;
  readonly readings: DeviceReadings;
}

type Handlers = Readonly<Record<string, (arg: unknown) => unknown>>;

/** What a visitor does with the open device. */
type Stay = (visit: Visit) => Promise<void>;

/** A device that is opened on a clock of its own, watched, and closed. */
export class Visit {
  readonly clock: PendingClock;
  readonly wrong: string[] = [];
  /** Full names of the values that came. */
  readonly seen = new Set<string>();
  members: readonly Member[] = [];
  /** Whether a value that is hard to believe is passed over: what is set at will may jump. */
  believes = false;
  readonly #visited: Visited;
  #session: DeviceSession | undefined;

  /** @param clock - of a former visit. @default a new one */
  constructor(visited: Visited, clock = new PendingClock()) {
    this.#visited = visited;
    this.clock = clock;
  }

  /** Opens it, lets it be visited, closes it. @returns what was wrong */
  async run(stay: Stay): Promise<string[]> {
    const { driver, config } = this.#visited;
    await this.attempt('open', async () => {
      this.#session = checkSession(
        driver.type,
        await driver.open(config, { clock: this.clock, name: 'checked', log: silentLog }),
      );
    });
    if (this.#session === undefined) return this.wrong;
    this.members = this.#membersOf(this.#session);
    for (const member of this.members) this.#checkHandlers(member);
    const subscriptions = this.members.map((member) => this.#listen(member));
    await stay(this);
    for (const { readings } of this.members) readings.close();
    for (const subscription of subscriptions) subscription.unsubscribe();
    await this.attempt('close', () => this.session.close());
    if (this.clock.pending > 0) await this.#tellOfWhatIsLeft();
    return this.wrong;
  }

  get options(): CheckDriverOptions {
    return this.#visited.options;
  }

  get session(): DeviceSession {
    return this.#session!;
  }

  /** Does something that has to end in time, and tells of it when it fails. */
  async attempt(what: string, run: () => unknown): Promise<void> {
    const progress = { ended: false };
    const guarded = async (): Promise<void> => {
      try {
        await run();
      } catch (error) {
        this.wrong.push(`${what}: ${errorText(error)}`);
      }
      progress.ended = true;
    };
    void guarded();
    await this.until(() => progress.ended, PATIENCE_MS);
    for (let waited = 0; !progress.ended && waited < REAL_PATIENCE_MS; waited += 10) await wait(10);
    if (!progress.ended) this.wrong.push(`${what} did not end within ${PATIENCE_MS / 1_000} s`);
  }

  /** Lets time pass until the condition holds. */
  async until(holds: () => boolean, patienceMs: number): Promise<boolean> {
    for (let waited = 0; !holds() && waited < patienceMs; waited += 100) {
      await this.clock.advanceByAsync(100);
      if (!holds()) await wait(REAL_STEP_MS);
    }
    return holds();
  }

  /** Sets one value. */
  async write(member: Member, name: string, value: unknown): Promise<void> {
    await this.attempt(`set "${member.prefix}${name}" to ${JSON.stringify(value)}`, () =>
      (member.part.write as unknown as Handlers)[name]!(value),
    );
  }

  /** Executes one command, or sets values by `set`. */
  async execute(member: Member, name: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    const { type, part, prefix } = member;
    if (name === 'set' && writableValues(type).length > 0) {
      const values = setArguments(type).parse(args);
      for (const value of writableValues(type)) {
        if (Object.hasOwn(values, value)) await this.write(member, value, values[value]);
      }
      return;
    }
    await this.attempt(`command "${prefix}${name}"`, async () => {
      if (!Object.hasOwn(type.commands, name)) throw new Error('the type does not declare it');
      const command = type.commands[name]!;
      const returned = await (part.commands as unknown as Handlers)[name]!(argumentsOf(command).parse(args));
      commandOutput(returned, command.bytes === true);
    });
  }

  #membersOf(session: DeviceSession): Member[] {
    const { type } = this.#visited.driver;
    const parts = (session.subdevices ?? {}) as Record<string, SessionPart>;
    return [
      this.#member('', type, session),
      ...Object.entries(subdevicesOf(type)).map(([name, sub]) => this.#member(`${name}.`, sub, parts[name]!)),
    ];
  }

  #member(prefix: string, type: DeviceType, part: SessionPart): Member {
    const readings = new DeviceReadings(type, this.clock, (name, reading) => {
      this.seen.add(prefix + name);
      this.#judge(prefix + name, reading);
    });
    return { prefix, type, part, readings };
  }

  #judge(name: string, reading: Reading): void {
    const { quality } = reading;
    // Who can be polled need not speak by himself.
    if (quality === 'good' || (quality === 'stale' && this.session.poll !== undefined)) return;
    if (quality === 'suspect' && this.believes) return;
    this.wrong.push(`value "${name}" is ${quality}: ${shown(reading)}`);
  }

  #checkHandlers({ prefix, type, part }: Member): void {
    for (const name of Object.keys(part.commands)) {
      if (!Object.hasOwn(type.commands, name))
        this.wrong.push(`the type does not declare the command "${prefix}${name}"`);
    }
    for (const name of Object.keys(part.write ?? {})) {
      if (!writableValues(type).includes(name))
        this.wrong.push(`the type has no value "${prefix}${name}" that can be set`);
    }
  }

  #listen({ prefix, part, readings }: Member): { unsubscribe(): void } {
    return part.values$.subscribe({
      next: (update) => {
        const problem = readings.take(update);
        if (problem !== undefined) this.wrong.push(`an update is none: ${problem}`);
      },
      error: (error: unknown) => {
        const whose = prefix === '' ? '' : ` of "${prefix.slice(0, -1)}"`;
        this.wrong.push(`values$${whose} failed: ${errorText(error)}`);
      },
    });
  }

  /** Timers are left; is it that the session goes on? What begins anew with each subscriber says nothing of that. */
  async #tellOfWhatIsLeft(): Promise<void> {
    this.wrong.push('a timer is left after close');
    const left = this.clock.pending;
    let coming = 0;
    const late = this.members.map(({ part }) =>
      part.values$.subscribe({
        next: () => {
          coming++;
        },
        error: () => undefined,
      }),
    );
    if (this.clock.pending === left) {
      const replayed = coming;
      await this.clock.advanceByAsync(PATIENCE_MS);
      if (coming > replayed) this.wrong.push('values go on coming after close');
    }
    for (const subscription of late) subscription.unsubscribe();
  }
}

function shown({ value, reason }: Reading): string {
  return `${JSON.stringify(value)} (${reason ?? ''})`;
}
