import { judgeClock, type ClockFacts } from './quality.js';

const NOW = Date.UTC(2026, 10, 27);
const judge = (facts: Partial<ClockFacts>) => judgeClock({ now: NOW, ntp: false, rtc: undefined, ...facts });

it.each<[string, Partial<ClockFacts>, string | undefined]>([
  ['a time server has told the time', { ntp: true }, 'ntp'],
  ['one has, and the battery is empty', { ntp: true, rtc: 'lost power' }, 'ntp'],
  ['the battery-backed clock shows the same', { rtc: NOW + 20_000 }, 'rtc'],
  ['nobody knows of time servers, and it shows the same', { ntp: undefined, rtc: NOW - 1_000 }, 'rtc'],
  ['it shows another time', { rtc: NOW + 3_600_000 }, 'unsynced'],
  ['it was without power', { rtc: Date.UTC(2000, 0, 1) }, 'unsynced'],
  ['it says that it was without power', { ntp: undefined, rtc: 'lost power' }, 'unsynced'],
  ['there is none', {}, 'unsynced'],
  ['it cannot be read', { rtc: 'EIO' }, 'unsynced'],
  ['nobody knows anything', { ntp: undefined }, undefined],
])('where %s', (_, facts, quality) => {
  expect(judge(facts).quality).toBe(quality);
});

it('tells by how much the battery-backed clock is ahead, and whether it was without power', () => {
  expect(judge({ rtc: NOW + 1_500 })).toMatchObject({ offsetMs: 1_500, lostPower: false });
  expect(judge({ rtc: 0 })).toMatchObject({ lostPower: true });
  expect(judge({ rtc: 'lost power' })).toMatchObject({ offsetMs: undefined, lostPower: true });
  expect(judge({})).toMatchObject({ offsetMs: undefined, lostPower: undefined });
});
