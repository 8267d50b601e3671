import fc from 'fast-check';
import { Throttle } from './throttle.js';
import { WaitingList, type Linked } from './waiting-list.js';

class Item implements Linked<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  waiting = false;
  constructor(readonly order: number) {}
}

describe('the list of what waits', () => {
  function contents(list: WaitingList<Item>): number[] {
    const orders: number[] = [];
    for (let item = list.first; item !== undefined; item = item.next) orders.push(item.order);
    return orders;
  }

  it('gives up any item, and takes items back in their old order', () => {
    const plan = fc.array(
      fc.record({ take: fc.nat(20), back: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7]) }),
    );
    fc.assert(
      fc.property(plan, (rounds) => {
        const list = new WaitingList<Item>();
        const all = Array.from({ length: 30 }, (_, order) => new Item(order));
        for (const item of all) list.push(item);
        for (const { take, back } of rounds) {
          const taken = back.map((offset) => all[(take + offset) % all.length]!);
          for (const item of taken) list.remove(item);
          expect(list.length).toBe(all.length - taken.length);
          for (const item of taken) list.restore(item);
          expect(contents(list)).toEqual(all.map(({ order }) => order));
          expect(list.length).toBe(all.length);
        }
      }),
    );
  });

  it('removing what does not wait changes nothing', () => {
    const list = new WaitingList<Item>();
    const item = new Item(1);
    list.remove(item);
    list.push(item);
    list.remove(item);
    list.remove(item);
    expect(list.length).toBe(0);
    expect(list.first).toBeUndefined();
  });
});

describe('pacing after a refusal', () => {
  it('has no limit before one, then pauses, then lets growing bursts through, then has none again', () => {
    const throttle = new Throttle();
    expect(throttle.allowance(0)).toBe(Infinity);
    expect(throttle.until).toBe(Infinity);
    throttle.refused(100);
    expect(throttle.allowance(104)).toBe(0);
    const bursts: number[] = [];
    for (let now = throttle.until; Number.isFinite(now); now = throttle.until)
      bursts.push(throttle.allowance(now));
    expect(bursts).toEqual([16, 32, 64, 128, 256, 512, 1_024]);
    expect(throttle.allowance(0)).toBe(Infinity);
  });
});
