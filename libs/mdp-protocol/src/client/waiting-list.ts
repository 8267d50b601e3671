/** What stands in a {@link WaitingList}; the links are the list's own. */
export interface Linked<T> {
  /** Grows with each call of the client: the order in which calls want to leave. */
  readonly order: number;
  previous: T | undefined;
  next: T | undefined;
  waiting: boolean;
}

/** First in, first out, and out of the middle as well (timeout, abort): each in constant time. */
export class WaitingList<T extends Linked<T>> {
  #head: T | undefined;
  #tail: T | undefined;
  #length = 0;
  /** Where the last item was put back: a batch that is refused comes back in order, each beside its neighbour. */
  #hint: T | undefined;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#head;
  }

  push(item: T): void {
    this.#insert(item, this.#tail, undefined);
  }

  /** Puts an item back before all that are younger, so that calls leave in the order they were made. */
  restore(item: T): void {
    const hint = this.#hint;
    let before = hint?.waiting === true && hint.order < item.order ? hint : undefined;
    for (
      let next = before === undefined ? this.#head : before.next;
      next !== undefined && next.order < item.order;
      next = next.next
    ) {
      before = next;
    }
    this.#insert(item, before, before === undefined ? this.#head : before.next);
    this.#hint = item;
  }

  /** Nothing happens when the item does not wait. */
  remove(item: T): void {
    if (!item.waiting) return;
    if (item.previous === undefined) this.#head = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#tail = item.previous;
    else item.next.previous = item.previous;
    item.previous = undefined;
    item.next = undefined;
    item.waiting = false;
    if (this.#hint === item) this.#hint = undefined;
    this.#length--;
  }

  #insert(item: T, previous: T | undefined, next: T | undefined): void {
    item.previous = previous;
    item.next = next;
    item.waiting = true;
    if (previous === undefined) this.#head = item;
    else previous.next = item;
    if (next === undefined) this.#tail = item;
    else next.previous = item;
    this.#length++;
  }
}
