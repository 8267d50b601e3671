import type { Json, RunningProgram, SandboxEnd, SandboxEngine } from '../src/sandbox/sandbox.js';

/** Gives a code the house itself. */
export const HOUSE = 'return { call: house.call, on: house.on };';

type Answer = (args: readonly Json[], signal: AbortSignal) => Json | Promise<Json>;

/** One program that runs, and all that came of it. A call is answered with its first argument unless told otherwise. */
export class Trial {
  readonly calls: Json[][] = [];
  readonly ended: Promise<SandboxEnd>;
  readonly running: RunningProgram;
  readonly #waiting = new Map<string, () => void>();

  constructor(
    engine: SandboxEngine,
    code: string,
    { answers = {}, prelude = HOUSE }: { answers?: Record<string, Answer>; prelude?: string } = {},
  ) {
    const { promise, resolve } = deferred<SandboxEnd>();
    this.ended = promise;
    let over = false;
    this.running = engine.start(
      { name: 'thermostat', code, prelude },
      {
        call: (method, args, signal) => {
          if (over) throw new Error('called after its end');
          this.calls.push([method, ...args]);
          this.#waiting.get(method)?.();
          return (answers[method] ?? (([first]) => first!))(args, signal);
        },
        ended: (end) => {
          if (over) throw new Error('ended twice');
          over = true;
          resolve(end);
        },
      },
    );
  }

  /** Resolves once the program has called `method`. */
  async called(method: string): Promise<readonly Json[]> {
    const made = () => this.calls.find(([name]) => name === method);
    if (made() === undefined) await new Promise<void>((resolve) => this.#waiting.set(method, resolve));
    return made()!;
  }

  /** What it told by `call('tell', ...)` before its code ran to its end. */
  async told(): Promise<Json[]> {
    const end = await this.ended;
    if (end.kind !== 'returned') throw new Error(`it ended otherwise: ${JSON.stringify(end)}`);
    return this.calls.filter(([method]) => method === 'tell').flatMap(([, ...args]) => args);
  }
}

export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
