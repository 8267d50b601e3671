import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core';
import { BOOTSTRAP } from './bootstrap.js';
import { failed, type Place } from './failed.js';
import type { QuickJs } from './quickjs.js';
import type { CodeMistake, SandboxEnd, SandboxFault, SandboxLimits } from './sandbox.js';
import type { RealmCall, Turn } from './turn.js';

export interface RealmOptions {
  readonly name: string;
  /** Without types; see `SourceReader`. */
  readonly js: string;
  readonly prelude: string | undefined;
  readonly limits: SandboxLimits;
  /** Monotonic milliseconds for the budget. */
  readonly now: () => number;
  /** Milliseconds that the thread has been computing: a turn is not cut before it had its budget of these, if it is known. */
  readonly busyNow?: (() => number) | undefined;
  /** What the program's `Date` shows, in milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** How many jobs run between two looks at the clock. */
const JOBS_AT_ONCE = 64;
/** What comes before the code is the house's own, and slow where it runs for the first time: so many budgets. */
const BUDGETS_TO_START = 10;
/** The last that an ended program gets, to tell its error. Milliseconds. */
const LAST_WORDS_MS = 5;

const METHODS = ['install', 'settle', 'deliver', 'describe'] as const;
type Method = (typeof METHODS)[number];

/**
 * One program in a QuickJS runtime and context of its own. Every method but `dispose` is one turn: it runs until the program
 * waits, ends or is cut, and calls nothing of the host but the two clocks meanwhile. Whatever a method throws means that
 * the instance of QuickJS is broken, with all realms in it: drop it, and dispose of nothing.
 */
export class Realm {
  readonly #options: RealmOptions;
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #quickjs: QuickJs;
  /** What BOOTSTRAP returned: looked up once, since every turn needs one of them. */
  #methods: ReadonlyMap<Method, QuickJSHandle> | undefined;
  #promise: QuickJSHandle | undefined;
  #calls: RealmCall[] = [];
  #underWay = 0;
  #end: SandboxEnd | undefined;
  #spanMs = 0;
  #deadline = 0;
  #busySince = 0;
  #cut = false;

  constructor(quickjs: QuickJs, options: RealmOptions) {
    this.#options = options;
    const { limits } = options;
    this.#runtime = quickjs.module.newRuntime();
    this.#runtime.setMemoryLimit(limits.memoryBytes);
    this.#runtime.setMaxStackSize(limits.stackBytes);
    this.#runtime.setInterruptHandler(() => this.#shouldCut());
    this.#context = this.#runtime.newContext();
    this.#quickjs = quickjs;
    quickjs.rejections.watch(this.#context);
  }

  /** Runs the prelude and the code. To be called once, first. */
  begin(): Turn {
    const { name, js, prelude } = this.#options;
    return this.#turn(() => {
      this.#grant(BUDGETS_TO_START * this.#options.limits.turnBudgetMs);
      const boot = this.#take(this.#context.evalCode(BOOTSTRAP, '<house>', { strict: true }));
      if (boot === undefined) return;
      const inside = boot.consume((make) => this.#takeWith(make, [this.#hostCall(), this.#hostNow()]));
      if (inside === undefined) return;
      this.#methods = inside.consume(
        (all) => new Map(METHODS.map((method) => [method, this.#context.getProp(all, method)])),
      );
      if (prelude !== undefined && !this.#install(prelude)) return;
      const code = this.#take(this.#context.evalCode(programText(js), name, { strict: true }));
      this.#grant(this.#options.limits.turnBudgetMs);
      this.#promise = code?.consume((run) => this.#takeWith(run, []));
    });
  }

  /** Answers a call; `json` is its result, or `{ message, code? }`. */
  settle(call: number, fulfilled: boolean, json: string): Turn {
    this.#underWay--;
    return this.#turn(() => {
      this.#invoke('settle', [
        this.#context.newNumber(call),
        fulfilled ? this.#context.true : this.#context.false,
        this.#context.newString(json),
      ])?.dispose();
    });
  }

  deliver(event: string, json: string): Turn {
    return this.#turn(() => {
      this.#invoke('deliver', [this.#context.newString(event), this.#context.newString(json)])?.dispose();
    });
  }

  /** Frees all that it took. */
  dispose(): void {
    this.#promise?.dispose();
    for (const method of this.#methods?.values() ?? []) method.dispose();
    this.#quickjs.rejections.forget(this.#context);
    this.#context.dispose();
    this.#runtime.dispose();
  }

  #turn(work: () => void): Turn {
    this.#calls = [];
    this.#grant(this.#options.limits.turnBudgetMs);
    work();
    this.#drain();
    this.#lookAtPromises();
    if (this.#shouldCut()) this.#fail();
    return { calls: this.#calls, ...(this.#end !== undefined && { end: this.#end }) };
  }

  #grant(spanMs: number): void {
    this.#spanMs = spanMs;
    this.#deadline = this.#options.now() + this.#spanMs;
    this.#busySince = this.#options.busyNow?.() ?? 0;
  }

  #install(prelude: string): boolean {
    const text = `(function (house) {\n${prelude}\n})`;
    const body = this.#take(this.#context.evalCode(text, '<prelude>', { strict: true }));
    const done = body && this.#invoke('install', [body]);
    done?.dispose();
    return done !== undefined;
  }

  #drain(): void {
    while (this.#end === undefined && this.#runtime.hasPendingJob()) {
      const ran = this.#runtime.executePendingJobs(JOBS_AT_ONCE);
      if (ran.error !== undefined) this.#fail(ran.error);
      if (this.#shouldCut()) return;
    }
  }

  /** A rejection that nobody handles counts, even where the code came to its end meanwhile. */
  #lookAtPromises(): void {
    const state = this.#promise && this.#context.getPromiseState(this.#promise);
    if (state?.type === 'rejected') this.#fail(state.error);
    else if (state?.type === 'fulfilled') state.value.dispose();
    const forgotten = this.#quickjs.rejections.first(this.#context);
    const why = forgotten && this.#context.getPromiseState(forgotten);
    if (why?.type === 'rejected') this.#fail(why.error);
    if (state?.type === 'fulfilled' && !this.#cut) this.#end ??= { kind: 'returned' };
  }

  #shouldCut(): boolean {
    if (!this.#cut && this.#options.now() > this.#deadline) {
      const busyMs = (this.#options.busyNow?.() ?? Infinity) - this.#busySince;
      if (busyMs < this.#spanMs) this.#deadline = this.#options.now() + this.#spanMs - busyMs;
      else this.#cut = true;
    }
    return this.#cut || this.#end !== undefined;
  }

  #hostCall(): QuickJSHandle {
    const { maxCalls, maxMessageBytes } = this.#options.limits;
    return this.#context.newFunction('hostCall', (id, method, args) => {
      const call = {
        id: this.#context.getNumber(id),
        method: this.#context.getString(method),
        args: this.#context.getString(args),
      };
      const bytes = Buffer.byteLength(call.method) + Buffer.byteLength(call.args);
      if (bytes > maxMessageBytes) {
        return this.#context.newString(
          `a call of ${bytes} bytes is larger than the ${maxMessageBytes} that are allowed`,
        );
      }
      if (this.#end !== undefined) return undefined;
      if (this.#underWay < maxCalls) {
        this.#underWay++;
        this.#calls.push(call);
      } else {
        this.#end = failed('calls', `more than ${maxCalls} calls are under way at once: await them`);
      }
      return undefined;
    });
  }

  #hostNow(): QuickJSHandle {
    return this.#context.newFunction('hostNow', () => this.#context.newNumber(this.#options.wallNow()));
  }

  #invoke(method: Method, args: readonly QuickJSHandle[]): QuickJSHandle | undefined {
    return this.#takeWith(this.#methods!.get(method)!, args);
  }

  /** Calls `fn` and disposes of the arguments. */
  #takeWith(fn: QuickJSHandle, args: readonly QuickJSHandle[]): QuickJSHandle | undefined {
    const result = this.#context.callFunction(fn, this.#context.undefined, [...args]);
    for (const arg of args) arg.dispose();
    return this.#take(result);
  }

  #take(result: Result): QuickJSHandle | undefined {
    if (result.error === undefined) return result.value;
    this.#fail(result.error);
    return undefined;
  }

  #fail(thrown?: QuickJSHandle): void {
    if (this.#end !== undefined) {
      thrown?.dispose();
      return;
    }
    const cut = this.#cut;
    const spanMs = this.#spanMs;
    this.#grant(LAST_WORDS_MS);
    this.#cut = false;
    const error = thrown?.consume((handle) => this.#describe(handle));
    const place = placeOf(error?.stack ?? '', this.#options.name, this.#options.js);
    this.#end =
      cut || this.#cutAgain()
        ? failed('budget', `a turn took longer than ${spanMs} ms: await something in long loops`, place)
        : failed(faultOf(error), messageOf(error), place);
  }

  /** Whether what told of the error had to be cut too. */
  #cutAgain(): boolean {
    return this.#cut;
  }

  #describe(handle: QuickJSHandle): Described | undefined {
    const describe = this.#methods?.get('describe');
    if (describe === undefined) return undefined;
    const result = this.#context.callFunction(describe, this.#context.undefined, handle);
    const failedToo = result.error !== undefined;
    const text = (result.error ?? result.value).consume((json) =>
      failedToo ? undefined : this.#context.getString(json),
    );
    if (text === undefined) return undefined;
    const [name, message, stack] = JSON.parse(text) as [string, string, string];
    return { name, message, stack };
  }
}

/** Runs nothing once, so that no program pays for what is slow where it runs for the first time. */
export function warmUp(quickjs: QuickJs, options: Pick<RealmOptions, 'limits' | 'now' | 'wallNow'>): void {
  const limits = { ...options.limits, turnBudgetMs: 60_000 };
  const realm = new Realm(quickjs, { ...options, limits, name: '', js: '', prelude: 'return {};' });
  realm.begin();
  realm.dispose();
}

/** What QuickJS finds wrong with a code that has no types left. It is not run. */
export function compileMistakes(
  quickjs: QuickJs,
  js: string,
  { limits, now }: Pick<RealmOptions, 'limits' | 'now'>,
): readonly CodeMistake[] {
  const runtime = quickjs.module.newRuntime();
  runtime.setMemoryLimit(limits.memoryBytes);
  runtime.setMaxStackSize(limits.stackBytes);
  const deadline = now() + limits.turnBudgetMs;
  runtime.setInterruptHandler(() => now() > deadline);
  const context = runtime.newContext();
  const result = context.evalCode(programText(js), 'code', { strict: true, compileOnly: true });
  const mistakes: CodeMistake[] = [];
  if (result.error !== undefined) {
    const { message, stack } = context.dump(result.error) as { message: string; stack?: string };
    mistakes.push({ message, ...(placeOf(stack ?? '', 'code', js) ?? { line: 1, column: 1 }) });
  }
  (result.error ?? result.value).dispose();
  context.dispose();
  runtime.dispose();
  return mistakes;
}

type Result = ReturnType<QuickJSContext['callFunction']>;

interface Described {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** The code begins on the second line; that it is whole was made sure of before. */
function programText(js: string): string {
  return `(async function () {\n${js}\n})`;
}

/** The uppermost line of a stack that lies in the code itself: `    at f (name:3:7)`. What is missing is missing at its end. */
function placeOf(stack: string, name: string, js: string): Place | undefined {
  for (const frame of stack.split('\n')) {
    const [, file, row, column] = /^ +at (?:.* \()?(.*):(\d+):(\d+)\)?$/.exec(frame) ?? [];
    const line = Number(row) - 1;
    if (file !== name || line < 1) continue;
    const lines = js.split('\n');
    return line <= lines.length
      ? { line, column: Number(column) }
      : { line: lines.length, column: lines.at(-1)!.length + 1 };
  }
  return undefined;
}

/** Where there is no memory for an error either, QuickJS throws null. */
function isNull({ name, message }: Described): boolean {
  return name === '' && message === 'null';
}

function faultOf(error: Described | undefined): SandboxFault {
  // An error that could not even be told: there was no memory left for it.
  if (error === undefined || isNull(error)) return 'memory';
  if (error.name !== 'InternalError' && error.name !== 'SyntaxError') return 'error';
  if (error.message === 'out of memory' || error.message === 'string too long') return 'memory';
  return error.message === 'stack overflow' ? 'stack' : 'error';
}

function messageOf(error: Described | undefined): string {
  if (error === undefined) return 'out of memory';
  if (isNull(error)) return 'out of memory, or null was thrown';
  return error.name === '' || error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}
