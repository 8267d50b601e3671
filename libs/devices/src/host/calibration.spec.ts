import fc from 'fast-check';
import { Bench, pathsOf, thrown } from '../../test/probe.js';
import { calibrated, calibrationSchema } from './calibration.js';

it('scales and shifts', () => {
  expect(calibrated({ scale: 2, offset: 1 }, 10)).toBe(21);
  expect(calibrated({ offset: -0.5 }, 10)).toBe(9.5);
  expect(calibrated({ scale: 3 }, 10)).toBe(30);
});

it('goes through its points, straight between them and beyond', () => {
  const points = { points: [[4, 4.1], [10, 9.8], [7, 7]] as [number, number][] }; // oxfmt-ignore
  expect(calibrated(points, 4)).toBeCloseTo(4.1);
  expect(calibrated(points, 7)).toBeCloseTo(7);
  expect(calibrated(points, 10)).toBeCloseTo(9.8);
  expect(calibrated(points, 5.5)).toBeCloseTo(5.55);
  expect(calibrated(points, 1)).toBeCloseTo(1.2);
  expect(calibrated(points, 13)).toBeCloseTo(12.6);
});

it('with one point is an offset', () => {
  expect(calibrated({ points: [[20, 21.5]] }, 30)).toBe(31.5);
});

it('meets every one of its points (property)', () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const points = fc.uniqueArray(fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), number), {
    minLength: 1,
    maxLength: 16,
    selector: ([raw]) => raw,
  });
  fc.assert(
    fc.property(points, (all) => {
      for (const [raw, real] of all)
        expect(Math.abs(calibrated({ points: all }, raw) - real)).toBeLessThan(1e-3);
    }),
  );
});

it.each([
  [{ points: [] }],
  [{ points: [[1, 2], [1, 3]] }], // oxfmt-ignore
  [{ scale: 0 }],
  [{ offset: 'x' }],
  [{ offset: 1, more: 2 }],
  [7],
])('%j is none', (candidate) => {
  expect(calibrationSchema.safeParse(candidate).success).toBe(false);
});

describe('a calibrated device', () => {
  it('tells what it said itself beside the true value, and is judged by the former', async () => {
    const bench = new Bench();
    bench.host.add({
      name: 'tank',
      oid: 'sensor.probe',
      config: { probe: 'x' },
      calibration: { temperature: { offset: -1.5 } },
    });
    await bench.host.opened('tank');
    bench.probes[0]!.temperature(125);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({ value: 123.5, raw: 125, quality: 'good' });
    bench.probes[0]!.temperature(126);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({
      value: 124.5,
      raw: 126,
      quality: 'suspect',
    });
    bench.probes[0]!.temperature(20);
    bench.probes[0]!.rubbish({ name: 'temperature', bad: 'CRC' });
    expect(bench.host.get('tank', 'temperature')).toMatchObject({ value: 18.5, raw: 20, quality: 'bad' });
    await bench.host.close();
  });

  it('has its calibration changed without being opened anew, from the next reading on', async () => {
    const bench = new Bench();
    const probe = await bench.add('tank');
    probe.temperature(20);
    const config = { name: 'tank', oid: 'sensor.probe', config: { probe: 'id-tank' } };
    expect(await bench.host.configure({ ...config, calibration: { temperature: { offset: 1 } } })).toBe(
      'applied',
    );
    expect(bench.host.get('tank', 'temperature').value).toBe(20);
    probe.temperature(20);
    expect(bench.host.get('tank', 'temperature')).toMatchObject({ value: 21, raw: 20 });
    expect(bench.probes).toHaveLength(1);
    await bench.host.close();
  });

  it('is refused for a value that the type does not report', () => {
    const bench = new Bench();
    const error = thrown(() =>
      bench.host.add({
        name: 'tank',
        oid: 'sensor.probe',
        config: { probe: 'x' },
        calibration: { temprature: { offset: 1 } },
      }),
    );
    expect(pathsOf(error)).toEqual(['calibration.temprature']);
    expect(error.message).toContain('there are: temperature, mode');
  });
});
