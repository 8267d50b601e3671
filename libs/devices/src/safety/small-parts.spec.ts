import { BootOrder } from './boot-order.js';
import { pauseMs } from './drive.js';
import { durationText } from './duration-text.js';
import { Leases } from './leases.js';
import { told } from './refusal.js';
import { awayMs, readSavedSafety, type SavedSafety } from './saved.js';
import { WatchedValues } from './watched-values.js';

it('spreads what is switched on', () => {
  const order = new BootOrder(500);
  expect(order.nextAt(7)).toBe(7);
  order.take(10);
  expect(order.nextAt(20)).toBe(510);
  expect(order.nextAt(600)).toBe(600);
});

it('has one lease for a device at most', () => {
  const leases = new Leases();
  leases.give({ id: 'a', device: 'pump', until: 1 });
  leases.give({ id: 'b', device: 'pump', until: 2 });
  expect(leases.find('a')).toBeUndefined();
  expect(leases.of('pump')).toBe(leases.find('b'));
  leases.end('pump');
  leases.end('pump');
  expect(leases.find('b')).toBeUndefined();
  expect(leases.of('pump')).toBeUndefined();
});

it('pauses longer and longer, up to half a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 1_000].map(pauseMs)).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

it.each([
  [1, '1 s'],
  [42_000, '42 s'],
  [42_001, '43 s'],
  [119_001, '2 min'],
  [7_140_000, '119 min'],
  [7_200_000, '2 h'],
  [9_000_001, '2.6 h'],
])('says %d ms as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it('tells how long to wait only where that is known', () => {
  const refusal = { rule: 'duty' as const, reason: 'why' };
  expect(told(refusal, 10)).toEqual(refusal);
  expect(told({ ...refusal, retryAt: 10.2 }, 10)).toEqual({ ...refusal, retryAfterMs: 1 });
  expect(told({ ...refusal, retryAt: Infinity }, 10)).toEqual(refusal);
});

it('reads what it saved, and nothing else', () => {
  const saved: SavedSafety = {
    version: 1,
    wall: 1_000,
    output: 20,
    active: true,
    on: [[20, 10]],
    spent: [['dose', 'ml', 5, 2]],
    trip: { rule: 'maxOn', reason: 'too long' },
    disabled: 'cleaning',
  };
  expect(readSavedSafety(JSON.parse(JSON.stringify(saved)))).toEqual(saved);
  for (const wrong of [
    null,
    [],
    { ...saved, on: [[-1, 0]] },
    { ...saved, trip: { rule: 'x', reason: '' } },
  ]) {
    expect(readSavedSafety(wrong)).toBeUndefined();
  }
  expect(awayMs(saved, 4_000, true)).toBe(3_000);
  expect(awayMs(saved, 4_000, false)).toBe(0);
  expect(awayMs(saved, 999, true)).toBe(0);
  expect(awayMs(saved, 1_000 + 400 * 86_400_000 + 1, true)).toBe(0);
});

it('takes readings that something depends on', () => {
  const values = new WatchedValues();
  expect(values.take('tank', 'level', { value: 1, quality: 'good' })).toBe(false);
  const output = {
    device: 'pump',
    rules: { output: 'on', conditions: [{ device: 'tank', value: 'level' }] },
  };
  values.watch([output as never]);
  expect(values.take('tank', 'level', { value: null, quality: 'good' })).toBe(true);
  expect(values.get('tank', 'level')).toEqual({ known: false, why: 'is empty' });
  expect(values.take('tank', 'level', { value: 2, quality: 'good' })).toBe(true);
  expect(values.take('pump', 'on', { value: true, quality: 'bad', reason: 'gone' })).toBe(true);
  values.watch([output as never]);
  expect(values.get('tank', 'level')).toEqual({ known: true, value: 2 });
  expect(values.get('pump', 'on')).toEqual({ known: false, why: 'is bad (gone)' });
  values.watch([]);
  expect(values.get('tank', 'level')).toBeUndefined();
});
