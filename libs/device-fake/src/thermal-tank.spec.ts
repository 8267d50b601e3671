import fc from 'fast-check';
import {
  equilibriumCelsius,
  heatCapacity,
  probeCelsius,
  waterCelsius,
  type ThermalTank,
} from './thermal-tank.js';

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const tanks: fc.Arbitrary<ThermalTank> = fc.record({
  volumeLitres: real(1, 10_000),
  ambientCelsius: real(-30, 50),
  lossWattsPerKelvin: real(0.01, 100),
});
const celsius = real(-30, 90);
const watts = real(0, 3_000);
const span = real(0, 1e9);
const reef: ThermalTank = { volumeLitres: 100, ambientCelsius: 20, lossWattsPerKelvin: 5 };

/** Equal but for rounding, which grows with the temperatures that went in. */
function expectNear(actual: number, expected: number, scale: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(scale)));
}

describe('waterCelsius', () => {
  it('warms by the energy that goes in while nothing is lost yet', () => {
    // 1000 W for 418.6 s are 418.6 kJ: one kelvin in 100 l. What is lost on the way is a millikelvin or two.
    expect(waterCelsius(reef, 20, 1_000, 418_600)).toBeCloseTo(21, 2);
  });

  it('decays to the room by e in the time that capacity and loss make', () => {
    const tauMs = (heatCapacity(reef) / reef.lossWattsPerKelvin) * 1_000;
    expect(waterCelsius(reef, 30, 0, tauMs)).toBeCloseTo(20 + 10 / Math.E, 9);
  });

  it('rests at its equilibrium', () => {
    fc.assert(
      fc.property(tanks, watts, span, (tank, power, ms) => {
        const end = equilibriumCelsius(tank, power);
        expect(waterCelsius(tank, end, power, ms)).toBe(end);
      }),
    );
  });

  it('approaches its equilibrium and never passes it', () => {
    fc.assert(
      fc.property(tanks, celsius, watts, span, span, (tank, from, power, sooner, more) => {
        const end = equilibriumCelsius(tank, power);
        const [a, b] = [
          waterCelsius(tank, from, power, sooner),
          waterCelsius(tank, from, power, sooner + more),
        ];
        const rounding = 1e-9 * (1 + Math.abs(end));
        expect(Math.abs(end - b)).toBeLessThanOrEqual(Math.abs(end - a) + rounding);
        expect((end - a) * (end - from)).toBeGreaterThanOrEqual(-rounding * Math.abs(end - from));
      }),
    );
  });

  it('is the same into whatever steps a time is divided', () => {
    fc.assert(
      fc.property(
        tanks,
        celsius,
        watts,
        fc.array(span, { minLength: 1, maxLength: 20 }),
        (tank, from, power, spans) => {
          const stepped = spans.reduce((now, ms) => waterCelsius(tank, now, power, ms), from);
          const whole = spans.reduce((sum, ms) => sum + ms, 0);
          expectNear(stepped, waterCelsius(tank, from, power, whole), equilibriumCelsius(tank, power));
        },
      ),
    );
  });

  it('balances: what goes in is stored or lost', () => {
    fc.assert(
      fc.property(tanks, celsius, watts, real(0.001, 20), (tank, from, power, decays) => {
        const ms = (decays * heatCapacity(tank) * 1_000) / tank.lossWattsPerKelvin;
        const at = (t: number): number => waterCelsius(tank, from, power, t);
        // Simpson's rule: the loss, summed up by somebody who does not know the solution.
        const n = 2_000;
        const h = ms / n;
        const sum = Array.from({ length: n + 1 }, (_, i) => {
          const weight = i === 0 || i === n ? 1 : i % 2 === 0 ? 2 : 4;
          return weight * (at(i * h) - tank.ambientCelsius);
        }).reduce((total, one) => total + one, 0);
        const lost = (tank.lossWattsPerKelvin * sum * h) / 3 / 1_000;
        const stored = heatCapacity(tank) * (at(ms) - from);
        const given = (power * ms) / 1_000;
        const scale = given + Math.abs(stored) + Math.abs(lost) + heatCapacity(tank);
        expect(Math.abs(given - lost - stored)).toBeLessThanOrEqual(1e-6 * scale);
      }),
      { numRuns: 50 },
    );
  });
});

describe('probeCelsius', () => {
  const lag = real(0.1, 1e6);

  it('shows the water when it has no lag', () => {
    const probe = { celsius: 25, shown: 3, lagSeconds: 0 };
    expect(probeCelsius(reef, probe, 100, 60_000)).toBe(waterCelsius(reef, 25, 100, 60_000));
  });

  it('follows a step by e in its time', () => {
    const still = { ...reef, volumeLitres: 1e9 };
    const probe = { celsius: 30, shown: 20, lagSeconds: 60 };
    expect(probeCelsius(still, probe, 0, 60_000)).toBeCloseTo(30 - 10 / Math.E, 4);
  });

  it('comes to where the water comes', () => {
    expect(probeCelsius(reef, { celsius: 40, shown: 10, lagSeconds: 60 }, 100, 1e10)).toBeCloseTo(40, 9);
  });

  it('is the same into whatever steps a time is divided', () => {
    fc.assert(
      fc.property(
        tanks,
        celsius,
        celsius,
        lag,
        watts,
        span,
        span,
        (tank, water, shown, lagSeconds, power, a, b) => {
          const half = {
            celsius: waterCelsius(tank, water, power, a),
            shown: probeCelsius(tank, { celsius: water, shown, lagSeconds }, power, a),
            lagSeconds,
          };
          expectNear(
            probeCelsius(tank, half, power, b),
            probeCelsius(tank, { celsius: water, shown, lagSeconds }, power, a + b),
            equilibriumCelsius(tank, power),
          );
        },
      ),
    );
  });

  it('stays between what it showed and where the water was and will be', () => {
    fc.assert(
      fc.property(tanks, celsius, celsius, lag, watts, span, (tank, water, shown, lagSeconds, power, ms) => {
        const end = equilibriumCelsius(tank, power);
        const value = probeCelsius(tank, { celsius: water, shown, lagSeconds }, power, ms);
        const rounding = 1e-9 * (1 + Math.abs(end));
        expect(value).toBeGreaterThanOrEqual(Math.min(shown, water, end) - rounding);
        expect(value).toBeLessThanOrEqual(Math.max(shown, water, end) + rounding);
      }),
    );
  });

  it.each([50, 500, 5_000, 50_000])('is what small steps come to, with a lag of %d s', (lagSeconds) => {
    // A probe that knows nothing of the solution: it is warmed by its difference to the water, ten times a second.
    const small = { volumeLitres: 1, ambientCelsius: 20, lossWattsPerKelvin: 5 };
    let shown = 10;
    for (let tenth = 0; tenth < 20_000; tenth++) {
      shown += ((waterCelsius(small, 40, 30, tenth * 100 + 50) - shown) * 0.1) / lagSeconds;
    }
    const exact = probeCelsius(small, { celsius: 40, shown: 10, lagSeconds }, 30, 2_000_000);
    expect(exact).toBeCloseTo(shown, 2);
  });

  it('lags also where the probe is as slow as the tank', () => {
    const lagSeconds = heatCapacity(reef) / reef.lossWattsPerKelvin;
    const near = (factor: number): number =>
      probeCelsius(reef, { celsius: 40, shown: 10, lagSeconds: lagSeconds * factor }, 0, 3_600_000);
    expect(near(1)).toBeCloseTo(near(1 + 1e-9), 6);
  });
});
