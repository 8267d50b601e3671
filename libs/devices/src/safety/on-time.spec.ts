import fc from 'fast-check';
import { OnTime } from './on-time.js';

const duty = { onMs: 30, windowMs: 100 };

it('knows when it will have been on for long enough, and when for less', () => {
  const onTime = new OnTime(100);
  onTime.start(0);
  onTime.start(5);
  expect(onTime.since).toBe(0);
  expect(onTime.reachesAt(5, duty)).toBe(30);
  onTime.stop(20);
  onTime.stop(25);
  expect(onTime.used(50, 100)).toBe(20);
  expect(onTime.reachesAt(50, duty)).toBe(60);
  expect(onTime.freeAt(50, duty)).toBe(50);
  // From 95 on the first interval leaves the window as fast as it is on again.
  expect(onTime.reachesAt(95, duty)).toBe(125);
  onTime.start(50);
  expect(onTime.used(60, 100)).toBe(30);
  expect(onTime.reachesAt(60, duty)).toBe(60);
  onTime.stop(60);
  expect(onTime.freeAt(60, duty)).toBe(101);
  expect(onTime.freeAt(60, { onMs: 10, windowMs: 100 })).toBe(151);
});

it('keeps nothing when nobody asks', () => {
  const onTime = new OnTime(0);
  onTime.start(1);
  onTime.stop(2);
  expect(onTime.intervals(3)).toEqual([]);
});

it('takes what was known before, however it is written', () => {
  const onTime = new OnTime(1_000);
  onTime.restore([
    [50, 60],
    [10, 20],
    [15, 30],
    [40, 40],
    [9, 5],
  ]);
  expect(onTime.intervals(100)).toEqual([
    [10, 30],
    [50, 60],
  ]);
});

it('is bounded, and then counts short pauses as on', () => {
  const onTime = new OnTime(1_000_000);
  for (let at = 0; at < 3_000; at += 3) {
    onTime.start(at);
    onTime.stop(at + 1);
  }
  expect(onTime.intervals(3_000).length).toBe(256);
  expect(onTime.used(3_000, 1_000_000)).toBeGreaterThan(1_000);
  expect(onTime.used(3_000, 1_000_000)).toBeLessThanOrEqual(3_000);
});

it('is exact', () => {
  const switches = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(switches, fc.integer({ min: 1, max: 60 }), fc.boolean(), (lengths, onMs, isOn) => {
      const limit = { onMs, windowMs: 60 };
      const onTime = new OnTime(60);
      const onAt: boolean[] = [];
      for (const [index, length] of lengths.entries()) {
        if (index % 2 === 0) onTime.start(onAt.length);
        else onTime.stop(onAt.length);
        for (let ms = 0; ms < length; ms++) onAt.push(index % 2 === 0);
      }
      const now = onAt.length;
      const used = (at: number): number => onAt.slice(Math.max(0, at - 60), at).filter(Boolean).length;
      expect(onTime.used(now, 60)).toBe(used(now));
      // The future, a millisecond at a time.
      if (!isOn) onTime.stop(now);
      const reaches = onTime.reachesAt(now, limit);
      const free = onTime.freeAt(now, limit);
      for (let ms = 0; ms < 200; ms++) onAt.push(isOn);
      if (isOn) {
        let at = now;
        while (used(at) < onMs) at++;
        expect(reaches).toBe(at);
      } else {
        let at = now;
        while (used(at) >= onMs) at++;
        expect(free).toBe(at);
      }
    }),
  );
});
