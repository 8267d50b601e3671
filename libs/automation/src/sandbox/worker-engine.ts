import { systemClock, type Cancel, type Clock } from '@raspy/clock';
import { SandboxClosedError, SandboxOptionError } from './errors.js';
import { eventText } from './event-text.js';
import { HouseSide } from './house-side.js';
import { withDefaults } from './limits.js';
import { CHECKING, type FromThread, type ToProgram, type ToThread, TurnSign, WallSign } from './messages.js';
import { failed } from './failed.js';
import type {
  CodeMistake,
  Json,
  RunningProgram,
  SandboxEnd,
  SandboxEngine,
  SandboxHooks,
  SandboxLimits,
  SandboxProgram,
} from './sandbox.js';
import { SourceReader } from './source.js';
import { type SandboxThread, type SpawnThread, workerThreads } from './worker-thread.js';

export interface WorkerEngineOptions {
  readonly limits?: Partial<SandboxLimits>;
  /** For the watchdog, and for what `Date` shows inside. Default: the machine's. */
  readonly clock?: Clock;
  /**
   * A turn that takes longer holds its thread beyond any budget, and the thread is ended. Milliseconds, not less than
   * `turnBudgetMs`. Default 500, or ten budgets if that is more.
   */
  readonly hungAfterMs?: number;
  /** How its thread is started. Default: `workerThreads()`. */
  readonly spawn?: SpawnThread;
}

const HUNG_AFTER_MS = 500;
const HUNG_BUDGETS = 10;
const LOOKS_PER_SPAN = 5;
const CHECK_FAILED = 'the code could not be read to its end';

/**
 * Runs all programs in one thread beside the calling one, each in a realm of its own. The thread starts with the first
 * program, keeps no process alive (not even while a check is under way), and is watched: one that does not come back from a turn is ended. The program whose turn
 * it was ends as `hung`, the others as `lost`, and the next start brings a new thread.
 *
 * A stopped program is over at once for the house: nothing that it does afterwards is heard, even where its thread hangs.
 */
export class WorkerEngine implements SandboxEngine {
  readonly #limits: SandboxLimits;
  readonly #clock: Clock;
  readonly #hungAfterMs: number;
  readonly #spawn: SpawnThread;
  #reading: Promise<SourceReader> | undefined;
  #thread: ProgramThread | undefined;
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  /** @throws `SandboxOptionError` for a limit or span that is no positive number */
  constructor({ limits, clock = systemClock, hungAfterMs, spawn }: WorkerEngineOptions = {}) {
    this.#limits = withDefaults(limits);
    const { turnBudgetMs } = this.#limits;
    this.#hungAfterMs = hungAfterMs ?? Math.max(HUNG_AFTER_MS, HUNG_BUDGETS * turnBudgetMs);
    if (!(this.#hungAfterMs >= turnBudgetMs)) {
      throw new SandboxOptionError(
        `hungAfterMs is ${this.#hungAfterMs}: it has to be ${turnBudgetMs}, a turn's budget, or more`,
      );
    }
    this.#clock = clock;
    this.#spawn = spawn ?? workerThreads();
  }

  /** @throws {@link SandboxClosedError} after `close()` */
  async check(code: string): Promise<readonly CodeMistake[]> {
    const { js, mistakes } = (await this.#reader()).strip(code);
    return mistakes ?? this.#running().check(js);
  }

  /** @throws {@link SandboxClosedError} after `close()` */
  start(program: SandboxProgram, hooks: SandboxHooks): RunningProgram {
    const thread = this.#running();
    const running = thread.add(hooks);
    void this.#begin(program, running);
    return running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#thread?.end({ kind: 'stopped' });
    await Promise.all(this.#ending);
  }

  async #begin({ name, code, prelude }: SandboxProgram, running: ThreadProgram): Promise<void> {
    const { js, mistakes } = (await this.#reader()).strip(code);
    if (js !== undefined) running.begin(name, js, prelude);
    else {
      const [{ message, line, column }] = mistakes;
      running.end(failed('error', message, { line, column }));
    }
  }

  #reader(): Promise<SourceReader> {
    this.#reading ??= SourceReader.load();
    return this.#reading;
  }

  #running(): ProgramThread {
    if (this.#closed) throw new SandboxClosedError();
    this.#thread ??= new ProgramThread(this.#spawn, this.#limits, this.#clock, this.#hungAfterMs, (ended) => {
      this.#thread = undefined;
      this.#ending.add(ended);
      void ended.finally(() => this.#ending.delete(ended));
    });
    return this.#thread;
  }
}

/** One thread, the programs in it, and the eye on it. */
class ProgramThread {
  readonly #thread: SandboxThread;
  readonly #limits: SandboxLimits;
  readonly #clock: Clock;
  readonly #hungAfterMs: number;
  readonly #gone: (ended: Promise<void>) => void;
  readonly #sign = new TurnSign();
  readonly #wall = new WallSign();
  readonly #programs = new Map<number, ThreadProgram>();
  readonly #checks = new Map<number, (mistakes: readonly CodeMistake[]) => void>();
  #lastId = 0;
  #sent = 0;
  #ready = false;
  #over = false;
  #cancelLook: Cancel | undefined;
  /** The turn that ran at the last look, and since when it is known to run. */
  #seen = { count: 0, since: 0 };

  constructor(
    spawn: SpawnThread,
    limits: SandboxLimits,
    clock: Clock,
    hungAfterMs: number,
    gone: (ended: Promise<void>) => void,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#hungAfterMs = hungAfterMs;
    this.#gone = gone;
    this.#thread = spawn(
      { limits, sign: this.#sign.buffer, wall: this.#wall.buffer },
      {
        received: (messages) => {
          for (const message of messages) this.#received(message);
        },
        died: (why) =>
          this.#blame(this.#sign.program, failed('error', `the program ended its thread: ${why}`)),
      },
    );
  }

  add(hooks: SandboxHooks): ThreadProgram {
    const id = ++this.#lastId;
    const program = new ThreadProgram(id, hooks, this.#limits.maxMessageBytes, {
      post: (message) => this.#post(message),
      ended: () => this.#programs.delete(id),
    });
    this.#programs.set(id, program);
    return program;
  }

  check(js: string): Promise<readonly CodeMistake[]> {
    const check = ++this.#lastId;
    return new Promise((resolve) => {
      this.#checks.set(check, resolve);
      this.#post({ type: 'check', check, js });
    });
  }

  /** Ends the thread, and with it all programs. */
  end(end: SandboxEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelLook?.();
    this.#gone(this.#thread.terminate());
    for (const resolve of this.#checks.values()) resolve([{ message: CHECK_FAILED, line: 1, column: 1 }]);
    for (const program of [...this.#programs.values()]) program.end(end);
  }

  /** One program, if it is known which, is to blame for the end of the thread. */
  #blame(id: number, end: SandboxEnd): void {
    const culprit = this.#programs.get(id);
    this.#programs.delete(id);
    this.end(failed('lost', 'the thread that it shared with other programs was ended'));
    culprit?.end(end);
  }

  #received(message: FromThread): void {
    if (this.#over) return;
    if (message.type === 'turn') this.#programs.get(message.program)?.took(message.turn);
    else if (message.type === 'checked') {
      this.#checks.get(message.check)!(message.mistakes);
      this.#checks.delete(message.check);
    } else if (message.type === 'idle') this.#idle(message.handled);
    else if (message.type === 'broken') this.#blame(message.program, message.end);
    else {
      this.#ready = true;
      this.#watch();
    }
  }

  #post(message: ToThread): void {
    if (this.#over) return;
    this.#wall.offset = this.#clock.wallNow() - systemClock.wallNow();
    this.#sent++;
    this.#thread.post(message);
    this.#watch();
  }

  #idle(handled: number): void {
    if (handled < this.#sent) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  /** As long as it has something to do; starting takes its own time. */
  #watch(): void {
    if (!this.#ready || this.#cancelLook !== undefined) return;
    this.#seen = { count: this.#sign.count, since: this.#clock.now() };
    this.#lookLater();
  }

  #lookLater(): void {
    const at = this.#clock.now() + this.#hungAfterMs / LOOKS_PER_SPAN;
    this.#cancelLook = this.#clock.schedule(at, () => this.#look());
  }

  #look(): void {
    const { count, program } = this.#sign;
    const now = this.#clock.now();
    if (program === 0 || count !== this.#seen.count) this.#seen = { count, since: now };
    if (now - this.#seen.since < this.#hungAfterMs) this.#lookLater();
    else {
      const what = program === CHECKING ? 'a check' : 'it';
      this.#blame(
        program,
        failed('hung', `${what} held its thread for ${this.#hungAfterMs} ms: the thread was ended`),
      );
    }
  }
}

interface Link {
  post(message: ToProgram): void;
  ended(): void;
}

class ThreadProgram implements RunningProgram {
  readonly #id: number;
  readonly #house: HouseSide;
  readonly #maxBytes: number;
  readonly #link: Link;
  /** What waits for the code to be read. */
  #waiting: ToProgram[] | undefined = [];

  constructor(id: number, hooks: SandboxHooks, maxBytes: number, link: Link) {
    this.#id = id;
    this.#maxBytes = maxBytes;
    this.#link = link;
    this.#house = new HouseSide(hooks, maxBytes, (call, fulfilled, json) =>
      this.#send({ type: 'settled', program: id, call, fulfilled, json }),
    );
  }

  begin(name: string, js: string, prelude: string | undefined): void {
    if (this.#house.over) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#send({ type: 'start', program: this.#id, name, js, prelude });
    for (const message of waiting) this.#send(message);
  }

  took(turn: Parameters<HouseSide['took']>[0]): void {
    if (turn.end !== undefined) this.#link.ended();
    this.#house.took(turn);
  }

  deliver(event: string, payload: Json): void {
    if (this.#house.over) return;
    const json = eventText(event, payload, this.#maxBytes);
    if (typeof json === 'string') this.#send({ type: 'event', program: this.#id, event, json });
    else this.end(json);
  }

  async stop(): Promise<void> {
    this.end({ kind: 'stopped' });
    await this.#house.whenOver;
  }

  end(end: SandboxEnd): void {
    if (this.#house.over) return;
    this.#link.ended();
    if (this.#waiting === undefined) this.#link.post({ type: 'stop', program: this.#id });
    this.#waiting = undefined;
    this.#house.end(end);
  }

  #send(message: ToProgram): void {
    if (this.#waiting === undefined) this.#link.post(message);
    else this.#waiting.push(message);
  }
}
