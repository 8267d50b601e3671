/** Runs tasks one after the other, in order; a failed one does not stop the next. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Tasks that have not begun. */
  get waiting(): number {
    return this.#waiting;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#tail.then(() => {
      this.#waiting--;
      return task();
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all tasks that were handed in have ended. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
