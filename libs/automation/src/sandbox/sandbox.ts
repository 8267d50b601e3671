/** What travels between a program and the house: JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A program that a user wrote. */
export interface SandboxProgram {
  /** For messages and stack traces: `thermostat`. */
  readonly name: string;
  /** JavaScript or TypeScript (types are stripped); the body of an async function: `await` at the top, `return` allowed. */
  readonly code: string;
  /**
   * Trusted JavaScript, run before the code in the same realm, as the body of a function that gets `house`:
   * `{ call(method: string, ...args: Json[]): Promise<Json>, on(event: string, listener: (payload: Json) => void): void }`.
   * It returns an object whose members become the only names (beside ECMAScript's own) that the code sees. The object and
   * the functions in it are frozen; what lies deeper is as the prelude left it. Without a prelude there are no such names.
   *
   * The code runs in the same realm and may replace ECMAScript's own functions: a prelude takes those that it needs later
   * into constants. It is for convenience, not for security: whoever answers the calls checks them as the code's own.
   */
  readonly prelude?: string;
}

/** What the house does for one program. */
export interface SandboxHooks {
  /**
   * The program asks for something. Its promise settles with what this returns or, as an Error with `.message` and `.code`,
   * with what it throws. `signal` aborts when the program ends.
   */
  call(method: string, args: readonly Json[], signal: AbortSignal): Promise<Json> | Json;
  /** Once, when it is over for whatever reason; nothing is called after it. */
  ended(end: SandboxEnd): void;
}

/**
 * Why a program ended by itself, though it did not come to its end:
 * - `error`: it threw, or a promise that nobody handled was rejected, or its code cannot be read
 * - `budget`: a turn took longer than {@link SandboxLimits.turnBudgetMs}
 * - `memory`, `stack`: it reached the limit and did not handle that
 * - `calls`: too many calls under way at once
 * - `hung`: it held its thread beyond any budget, and the thread was ended
 * - `lost`: the thread died through no fault of this program
 */
export type SandboxFault = 'error' | 'budget' | 'memory' | 'stack' | 'calls' | 'hung' | 'lost';

/** How a program ended: its code ran to its end, `stop()` was called, or it failed. */
export type SandboxEnd =
  | { readonly kind: 'returned' }
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'failed';
      readonly reason: SandboxFault;
      readonly message: string;
      /** Where in the user's own text, from 1, if it is known. */
      readonly line?: number;
      readonly column?: number;
    };

/** A program from its start to its end. */
export interface RunningProgram {
  /**
   * Brings an event to the program's listeners (`house.on`). Events for one program arrive in order. Dropped after its end.
   * A program that would get one larger than {@link SandboxLimits.maxMessageBytes} ends (`error`), rather than miss it.
   */
  deliver(event: string, payload: Json): void;
  /** Always ends it within 1 s, whatever it does. Idempotent; resolves after `ended` was called. */
  stop(): Promise<void>;
}

/** Something in a code that cannot be read. Line and column count from 1, in the user's own text. */
export interface CodeMistake {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Runs programs of users, each by itself, with nothing of the host in reach. */
export interface SandboxEngine {
  /** Parses only. Empty when it is sound. */
  check(code: string): Promise<readonly CodeMistake[]>;
  /** Never throws for bad code: that is `ended({ kind: 'failed', reason: 'error', line, column })`. */
  start(program: SandboxProgram, hooks: SandboxHooks): RunningProgram;
  /** All programs are stopped. */
  close(): Promise<void>;
}

/** What one program may use. */
export interface SandboxLimits {
  /**
   * How long a program may run without waiting, in milliseconds; on Linux of the processor's time, so that a busy machine
   * is not held against it. Default 50.
   */
  readonly turnBudgetMs: number;
  /** Memory of its realm, about 80 KiB of which the realm itself needs. Default 4 MiB. */
  readonly memoryBytes: number;
  /** Stack of its calls. Default 256 KiB, some 1,400 calls deep. */
  readonly stackBytes: number;
  /** Calls under way at once. Default 100. */
  readonly maxCalls: number;
  /** Size of one call, result or event, as JSON in UTF-8. Default 64 KiB. */
  readonly maxMessageBytes: number;
}
