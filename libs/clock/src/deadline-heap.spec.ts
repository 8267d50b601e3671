import fc from 'fast-check';
import { DeadlineHeap, type Deadlined } from './deadline-heap.js';

class Item implements Deadlined {
  heapIndex = -1;
  constructor(public deadline = 0) {}
}

describe('the heap of deadlines', () => {
  it('always knows the earliest, whatever is added, moved and removed', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'move', 'remove'),
      at: fc.nat(50),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new DeadlineHeap<Item>();
        const model: Item[] = [];
        for (const { kind, at, pick } of steps) {
          const item = model[pick % Math.max(model.length, 1)];
          if (kind === 'add') {
            const added = new Item(at);
            heap.add(added);
            model.push(added);
          } else if (item !== undefined && kind === 'move') heap.move(item, at);
          else if (item !== undefined) {
            heap.remove(item);
            model.splice(model.indexOf(item), 1);
            heap.remove(item);
          }
          expect(heap.size).toBe(model.length);
          const earliest = Math.min(...model.map(({ deadline }) => deadline));
          expect(heap.first?.deadline ?? Infinity).toBe(earliest);
        }
      }),
    );
  });

  it('with 10,000 items finds a place in a few comparisons', () => {
    let comparisons = 0;
    class Counted extends Item {
      readonly #at: number;
      constructor(at: number) {
        super();
        this.#at = at;
        Object.defineProperty(this, 'deadline', {
          get: () => {
            comparisons++;
            return this.#at;
          },
        });
      }
    }
    const heap = new DeadlineHeap<Counted>();
    const items = Array.from({ length: 10_000 }, (_, index) => new Counted((index * 7_919) % 10_000));
    for (const item of items) heap.add(item);
    comparisons = 0;
    for (const item of items) heap.remove(item);
    expect(comparisons / items.length).toBeLessThan(100);
    expect(heap.first).toBeUndefined();
  });
});
