import type { Cancel, Clock } from '@raspy/clock';

interface Task {
  start(): Promise<void>;
}

/** Runs tasks one after the other, in order; a failed one does not stop the next. */
export class SerialQueue {
  readonly #clock: Clock;
  readonly #tasks: Task[] = [];
  readonly #idle: (() => void)[] = [];
  /** Tasks under way: more than one only where an urgent one did not wait any longer. */
  #running = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tasks that have not begun. */
  get waiting(): number {
    return this.#tasks.length;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#tasks.push({ start: () => task().then(resolve, reject) });
      this.#next();
    });
  }

  /** Runs a task before those that wait, and after `patienceMs` beside the one that is under way. */
  runUrgently<T>(task: () => Promise<T>, patienceMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let cancel: Cancel = () => undefined;
      const urgent: Task = {
        start: () => {
          cancel();
          return task().then(resolve, reject);
        },
      };
      this.#tasks.unshift(urgent);
      this.#next();
      if (this.#tasks[0] !== urgent) return;
      cancel = this.#clock.schedule(this.#clock.now() + patienceMs, () => {
        const at = this.#tasks.indexOf(urgent);
        if (at < 0) return;
        this.#tasks.splice(at, 1);
        this.#start(urgent);
      });
    });
  }

  /** Resolves when all tasks that were handed in have ended. */
  async idle(): Promise<void> {
    if (this.#running > 0 || this.#tasks.length > 0) await new Promise<void>((done) => this.#idle.push(done));
  }

  #next(): void {
    if (this.#running > 0) return;
    const task = this.#tasks.shift();
    if (task !== undefined) this.#start(task);
    else for (const done of this.#idle.splice(0)) done();
  }

  #start(task: Task): void {
    this.#running++;
    const ended = (): void => {
      this.#running--;
      this.#next();
    };
    // One that has ended lets those of the same moment be handed in before the next begins.
    void Promise.resolve()
      .then(() => task.start())
      .then(ended, ended);
  }
}
