import { VirtualClock } from '@raspy/clock';
import type { HomeReading } from '@raspy/automation';
import { FakeTree } from '../../../test/fake-tree.js';
import { HomeValues } from './home-values.js';

const LEVEL = '/device/pi.fake/tank/level';
const SERVER = '/device/pi.fake';

let tree: FakeTree;
let values: HomeValues;
let told: (HomeReading | undefined)[];
const good = (value: number) => ({ value, unit: 'cm', at: 5, quality: 'good' });

beforeEach(() => {
  tree = new FakeTree();
  values = new HomeValues({ tree: tree.asClient, clock: new VirtualClock() });
  told = [];
});
afterEach(() => values.close());
const watch = (key = LEVEL) => values.watch(key, (reading) => told.push(reading));

it('tells the reading that there is, and each that comes', () => {
  tree.put(SERVER, {});
  tree.put(LEVEL, good(20));
  watch();
  tree.put(LEVEL, good(21));
  tree.drop(LEVEL);
  expect(told).toEqual([
    { value: 20, unit: 'cm', at: 5, quality: 'good' },
    { value: 21, unit: 'cm', at: 5, quality: 'good' },
    undefined,
  ]);
});

it('takes readings for stale while the server behind them is away, and for what they are when it is back', () => {
  tree.put(LEVEL, good(20));
  watch();
  expect(told.at(-1)).toMatchObject({ quality: 'stale', reason: 'the server pi.fake is away' });
  tree.put(SERVER, {});
  expect(told.at(-1)).toMatchObject({ quality: 'good' });
  // That it lives it tells every few seconds.
  tree.put(SERVER, {});
  expect(told).toHaveLength(2);
  tree.drop(SERVER);
  expect(told.at(-1)).toMatchObject({ value: 20, quality: 'stale' });
});

it('takes what the tree has from its disk for stale, and says that it is restored', () => {
  tree.put(SERVER, {}, true);
  tree.put(LEVEL, good(20), true);
  watch();
  expect(told).toEqual([expect.objectContaining({ quality: 'stale', restored: true, value: 20 })]);
  tree.put(SERVER, {});
  expect(told.at(-1)).toMatchObject({ quality: 'stale', restored: true });
  tree.put(LEVEL, good(21));
  expect(told.at(-1)).toEqual(good(21));
});

it('takes everything for stale while the tree is not heard', () => {
  tree.put(SERVER, {});
  tree.put(LEVEL, good(20));
  tree.put('/scenario/x/mode', '"day"');
  watch();
  watch('/scenario/x/mode');
  told.length = 0;
  tree.status$.next('stale');
  expect(told.map((reading) => reading?.quality)).toEqual(['stale', 'stale']);
  tree.status$.next('synced');
  expect(told.slice(2).map((reading) => reading?.quality)).toEqual(['good', 'good']);
});

it.each<[string, unknown, Partial<HomeReading>]>([
  ['/scenario/x/mode', '"day"', { value: 'day', quality: 'good' }],
  ['/scenario/x/mode', 'day', { value: 'day', quality: 'good' }],
  ['/my/number', '7', { value: 7, quality: 'good' }],
  [LEVEL, 'rubbish', { value: null, quality: 'bad' }],
  [LEVEL, { value: 1 }, { value: null, quality: 'bad' }],
  [LEVEL, { value: 1, at: 'now', quality: 'good' }, { value: null, quality: 'bad' }],
  [LEVEL, { value: 1, at: 3, quality: 'bad', reason: 'torn' }, { value: 1, quality: 'bad', reason: 'torn' }],
])('reads %s = %j', (key, body, reading) => {
  tree.put(SERVER, {});
  tree.put(key, body);
  watch(key);
  expect(told).toEqual([expect.objectContaining(reading)]);
});

it('keeps a bad one bad while its server is away', () => {
  tree.put(LEVEL, { value: 1, at: 3, quality: 'bad', reason: 'torn' });
  expect(values.reading(LEVEL)).toMatchObject({ quality: 'bad', reason: 'torn' });
});

it('tells nobody who does not listen any more', () => {
  tree.put(SERVER, {});
  const first = watch();
  const second = watch();
  tree.put(LEVEL, good(1));
  expect(told).toHaveLength(2);
  first();
  first();
  tree.put(LEVEL, good(2));
  expect(told).toHaveLength(3);
  second();
  tree.put(LEVEL, good(3));
  tree.drop(SERVER);
  expect(told).toHaveLength(3);
});
