import type { Millis } from './clock.js';

/** What stands in a {@link DeadlineHeap}. */
export interface Deadlined {
  /** Changed only while it is not in a heap, or through {@link DeadlineHeap.move}. */
  deadline: Millis;
  /** Its place, -1 when it is in no heap; the heap's own. */
  heapIndex: number;
}

/**
 * A binary heap by deadline whose items know their place: adding, moving and removing are O(log n), so ten thousand
 * requests in flight stay cheap, and nothing that was removed is held.
 */
export class DeadlineHeap<T extends Deadlined> {
  readonly #items: T[] = [];

  /** What comes first, if anything. */
  get first(): T | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.heapIndex = this.#items.length;
    this.#items.push(item);
    this.#up(item);
  }

  /** Gives an item of this heap another deadline. */
  move(item: T, deadline: Millis): void {
    item.deadline = deadline;
    this.#up(item);
    this.#down(item);
  }

  /** Nothing happens when the item is not in it. */
  remove(item: T): void {
    if (item.heapIndex < 0) return;
    const last = this.#items.pop() as T;
    if (last !== item) {
      this.#put(last, item.heapIndex);
      this.#up(last);
      this.#down(last);
    }
    item.heapIndex = -1;
  }

  #put(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #up(item: T): void {
    let index = item.heapIndex;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#items[above]!;
      if (parent.deadline <= item.deadline) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(item, index);
  }

  #down(item: T): void {
    let index = item.heapIndex;
    for (;;) {
      let below = index * 2 + 1;
      let child = this.#items[below];
      if (child === undefined) break;
      const right = this.#items[below + 1];
      if (right !== undefined && right.deadline < child.deadline) {
        child = right;
        below++;
      }
      if (child.deadline >= item.deadline) break;
      this.#put(child, index);
      index = below;
    }
    this.#put(item, index);
  }
}
