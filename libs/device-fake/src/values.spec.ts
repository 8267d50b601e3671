import fc from 'fast-check';
import { cyclicValue, linearValue, type CyclicConfig, type LinearConfig } from './index.js';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const bounds = fc
  .tuple(number, fc.double({ min: 1e-3, max: 1e6, noNaN: true }))
  .map(([min, span]) => ({ min, max: min + span }));
// Whole milliseconds, so that the sums of times below are exact.
const cycle = fc.integer({ min: 2, max: 1e8 }).map((halfMs) => (2 * halfMs) / 1_000);
const cyclic: fc.Arbitrary<CyclicConfig> = fc
  .tuple(bounds, cycle)
  .map(([{ min, max }, cycleSeconds]) => ({ min, max, cycleSeconds }));
const instant = fc.integer({ min: -1e12, max: 1e12 });

/** Equal but for rounding, which grows with the numbers that went in. */
function expectNear(actual: number, expected: number, { min, max }: { min: number; max: number }): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
    1e-6 * (max - min) + 1e-9 * (Math.abs(min) + Math.abs(max)),
  );
}

describe('cyclicValue', () => {
  it('goes from min up to max at half the cycle and back to min', () => {
    const config = { cycleSeconds: 8, min: 10, max: 20 };
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8].map((s) => cyclicValue(s * 1_000, config))).toEqual([
      10, 12.5, 15, 17.5, 20, 17.5, 15, 12.5, 10,
    ]);
  });

  it('is never outside its bounds', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
        cyclic,
        (t, config) => {
          const value = cyclicValue(t, config);
          expect(value).toBeGreaterThanOrEqual(config.min);
          expect(value).toBeLessThanOrEqual(config.max);
        },
      ),
    );
  });

  it('is periodic, in both directions of time', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -1_000, max: 1_000 }), cyclic, (t, n, config) => {
        expectNear(
          cyclicValue(t + n * Math.round(config.cycleSeconds * 1_000), config),
          cyclicValue(t, config),
          config,
        );
      }),
    );
  });

  it('is the same so long before and after half the cycle', () => {
    fc.assert(
      fc.property(instant, cyclic, (t, config) => {
        const half = Math.round(config.cycleSeconds * 500);
        expectNear(cyclicValue(half - t, config), cyclicValue(half + t, config), config);
      }),
    );
  });

  it('has no steps: it changes as fast as two crossings a cycle ask, never faster', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 1e6 }), cyclic, (t, dt, config) => {
        const change = Math.abs(cyclicValue(t + dt, config) - cyclicValue(t, config));
        const most = (2 * (config.max - config.min) * dt) / (config.cycleSeconds * 1_000);
        expect(change).toBeLessThanOrEqual(
          most + 1e-6 * (config.max - config.min) + 1e-9 * Math.abs(config.min),
        );
      }),
    );
  });
});

describe('linearValue', () => {
  const free = { start: 10, slopePerSecond: -0.5, atBound: 'hold' } as const;

  it('grows or falls steadily', () => {
    expect([0, 1_000, 10_000, -1_000].map((t) => linearValue(t, free))).toEqual([10, 9.5, 5, 10.5]);
  });

  it('stays at its bounds', () => {
    const config = { ...free, min: 8, max: 10.2 };
    expect([-1_000, 0, 3_000, 4_000, 1e9].map((t) => linearValue(t, config))).toEqual([10.2, 10, 8.5, 8, 8]);
    expect(linearValue(1e9, { ...free, min: 8 })).toBe(8);
    expect(linearValue(-1e9, { ...free, max: 11 })).toBe(11);
  });

  it('begins again at the other end when it wraps', () => {
    const config: LinearConfig = { start: 0, slopePerSecond: 1, min: 0, max: 3, atBound: 'wrap' };
    expect([0, 1, 2, 3, 4, 5, 6, -1].map((s) => linearValue(s * 1_000, config))).toEqual([
      0, 1, 2, 0, 1, 2, 0, 2,
    ]);
  });

  it('is never outside its bounds', () => {
    fc.assert(
      fc.property(
        instant,
        bounds,
        number,
        number,
        fc.constantFrom('hold' as const, 'wrap' as const),
        (t, { min, max }, start, slopePerSecond, atBound) => {
          const value = linearValue(t, { start, slopePerSecond, min, max, atBound });
          expect(value).toBeGreaterThanOrEqual(min);
          expect(value).toBeLessThanOrEqual(max);
          if (atBound === 'wrap') expect(value).toBeLessThan(max);
        },
      ),
    );
  });

  it('wraps to a value that differs from the plain line by whole spans', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 1_000 }), (s, span) => {
        const config: LinearConfig = { start: 1, slopePerSecond: 1, min: 0, max: span, atBound: 'wrap' };
        const apart = s + 1 - linearValue(s * 1_000, config);
        expect(Math.abs(apart % span)).toBe(0);
      }),
    );
  });
});
