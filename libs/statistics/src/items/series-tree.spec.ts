import fc from 'fast-check';
import { SeriesTree } from './series-tree.js';

const value = fc.constantFrom('', 'a', 'b', 'a:b', '__proto__');
const list = (length: number) => fc.array(value, { minLength: length, maxLength: length });

it.each([1, 2, 3])('is a map by lists of %i values', (length) => {
  const steps = fc.array(fc.tuple(fc.constantFrom('set', 'delete', 'get'), list(length)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (history) => {
      const tree = new SeriesTree<object>();
      const model = new Map<string, object>();
      for (const [step, values] of history) {
        const key = JSON.stringify(values);
        if (step === 'set' && !model.has(key)) {
          const series = {};
          tree.set(values, series);
          model.set(key, series);
        } else if (step === 'delete') expect(tree.delete(values)).toBe(model.delete(key));
        expect(tree.get(values)).toBe(model.get(key));
        expect(tree.size).toBe(model.size);
        expect([...tree.values()]).toEqual([...model.values()]);
      }
    }),
  );
});

it('has nothing for lists of another length', () => {
  const tree = new SeriesTree<object>();
  tree.set(['a', 'b'], {});
  for (const values of [[], ['a'], ['a', 'b', 'c']]) {
    expect(tree.get(values)).toBeUndefined();
    expect(tree.delete(values)).toBe(false);
  }
  expect(tree.size).toBe(1);
});
