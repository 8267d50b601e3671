import { Script } from 'node:vm';
import type {
  CodeMistake,
  Json,
  RunningProgram,
  SandboxEnd,
  SandboxEngine,
  SandboxHooks,
  SandboxProgram,
} from '../src/sandbox/sandbox.js';

type Body = (...args: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => Promise.resolve()).constructor as new (...parts: string[]) => Body;

/** Keeps to the contract of an engine without any of its walls: for tests of what is built on it. */
export class StandInEngine implements SandboxEngine {
  readonly #running = new Set<StandInProgram>();

  get running(): number {
    return this.#running.size;
  }

  check(code: string): Promise<readonly CodeMistake[]> {
    try {
      new Script(`(async () => {\n${code}\n})`, { filename: 'code' });
      return Promise.resolve([]);
    } catch (error) {
      const { message, stack = '' } = error as Error;
      const line = Number(/^code:(\d+)/.exec(stack)?.[1] ?? 2) - 1;
      return Promise.resolve([{ message, line, column: 1 }]);
    }
  }

  start(program: SandboxProgram, hooks: SandboxHooks): RunningProgram {
    const running = new StandInProgram(program, hooks, () => this.#running.delete(running));
    this.#running.add(running);
    running.begin();
    return running;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((program) => program.stop()));
  }

  /** As if the thread had died, or a limit had been met. */
  fail(reason: 'budget' | 'memory' | 'hung' | 'lost'): void {
    for (const program of [...this.#running]) {
      program.end({ kind: 'failed', reason, message: `for the test: ${reason}` });
    }
  }
}

class StandInProgram implements RunningProgram {
  readonly #program: SandboxProgram;
  readonly #hooks: SandboxHooks;
  readonly #gone: () => void;
  readonly #listeners = new Map<string, (payload: Json) => void>();
  readonly #aborter = new AbortController();
  #calls = 0;
  #over = false;

  constructor(program: SandboxProgram, hooks: SandboxHooks, gone: () => void) {
    this.#program = program;
    this.#hooks = hooks;
    this.#gone = gone;
  }

  begin(): void {
    const { code, prelude = 'return {}' } = this.#program;
    const house = {
      call: (method: string, ...args: Json[]) => this.#call(method, args),
      on: (event: string, listener: (payload: Json) => void) => {
        this.#listeners.set(event, listener);
      },
    };
    const failed = (error: unknown): void =>
      this.end({ kind: 'failed', reason: 'error', message: (error as Error).message });
    try {
      const wrapped = new Script(`(function (house) {${prelude}\n})`).runInThisContext() as (
        house: object,
      ) => object;
      const names = wrapped(house);
      new AsyncFunction(...Object.keys(names), code)(
        ...Object.values<unknown>(names as Record<string, unknown>),
      ).then(() => this.end({ kind: 'returned' }), failed);
    } catch (error) {
      failed(error);
    }
  }

  deliver(event: string, payload: Json): void {
    if (!this.#over) this.#listeners.get(event)?.(JSON.parse(JSON.stringify(payload)) as Json);
  }

  stop(): Promise<void> {
    this.end({ kind: 'stopped' });
    return Promise.resolve();
  }

  end(end: SandboxEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#aborter.abort();
    this.#gone();
    this.#hooks.ended(end);
  }

  #hasEnded(): boolean {
    return this.#over;
  }

  async #call(method: string, args: readonly Json[]): Promise<Json> {
    if (this.#over) return never();
    if (++this.#calls > 100) {
      this.end({ kind: 'failed', reason: 'calls', message: 'too many calls under way' });
      return never();
    }
    try {
      const answer = await this.#hooks.call(method, args, this.#aborter.signal);
      return this.#hasEnded() ? await never() : (JSON.parse(JSON.stringify(answer)) as Json);
    } finally {
      this.#calls -= 1;
    }
  }
}

/** What a program hears after its end. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
