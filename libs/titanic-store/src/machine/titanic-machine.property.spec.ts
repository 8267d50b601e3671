import fc from 'fast-check';
import { World, type Step } from '../../test/support/machine-world.js';

const HOUR = 3_600_000;
const pick = fc.nat(1_000);
const span = fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 1, max: 120_000 }));
const fails = fc.integer({ min: 0, max: 9 }).map((chance) => chance < 2);
const target = fc.nat(2);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('submit' as const),
      target,
      key: fc.nat(3),
      from: span,
      until: span,
      onExpire: fc.constantFrom('drop' as const, 'dead' as const),
    }),
  },
  { weight: 12, arbitrary: fc.record({ type: fc.constant('settle' as const), fails }) },
  { weight: 9, arbitrary: fc.record({ type: fc.constant('claim' as const), fails }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('reply' as const), pick }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('fail' as const), pick, mayHaveRun: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('close' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('retry' as const), pick }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('workers' as const), target, workers: fc.nat(3) }) },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(1, 900, 4_000, 30_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('wall' as const),
      ms: fc.constantFrom(-5 * HOUR, -1_000, 60_000, HOUR),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('trust' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const), written: fc.nat(8) }) },
);

it('holds its promises whatever happens, in whatever order', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 200, size: 'max' }), (steps) => {
      const world = new World();
      for (const one of steps) world.step(one);
      world.end();
    }),
    { numRuns: 100 },
  );
}, 120_000);
