import { systemClock, type Millis } from '@raspy/clock';
import { SandboxClosedError } from './errors.js';
import { eventText } from './event-text.js';
import { HouseSide } from './house-side.js';
import { withDefaults } from './limits.js';
import { loadQuickJs, type QuickJs } from './quickjs.js';
import { failed } from './failed.js';
import { compileMistakes, Realm, warmUp } from './realm.js';
import type {
  CodeMistake,
  Json,
  RunningProgram,
  SandboxEngine,
  SandboxHooks,
  SandboxLimits,
  SandboxProgram,
} from './sandbox.js';
import { SourceReader } from './source.js';
import type { Turn } from './turn.js';
import { threadTime } from './thread-time.js';

/** The most that `stackBytes` may be in a thread with Node's usual stack, of which QuickJS takes up to 24 times as much. */
export const INLINE_STACK_BYTES = 32 * 1024;

export interface InlineEngineOptions {
  /** Defaults as documented there, but `stackBytes` is {@link INLINE_STACK_BYTES} at most. */
  readonly limits?: Partial<SandboxLimits>;
  /** What `Date` shows inside, in milliseconds since 1970. Default: the machine's clock. */
  readonly wallNow?: () => Millis;
  /** Monotonic milliseconds for the budget, which is of real time even where the house's is virtual. Default: the machine's. */
  readonly now?: () => Millis;
}

/**
 * Runs programs in the calling thread: deterministic, for tests in virtual time. A program that spins in its own code is
 * cut; one that spins inside a native function (`indexOf` over a length of 2 ** 53) holds the thread for good, so that
 * programs of strangers belong in a `WorkerEngine`.
 *
 * Turns run at once: within `deliver`, and in a microtask after a call was answered.
 */
export class InlineEngine implements SandboxEngine {
  readonly #limits: SandboxLimits;
  readonly #wallNow: () => Millis;
  readonly #now: () => Millis;
  readonly #busyNow: (() => Millis) | undefined;
  readonly #programs = new Set<InlineProgram>();
  #reading: Promise<SourceReader> | undefined;
  #loading: Promise<QuickJs> | undefined;
  #closed = false;

  /** @throws `SandboxOptionError` for a limit that is no positive number */
  constructor({ limits, wallNow, now }: InlineEngineOptions = {}) {
    const all = withDefaults(limits);
    this.#limits = { ...all, stackBytes: Math.min(all.stackBytes, INLINE_STACK_BYTES) };
    this.#wallNow = wallNow ?? (() => systemClock.wallNow());
    this.#now = now ?? (() => systemClock.now());
    this.#busyNow = now === undefined ? threadTime() : undefined;
  }

  /** Loads what is otherwise loaded by the first program; after it a program starts within the microtasks of `start`. */
  async ready(): Promise<void> {
    await this.#parts();
  }

  async check(code: string): Promise<readonly CodeMistake[]> {
    const [reader, quickjs] = await this.#parts();
    const { js, mistakes } = reader.strip(code);
    if (mistakes !== undefined) return mistakes;
    try {
      return compileMistakes(quickjs, js, { limits: this.#limits, now: this.#now });
    } catch (error) {
      this.#broken(quickjs);
      return [{ message: `the code cannot be read: ${String(error)}`, line: 1, column: 1 }];
    }
  }

  /** @throws {@link SandboxClosedError} after `close()` */
  start(program: SandboxProgram, hooks: SandboxHooks): RunningProgram {
    if (this.#closed) throw new SandboxClosedError();
    const running = new InlineProgram(hooks, this.#limits.maxMessageBytes, {
      ended: () => this.#programs.delete(running),
      broken: (quickjs) => this.#broken(quickjs),
    });
    this.#programs.add(running);
    void this.#begin(program, running);
    return running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#programs].map((program) => program.stop()));
  }

  async #begin({ name, code, prelude }: SandboxProgram, running: InlineProgram): Promise<void> {
    const [reader, quickjs] = await this.#parts();
    const { js, mistakes } = reader.strip(code);
    if (js === undefined) {
      const [{ message, line, column }] = mistakes;
      running.end(failed('error', message, { line, column }));
    } else {
      const times = { now: this.#now, busyNow: this.#busyNow, wallNow: this.#wallNow };
      running.begin(quickjs, () => new Realm(quickjs, { name, js, prelude, limits: this.#limits, ...times }));
    }
  }

  #parts(): Promise<[SourceReader, QuickJs]> {
    this.#reading ??= SourceReader.load();
    this.#loading ??= this.#load();
    return Promise.all([this.#reading, this.#loading]);
  }

  async #load(): Promise<QuickJs> {
    const quickjs = await loadQuickJs();
    warmUp(quickjs, { limits: this.#limits, now: this.#now, wallNow: this.#wallNow });
    return quickjs;
  }

  /** QuickJS itself failed. All that ran in this instance is gone. */
  #broken(quickjs: QuickJs): void {
    this.#loading = undefined;
    for (const program of this.#programs) {
      if (program.quickjs === quickjs) program.lose();
    }
  }
}

interface Owner {
  ended(): void;
  broken(quickjs: QuickJs): void;
}

type Step = (realm: Realm) => Turn;

class InlineProgram implements RunningProgram {
  readonly #house: HouseSide;
  readonly #maxBytes: number;
  readonly #owner: Owner;
  readonly #steps: Step[] = [];
  #realm: Realm | undefined;
  #running = false;
  quickjs: QuickJs | undefined;

  constructor(hooks: SandboxHooks, maxBytes: number, owner: Owner) {
    this.#maxBytes = maxBytes;
    this.#owner = owner;
    this.#house = new HouseSide(hooks, maxBytes, (...answer) =>
      this.#next((realm) => realm.settle(...answer)),
    );
  }

  begin(quickjs: QuickJs, make: () => Realm): void {
    if (this.#house.over) return;
    this.quickjs = quickjs;
    this.#steps.unshift((realm) => realm.begin());
    try {
      this.#realm = make();
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#run();
  }

  deliver(event: string, payload: Json): void {
    if (this.#house.over) return;
    const json = eventText(event, payload, this.#maxBytes);
    if (typeof json === 'string') this.#next((realm) => realm.deliver(event, json));
    else this.end(json);
  }

  async stop(): Promise<void> {
    this.end({ kind: 'stopped' });
    await this.#house.whenOver;
  }

  end(end: Parameters<HouseSide['end']>[0]): void {
    if (this.#house.over) return;
    this.#owner.ended();
    if (!this.#running) this.#dispose();
    this.#house.end(end);
  }

  lose(): void {
    this.#realm = undefined;
    this.end(failed('lost', 'another program broke the sandbox that it shared with this one'));
  }

  #next(step: Step): void {
    this.#steps.push(step);
    this.#run();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#realm !== undefined && !this.#house.over && this.#steps.length > 0) this.#step(this.#realm);
    this.#running = false;
    if (this.#house.over) this.#dispose();
  }

  #step(realm: Realm): void {
    let turn: Turn;
    try {
      turn = this.#steps.shift()!(realm);
    } catch (error) {
      this.#break(error);
      return;
    }
    if (turn.end !== undefined) this.#owner.ended();
    this.#house.took(turn);
  }

  #break(error: unknown): void {
    this.#realm = undefined;
    this.end(breaking(error));
    this.#owner.broken(this.quickjs!);
  }

  #dispose(): void {
    const realm = this.#realm;
    this.#realm = undefined;
    try {
      realm?.dispose();
    } catch {
      this.#owner.broken(this.quickjs!);
    }
  }
}

/** What is said of a program that broke QuickJS: usually it nested something beyond the thread's own stack. */
export function breaking(error: unknown): ReturnType<typeof failed> {
  return error instanceof RangeError
    ? failed('stack', 'stack overflow')
    : failed('error', `the program broke its sandbox: ${String(error)}`);
}
