import { DropCounter } from './drop-counter.js';

it('reports the first drop of each cause at once, and the rest once a second with the latest detail', () => {
  const drops = new DropCounter<'late' | 'bad', string>();
  expect(drops.count(0, 'late', 'a')).toEqual({ cause: 'late', count: 1, detail: 'a' });
  expect(drops.count(1, 'bad', 'b')).toEqual({ cause: 'bad', count: 1, detail: 'b' });
  expect(drops.nextReport).toBe(Infinity);
  expect(drops.count(2, 'late', 'c')).toBeUndefined();
  expect(drops.count(3, 'late', 'd')).toBeUndefined();
  expect(drops.count(4, 'bad', 'e')).toBeUndefined();
  expect(drops.nextReport).toBe(1_000);
  expect(drops.due(999)).toEqual([]);
  expect(drops.due(1_000)).toEqual([{ cause: 'late', count: 2, detail: 'd' }]);
  expect(drops.due(drops.nextReport)).toEqual([{ cause: 'bad', count: 1, detail: 'e' }]);
  expect(drops.nextReport).toBe(Infinity);
  expect(drops.totals()).toEqual({ late: 3, bad: 2 });
});
