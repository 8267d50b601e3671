import { breaking } from './inline-engine.js';
import { MAX_WAITING } from './limits.js';
import { CHECKING, type FromThread, type ToProgram, type ToThread, type TurnSign } from './messages.js';
import type { QuickJs } from './quickjs.js';
import { failed } from './failed.js';
import { compileMistakes, Realm, type RealmOptions, warmUp } from './realm.js';
import type { Turn } from './turn.js';

export interface ThreadHostOptions extends Pick<RealmOptions, 'limits' | 'now' | 'busyNow' | 'wallNow'> {
  readonly quickjs: QuickJs;
  readonly sign: TurnSign;
  readonly post: (messages: readonly FromThread[]) => void;
  /** Runs `task` after the messages that are there already. */
  readonly later: (task: () => void) => void;
}

interface Hosted {
  readonly realm: Realm;
  readonly waiting: ((realm: Realm) => Turn)[];
}

/**
 * The side of the programs, in their thread: one turn after another, each program in its turn, so that one with much to do
 * holds up another by no more than one turn.
 */
export class ThreadHost {
  readonly #options: ThreadHostOptions;
  readonly #programs = new Map<number, Hosted>();
  /** Programs with something waiting, in the order of their turns. */
  readonly #queue = new Set<number>();
  #out: FromThread[] = [];
  #handled = 0;
  #awake = false;
  #broken = false;

  constructor(options: ThreadHostOptions) {
    this.#options = options;
    warmUp(options.quickjs, options);
    options.post([{ type: 'ready' }]);
  }

  receive(message: ToThread): void {
    if (this.#broken) return;
    this.#handled++;
    if (message.type === 'check') this.#check(message.check, message.js);
    else this.#take(message);
    this.#wake();
  }

  #take(message: ToProgram): void {
    const { program } = message;
    if (message.type === 'start') this.#start(message);
    else if (message.type === 'stop') this.#drop(program);
    else if (message.type === 'event')
      this.#enqueue(program, (realm) => realm.deliver(message.event, message.json));
    else {
      const { call, fulfilled, json } = message;
      this.#enqueue(program, (realm) => realm.settle(call, fulfilled, json));
    }
  }

  #start({ program, name, js, prelude }: Extract<ToProgram, { type: 'start' }>): void {
    const { quickjs, limits, now, busyNow, wallNow } = this.#options;
    this.#guarded(program, () => {
      const realm = new Realm(quickjs, { name, js, prelude, limits, now, busyNow, wallNow });
      this.#programs.set(program, { realm, waiting: [] });
      this.#enqueue(program, () => realm.begin());
    });
  }

  #enqueue(program: number, step: (realm: Realm) => Turn): void {
    const hosted = this.#programs.get(program);
    if (hosted === undefined) return;
    hosted.waiting.push(step);
    this.#queue.add(program);
    if (hosted.waiting.length <= MAX_WAITING) return;
    this.#end(program, failed('budget', `more than ${MAX_WAITING} events wait: it is too slow for them`));
  }

  #check(check: number, js: string): void {
    this.#guarded(CHECKING, () => {
      this.#out.push({
        type: 'checked',
        check,
        mistakes: compileMistakes(this.#options.quickjs, js, this.#options),
      });
    });
  }

  #wake(): void {
    if (this.#awake || this.#broken) return;
    this.#awake = true;
    this.#options.later(() => {
      this.#awake = false;
      this.#work();
    });
  }

  /** One turn, and what is to be said. */
  #work(): void {
    const [program] = this.#queue;
    if (program !== undefined) this.#run(program);
    if (this.#queue.size > 0) this.#wake();
    else this.#out.push({ type: 'idle', handled: this.#handled });
    this.#flush();
  }

  #run(program: number): void {
    const { realm, waiting } = this.#programs.get(program)!;
    this.#queue.delete(program);
    this.#guarded(program, () => {
      const turn = waiting.shift()!(realm);
      if (turn.end !== undefined || turn.calls.length > 0) this.#out.push({ type: 'turn', program, turn });
      if (turn.end !== undefined) this.#drop(program);
      else if (waiting.length > 0) this.#queue.add(program);
    });
  }

  #end(program: number, end: ReturnType<typeof failed>): void {
    this.#out.push({ type: 'turn', program, turn: { calls: [], end } });
    this.#drop(program);
  }

  #drop(program: number): void {
    const hosted = this.#programs.get(program);
    this.#programs.delete(program);
    this.#queue.delete(program);
    if (hosted !== undefined) this.#guarded(program, () => hosted.realm.dispose());
  }

  /** All that may hold the thread or break QuickJS. */
  #guarded(program: number, work: () => void): void {
    const { sign } = this.#options;
    sign.begin(program);
    try {
      work();
    } catch (error) {
      this.#broken = true;
      this.#queue.clear();
      this.#out.push({ type: 'broken', program, end: breaking(error) });
      this.#flush();
    }
    sign.end();
  }

  #flush(): void {
    const out = this.#out;
    this.#out = [];
    if (out.length > 0) this.#options.post(out);
  }
}
