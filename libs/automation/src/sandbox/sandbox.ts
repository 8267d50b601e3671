/** What travels between a program and the house: JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface SandboxProgram {
  /** For messages and stack traces: `thermostat`. */
  readonly name: string;
  /** JavaScript or TypeScript (types are stripped); the body of an async function: `await` at the top, `return` allowed. */
  readonly code: string;
  /**
   * Trusted JavaScript, run before the code in the same realm, as the body of a function that gets `house`:
   * `{ call(method: string, ...args: Json[]): Promise<Json>, on(event: string, listener: (payload: Json) => void): void }`.
   * It returns an object whose members become the only names (beside ECMAScript's own) that the code sees.
   */
  readonly prelude?: string;
}

export interface SandboxHooks {
  /** The program asks for something. Its promise settles with what this returns or, as an Error with `.message` and `.code`, with what it throws. `signal` aborts when the program ends. */
  call(method: string, args: readonly Json[], signal: AbortSignal): Promise<Json> | Json;
  /** Once, when it is over for whatever reason; nothing is called after it. */
  ended(end: SandboxEnd): void;
}

export type SandboxEnd =
  | { readonly kind: 'returned' } // the code ran to its end
  | { readonly kind: 'stopped' } // stop() was called
  | {
      readonly kind: 'failed';
      readonly reason: 'error' | 'budget' | 'memory' | 'stack' | 'calls' | 'hung' | 'lost';
      readonly message: string;
      readonly line?: number;
      readonly column?: number;
    };
// error: it threw (or a promise nobody handled was rejected); budget: a turn took longer than turnBudgetMs; memory/stack: limits;
// calls: too many calls under way at once; hung: it held its thread beyond any budget and the thread was ended; lost: the thread died through no fault of this program

export interface RunningProgram {
  /** Brings an event to the program's listeners (`house.on`). Events for one program arrive in order. Dropped after its end. */
  deliver(event: string, payload: Json): void;
  /** Always ends it within 1 s, whatever it does. Idempotent; resolves after `ended` was called. */
  stop(): Promise<void>;
}

export interface CodeMistake {
  readonly message: string;
  readonly line: number;
  readonly column: number;
} // 1-based, in the user's own text

export interface SandboxEngine {
  /** Parses only. Empty when it is sound. */
  check(code: string): Promise<readonly CodeMistake[]>;
  /** Never throws for bad code: that is `ended({kind:'failed', reason:'error', line, column})`. */
  start(program: SandboxProgram, hooks: SandboxHooks): RunningProgram;
  /** All programs are stopped. */
  close(): Promise<void>;
}
export interface SandboxLimits {
  turnBudgetMs: number /* 50 */;
  memoryBytes: number /* 4 MiB */;
  stackBytes: number /* 256 KiB */;
  maxCalls: number /* 100 under way at once */;
  maxMessageBytes: number; /* 64 KiB per call or event, as JSON */
}
