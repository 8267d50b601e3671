import fc from 'fast-check';
import { Budgets } from './budgets.js';

const HOUR = 3_600_000;
const dose = { command: 'dose', argument: 'ml', maxAtOnce: 10, max: 50, windowMs: 24 * HOUR };

it('allows so much at once, and so much within the window', () => {
  const budgets = new Budgets([dose]);
  expect(budgets.has('dose')).toBe(true);
  expect(budgets.has('stop')).toBe(false);
  expect(budgets.refusal(0, 'stop', {})).toBeUndefined();
  for (const ml of [undefined, '5', NaN, Infinity, -1]) {
    expect(budgets.refusal(0, 'dose', { ml })).toEqual({
      rule: 'budget',
      reason: '"ml" of "dose" must be a number that is not negative',
    });
  }
  expect(budgets.refusal(0, 'dose', { ml: 11 })?.reason).toBe(
    '11 is more than "dose" may be given at once: "ml" at most 10',
  );
  for (let hour = 0; hour < 5; hour++) {
    expect(budgets.refusal(hour * HOUR, 'dose', { ml: 9 })).toBeUndefined();
    budgets.spend(hour * HOUR, 'dose', { ml: 9 });
  }
  expect(budgets.refusal(5 * HOUR, 'dose', { ml: 5 })).toBeUndefined();
  expect(budgets.refusal(5 * HOUR, 'dose', { ml: 10 })).toEqual({
    rule: 'budget',
    reason: '10 is more than what is left: 5 of 50 within 24 h; there will be enough in 19 h',
    retryAt: 24 * HOUR,
  });
  expect(budgets.refusal(24 * HOUR, 'dose', { ml: 10 })).toBeUndefined();
});

it('waits for as many uses as are needed', () => {
  const budgets = new Budgets([{ ...dose, maxAtOnce: 50 }]);
  for (const [at, ml] of [
    [1, 10],
    [2, 20],
    [3, 20],
  ] as const) {
    budgets.spend(at, 'dose', { ml });
  }
  for (const [ml, at] of [
    [10, 1],
    [11, 2],
    [30, 2],
    [31, 3],
    [50, 3],
  ] as const) {
    expect(budgets.refusal(10, 'dose', { ml })?.retryAt).toBe(at + 24 * HOUR);
  }
});

it('keeps several limits of one argument', () => {
  const budgets = new Budgets([dose, { command: 'dose', argument: 'ml', max: 12, windowMs: HOUR }]);
  budgets.spend(0, 'dose', { ml: 10 });
  expect(budgets.refusal(1, 'dose', { ml: 3 })?.retryAt).toBe(HOUR);
  expect(budgets.state(1)).toEqual([{ command: 'dose', argument: 'ml', left: 2 }]);
  expect(budgets.state(HOUR)).toEqual([{ command: 'dose', argument: 'ml', left: 12 }]);
  budgets.limits = [{ ...dose, max: 10 }];
  expect(budgets.refusal(HOUR, 'dose', { ml: 1 })?.rule).toBe('budget');
});

it('is not confused by fractions', () => {
  const budgets = new Budgets([dose]);
  for (let times = 0; times < 500; times++) {
    expect(budgets.refusal(0, 'dose', { ml: 0.1 })).toBeUndefined();
    budgets.spend(0, 'dose', { ml: 0.1 });
  }
  expect(budgets.refusal(0, 'dose', { ml: 0.1 })?.reason).toMatch('0 of 50');
});

it('takes back what was counted last', () => {
  const budgets = new Budgets([dose]);
  budgets.spend(1, 'dose', { ml: 4 });
  budgets.spend(2, 'dose', { ml: 5 });
  budgets.refund('dose', { ml: 6 });
  budgets.refund('dose', { ml: 'x' });
  budgets.refund('stop', {});
  expect(budgets.uses(3)).toHaveLength(2);
  budgets.refund('dose', { ml: 4 });
  expect(budgets.uses(3).map(({ at, amount }) => [at, amount])).toEqual([
    [1, 4],
    [2, 1],
  ]);
  budgets.refund('dose', { ml: 4 });
  expect(budgets.uses(3)).toHaveLength(1);
});

it('is bounded, forgets nothing, and forgets all in the end', () => {
  const budgets = new Budgets([{ ...dose, max: 1_000 }]);
  for (let at = 0; at < 1_000; at++) budgets.spend(at, 'dose', { ml: 1 });
  expect(budgets.uses(1_000)).toHaveLength(256);
  expect(budgets.state(1_000)[0]!.left).toBe(0);
  expect(budgets.state(24 * HOUR + 1_000)[0]!.left).toBe(1_000);
});

it('never gives more than the limit in any window', () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 30 }), ml: fc.integer({ min: 0, max: 12 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const limit = { command: 'dose', argument: 'ml', maxAtOnce: 9, max: 20, windowMs: 100 };
      const budgets = new Budgets([limit]);
      const given: { at: number; ml: number }[] = [];
      let now = 0;
      for (const { wait, ml } of steps) {
        now += wait;
        const left = 20 - given.filter(({ at }) => at + 100 > now).reduce((sum, one) => sum + one.ml, 0);
        const refused = budgets.refusal(now, 'dose', { ml });
        expect(refused === undefined).toBe(ml <= 9 && ml <= left);
        if (refused?.retryAt !== undefined) {
          expect(budgets.refusal(refused.retryAt - 1, 'dose', { ml })).toBeDefined();
          expect(budgets.refusal(refused.retryAt, 'dose', { ml })).toBeUndefined();
          continue;
        }
        if (refused !== undefined) continue;
        budgets.spend(now, 'dose', { ml });
        given.push({ at: now, ml });
      }
    }),
  );
});
