import type { Turn } from './turn.js';
import type { CodeMistake, SandboxEnd, SandboxLimits } from './sandbox.js';

/** What goes to the thread that runs the programs. All that belongs to a program is text or a number. */
export type ToThread = ToProgram | { readonly type: 'check'; readonly check: number; readonly js: string };

/** What goes to one program. */
export type ToProgram =
  | {
      readonly type: 'start';
      readonly program: number;
      readonly name: string;
      readonly js: string;
      readonly prelude: string | undefined;
    }
  | { readonly type: 'event'; readonly program: number; readonly event: string; readonly json: string }
  | {
      readonly type: 'settled';
      readonly program: number;
      readonly call: number;
      readonly fulfilled: boolean;
      readonly json: string;
    }
  | { readonly type: 'stop'; readonly program: number };

/** What comes back from the thread. */
export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'turn'; readonly program: number; readonly turn: Turn }
  | { readonly type: 'checked'; readonly check: number; readonly mistakes: readonly CodeMistake[] }
  /** Nothing waits any more; so many messages were handled since the start of the thread. */
  | { readonly type: 'idle'; readonly handled: number }
  /** The instance of QuickJS is broken: the thread has to be ended. */
  | { readonly type: 'broken'; readonly program: number; readonly end: SandboxEnd };

/** What a thread is started with. */
export interface ThreadData {
  readonly limits: SandboxLimits;
  /** Two words: how often a turn began or ended, and whose turn it is (0: nobody's, -1: that of a check). */
  readonly sign: SharedArrayBuffer;
  /** One float: how far the house's wall clock is ahead of the machine's, in milliseconds. */
  readonly wall: SharedArrayBuffer;
}

/** Says in shared memory which program's turn runs, for the case that the thread cannot say it any more. */
export class TurnSign {
  readonly #words: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#words = new Int32Array(buffer);
  }

  /** Changes whenever a turn begins or ends. */
  get count(): number {
    return Atomics.load(this.#words, 0);
  }

  /** The program whose turn runs; 0 for none, {@link CHECKING} for a code that is checked. */
  get program(): number {
    return Atomics.load(this.#words, 1);
  }

  begin(program: number): void {
    Atomics.store(this.#words, 1, program);
    Atomics.add(this.#words, 0, 1);
  }

  end(): void {
    this.begin(0);
  }
}

/** Stands for a program while a code is checked. */
export const CHECKING = -1;

/** How far the house's wall clock is ahead of the machine's, in milliseconds, as the thread has to show it. */
export class WallSign {
  readonly #offset: Float64Array;

  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#offset = new Float64Array(buffer);
  }

  get offset(): number {
    return this.#offset[0]!;
  }

  set offset(ms: number) {
    this.#offset[0] = ms;
  }
}
