import { violation, type Known } from './conditions.js';
import type { Condition } from './definition.js';

const knows =
  (...all: Known[]) =>
  () =>
    all;
const is = (value: unknown): Known => ({ known: true, value });
const condition = (rest: Partial<Condition> = {}): Condition => ({ device: 'tank', value: 'level', ...rest });

it.each<[Partial<Condition>, unknown, string | undefined]>([
  [{}, 0, undefined],
  [{ is: 3 }, 3, undefined],
  [{ is: 3 }, '3', 'tank.level is "3": it must be 3'],
  [{ is: 'full' }, 'empty', 'tank.level is "empty": it must be "full"'],
  [{ above: 2 }, 3, undefined],
  [{ above: 2 }, 2, 'tank.level is 2: it must be above 2'],
  [{ below: 2 }, 2, 'tank.level is 2: it must be below 2'],
  [{ above: 2, below: 4 }, 3, undefined],
  [{ above: 2, below: 4 }, 5, 'tank.level is 5: it must be above 2 and below 4'],
  [{ above: 2 }, true, 'tank.level is true: it must be a number'],
  [{ is: true }, { a: 1 }, 'tank.level is something else: it must be true'],
])('only while %j, of %j: %s', (rest, value, reason) => {
  expect(violation([condition(rest)], [], knows(is(value)))?.reason).toBe(reason);
});

it.each<[Partial<Condition>, unknown, string | undefined]>([
  [{ is: true }, false, undefined],
  [{ is: true }, true, 'tank.level is true: it must not be true'],
  [{ above: 2 }, 2, undefined],
  [{ above: 2 }, 3, 'tank.level is 3: it must not be above 2'],
  [{ below: 2 }, 'low', 'tank.level is "low": it must be a number'],
])('not while %j, of %j: %s', (rest, value, reason) => {
  expect(violation([], [condition(rest)], knows(is(value)))?.reason).toBe(reason);
});

it('forbids what is not known, and what any of several tells', () => {
  const unknown: Known = { known: false, why: 'is stale' };
  const refused = { rule: 'input', reason: 'tank.level is stale: it must be good' };
  expect(violation([condition()], [], knows(unknown))).toEqual(refused);
  expect(violation([], [condition({ is: 1 })], knows(is(2), unknown))).toEqual(refused);
  expect(violation([condition({ is: 1 })], [], knows(is(1), is(2)))?.rule).toBe('interlock');
  expect(violation([], [condition({ is: 1 })], knows(is(2), is(1)))?.rule).toBe('interlock');
  expect(violation([condition({ is: 1 })], [condition({ is: 2 })], knows(is(1), is(1)))).toBeUndefined();
});
