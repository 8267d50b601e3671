import { spanText, timeAndSpan, typedSpan, typedTime } from './time-text.js';

const NOW = Date.parse('2026-11-26T15:00:00Z');

it('says a span in its largest unit', () => {
  expect(
    [-5, 999, 59_999, 60_000, 3_599_999, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map(spanText),
  ).toEqual(['0 s', '0 s', '59 s', '1 min', '59 min', '1 h', '47 h', '2 days']);
});

it('says a time with how far away it is', () => {
  expect(timeAndSpan(NOW - 5_000, NOW)).toBe('2026-11-26T14:59:55.000Z (5 s ago)');
  expect(timeAndSpan(NOW + 120_000, NOW)).toBe('2026-11-26T15:02:00.000Z (in 2 min)');
});

it('says a number of the network that is no date as it is', () => {
  expect(timeAndSpan(1e300, NOW)).toBe('1e+300 ms');
  expect(timeAndSpan(-8_640_000_000_000_000, NOW)).toContain('-271821-04-20T00:00:00.000Z');
});

it('reads spans', () => {
  expect(['90s', '+15m', '8h', '2d'].map((typed) => typedSpan('--x', typed))).toEqual([
    90_000, 900_000, 28_800_000, 172_800_000,
  ]);
});

it.each(['', '5', 's', '-5s', '1.5h', '5 m', '5w', '1234567890s'])('"%s" is no span', (typed) => {
  expect(() => typedSpan('--x', typed)).toThrow(`--x="${typed}" is no span`);
});

it('reads times: from now on, with an offset, and of this machine', () => {
  expect(typedTime('--x', '+90s', NOW)).toBe(NOW + 90_000);
  expect(typedTime('--x', '2026-11-26T16:30+01:00', NOW)).toBe(NOW + 1_800_000);
  expect(typedTime('--x', '2024-02-29T10:00:00.5Z', NOW)).toBe(Date.UTC(2024, 1, 29, 10, 0, 0, 500));
  expect(typedTime('--x', '2026-11-26T22:05', NOW)).toBe(new Date(2026, 10, 26, 22, 5).getTime());
});

it.each([
  '2026-11-26',
  '22:05',
  '2026-02-29T10:00',
  '2026-13-01T10:00Z',
  '2026-11-31T10:00Z',
  '2026-11-26T24:61Z',
  'Thu',
])('"%s" is no time', (typed) => {
  expect(() => typedTime('--x', typed, NOW)).toThrow(`--x="${typed}" is no time`);
});
