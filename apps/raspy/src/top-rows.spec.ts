import type { StatisticValues } from './statistics.js';
import { sortedRows, topRows, type Look } from './top-rows.js';

const look = (at: number, told: Record<string, StatisticValues | Error>): Look => ({
  at,
  told: new Map(Object.entries(told)),
});

it('has each counter once, with its whole value and how fast it rises', () => {
  const before = look(1_000, { 'pi.a': { 'x.n': 4_294_967_290, 'x.n.64': 4_294_967_290 } });
  const now = look(3_000, { 'pi.a': { 'x.n': 4, 'x.n.64': 4_294_967_300, 'x.now': 3, 'x.text': 'calm' } });
  expect(topRows(now, before)).toEqual([
    { server: 'pi.a', statistic: 'x.n', value: 4_294_967_300, perSecond: 5 },
    { server: 'pi.a', statistic: 'x.now', value: 3 },
    { server: 'pi.a', statistic: 'x.text', value: 'calm' },
  ]);
});

it('tells no rate of the first look, of a server that came in between, and of one that began anew', () => {
  const now = look(2_000, {
    'pi.a': { 'n.64': 5, n: 5 },
    'pi.b': { 'n.64': 5, n: 5 },
    'pi.c': { 'n.64': 5 },
  });
  const before = look(1_000, { 'pi.a': { 'n.64': 9 }, 'pi.c': new Error('silent') });
  for (const rows of [topRows(now, undefined), topRows(now, before)])
    expect(rows).toEqual(['pi.a', 'pi.b', 'pi.c'].map((server) => ({ server, statistic: 'n', value: 5 })));
});

it('keeps the labels of a series', () => {
  const told = { 'n{device="a.64"}': 5, 'n.64{device="a.64"}': 5, 'up{device="a.64"}': 1 };
  expect(topRows(look(0, { 'pi.a': told }), undefined).map(({ statistic }) => statistic)).toEqual([
    'n{device="a.64"}',
    'up{device="a.64"}',
  ]);
});

it('has nothing of a server that does not answer', () => {
  expect(topRows(look(0, { 'pi.a': new Error('silent') }), undefined)).toEqual([]);
});

it('puts first what changes most, and leaves zeros out unless all are wanted', () => {
  const rows = [
    { server: 'pi.b', statistic: 'b', value: 1 },
    { server: 'pi.a', statistic: 'b', value: 1 },
    { server: 'pi.a', statistic: 'z', value: 0 },
    { server: 'pi.a', statistic: 'slow', value: 9, perSecond: 1 },
    { server: 'pi.a', statistic: 'fast', value: 3, perSecond: 2 },
  ];
  const names = (all: boolean) =>
    sortedRows(rows, all).map(({ server, statistic }) => `${server} ${statistic}`);
  expect(names(false)).toEqual(['pi.a fast', 'pi.a slow', 'pi.a b', 'pi.b b']);
  expect(names(true)).toEqual(['pi.a fast', 'pi.a slow', 'pi.a b', 'pi.b b', 'pi.a z']);
});
