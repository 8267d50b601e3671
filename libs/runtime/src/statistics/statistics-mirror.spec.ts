import { VirtualClock } from '@raspy/clock';
import {
  answerStatistics,
  Histogram,
  PrometheusExposition,
  SnmpCounter,
  SnmpFloat,
  SnmpInteger,
  SnmpString,
  StatisticsManager,
} from '@raspy/statistics';
import { StatisticsBoard } from './board.js';
import { StatisticsMirror } from './statistics-mirror.js';

const clock = new VirtualClock();
let board: StatisticsBoard;
beforeEach(() => void (board = new StatisticsBoard()));
afterEach(() => board.close());

function original(): StatisticsManager {
  const manager = new StatisticsManager({ clock, constantLabels: { server: 'pi.tank' } });
  manager.add(new SnmpCounter({ oid: 'a.count', doc: 'Counts', initial: 2 ** 32 + 7 }));
  manager
    .add(new SnmpInteger({ oid: 'a.whole', doc: 'Whole', labels: ['name'] }))
    .labels('x"\\\n}')
    .set(-3);
  manager.add(new SnmpFloat({ oid: 'a.float', doc: 'Float', unit: 'celsius', initial: 2.5 }));
  manager.add(new SnmpString({ oid: 'a.text', doc: 'Text', initial: 'calm' }));
  return manager;
}

/** Asks as the bus would. */
const asking = (manager: StatisticsManager) => (action: string) => {
  const answer = answerStatistics([Buffer.from(action)], manager);
  return Promise.resolve(
    answer.length < 2 ? undefined : (JSON.parse(Buffer.from(answer[0]!).toString()) as unknown),
  );
};

it('tells what the other process tells, whatever its labels are', async () => {
  const there = original();
  const mirror = new StatisticsMirror({ server: 'pi.tank', board, clock, ask: asking(there) });
  await mirror.look();
  expect(new PrometheusExposition(board.managers).text()).toBe(new PrometheusExposition(there).text());
  there.update('a.float', 3);
  await mirror.look();
  expect(board.managers).toHaveLength(1);
  expect(board.managers[0]!.all()).toEqual(there.all());
});

it('keeps its items and series from look to look, forgets those that are gone, and takes others in', async () => {
  const there = original();
  const mirror = new StatisticsMirror({ server: 'pi.tank', board, clock, ask: asking(there) });
  await mirror.look();
  const [registry] = board.managers;
  const counter = registry!.get('a.count') as SnmpCounter;
  const series = counter.series()[0];
  const { version } = registry!;
  await mirror.look();
  expect(board.managers[0]).toBe(registry);
  expect(registry!.get('a.count')).toBe(counter);
  expect(counter.series()[0]).toBe(series);
  // Rows in SNMP are numbered anew when this changes.
  expect(registry!.version).toBe(version);
  (there.get('a.whole') as SnmpInteger).forget('x"\\\n}');
  there.remove('a.text');
  there.remove('a.float');
  there.add(new SnmpCounter({ oid: 'a.float', doc: 'Counts now', initial: 5 }));
  await mirror.look();
  expect(registry!.all()).toEqual(there.all());
});

it('follows a counter of a server that began anew', async () => {
  let there = original();
  const mirror = new StatisticsMirror({
    server: 'pi.tank',
    board,
    clock,
    ask: (action) => asking(there)(action),
  });
  await mirror.look();
  there = new StatisticsManager({ clock });
  there.add(new SnmpCounter({ oid: 'a.count', doc: 'Counts', initial: 2 }));
  await mirror.look();
  expect(board.managers[0]!.all()).toEqual({ 'a.count': 2, 'a.count.64': 2 });
});

it('takes over histograms, and knows one with other buckets for another', async () => {
  const there = new StatisticsManager({ clock, constantLabels: { server: 'pi.tank' } });
  const labelled = there.add(new Histogram({ oid: 'b', doc: 'B', unit: 'seconds', labels: ['service'] }));
  labelled.labels('x').observe(1);
  labelled.labels('y').observe(100);
  there.add(new Histogram({ oid: 'c', doc: 'C', buckets: [1, 2] })).observe(1.5);
  const mirror = new StatisticsMirror({ server: 'pi.tank', board, clock, ask: asking(there) });
  const told = () => new PrometheusExposition(board.managers).text();
  await mirror.look();
  expect(told()).toBe(new PrometheusExposition(there).text());
  labelled.labels('x').observe(2);
  labelled.forget('y');
  there.remove('c');
  there.add(new Histogram({ oid: 'c', doc: 'C', buckets: [5] })).observe(3);
  await mirror.look();
  expect(told()).toBe(new PrometheusExposition(there).text());
});

it('leaves histograms out of which the server does not tell the buckets', async () => {
  const ask = (action: string): Promise<unknown> => {
    if (action === 'all') return Promise.resolve({ 'b.count': 1, 'b.sum': 5 });
    if (action !== 'describe') return Promise.reject(new Error(`it does not know ${action}`));
    return Promise.resolve([{ oid: 'b', kind: 'histogram', doc: 'B', unit: 'seconds', labels: [] }]);
  };
  await new StatisticsMirror({ server: 'pi.tank', board, clock, ask }).look();
  expect(board.managers[0]!.all()).toEqual({});
});

it('tells nothing of a server that answers no more, or nonsense', async () => {
  let ask = asking(original());
  const mirror = new StatisticsMirror({ server: 'pi.tank', board, clock, ask: (action) => ask(action) });
  await mirror.look();
  expect(board.managers).toHaveLength(1);
  ask = () => Promise.reject(new Error('no answer'));
  await mirror.look();
  expect(board.managers).toHaveLength(0);
  for (const nonsense of [5, 'x', [{ oid: '!' }], [null], { a: 1 }]) {
    ask = () => Promise.resolve(nonsense);
    await mirror.look();
  }
  ask = asking(original());
  await mirror.look();
  expect(board.managers).toHaveLength(1);
  mirror.leave();
  expect(board.managers).toHaveLength(0);
});
