import { answerStatistics } from './answer-statistics.js';
import { Histogram } from './items/histogram.js';
import { SnmpCounter } from './items/snmp-counter.js';
import { SnmpInteger } from './items/snmp-integer.js';
import { SnmpString } from './items/snmp-string.js';
import { StatisticsManager } from './statistics-manager.js';

const doc = 'For a test.';

function ask(manager: StatisticsManager, ...frames: string[]): string[] {
  return answerStatistics(
    frames.map((frame) => new TextEncoder().encode(frame)),
    manager,
  ).map((frame) => new TextDecoder().decode(frame));
}

function some(): StatisticsManager {
  const manager = new StatisticsManager();
  manager
    .add(new SnmpCounter({ oid: 'b.requests', doc, labels: ['service'] }))
    .labels('x"y')
    .add(2);
  manager.add(new SnmpInteger({ oid: 'a.count', doc, initial: 7 }));
  manager.add(new SnmpString({ oid: 'build', doc, initial: '1.0' }));
  return manager;
}

describe('<server>.statistics (PROTOCOLS §7)', () => {
  it('all is a JSON object and the status; the status alone without items', () => {
    const [json, status] = ask(some(), 'all');
    expect(JSON.parse(json!)).toEqual({
      'a.count': 7,
      'b.requests{service="x\\"y"}': 2,
      'b.requests.64{service="x\\"y"}': 2,
      build: '1.0',
    });
    expect(status).toBe('200');
    expect(ask(new StatisticsManager(), 'all')).toEqual(['200']);
  });

  it('list_keys is a JSON array, sorted, of the keys of all (D20)', () => {
    const [json, status] = ask(some(), 'list_keys');
    expect(JSON.parse(json!)).toEqual(Object.keys(some().all()).sort());
    expect(status).toBe('200');
    expect(ask(new StatisticsManager(), 'list_keys')).toEqual(['[]', '200']);
  });

  it('histograms are told in full beside their count and sum', () => {
    const manager = some();
    const histogram = manager.add(new Histogram({ oid: 'd', doc, buckets: [1, 2], labels: ['of'] }));
    histogram.labels('x').observe(1.5);
    histogram.labels('x').observe(5);
    expect(JSON.parse(ask(manager, 'histograms')[0]!)).toEqual([
      { oid: 'd', labels: ['x'], counts: [0, 1, 1], sum: 6.5 },
    ]);
    expect(JSON.parse(ask(manager, 'describe')[0]!)).toContainEqual(
      expect.objectContaining({ oid: 'd', labels: ['of'], buckets: [1, 2] }),
    );
    expect(ask(new StatisticsManager(), 'histograms')).toEqual(['[]', '200']);
  });

  it('get is the value of a key, or all values of an oid', () => {
    const manager = some();
    expect(ask(manager, 'get', 'a.count')).toEqual(['7', '200']);
    expect(ask(manager, 'get', 'build')).toEqual(['"1.0"', '200']);
    expect(ask(manager, 'get', 'b.requests.64{service="x\\"y"}')).toEqual(['2', '200']);
    expect(JSON.parse(ask(manager, 'get', 'b.requests')[0]!)).toEqual({
      'b.requests{service="x\\"y"}': 2,
      'b.requests.64{service="x\\"y"}': 2,
    });
    manager.add(new Histogram({ oid: 'd', doc })).observe(0.5);
    expect(ask(manager, 'get', 'd.sum')).toEqual(['0.5', '200']);
    expect(ask(manager, 'get', 'd')).toEqual(['{"d.count":1,"d.sum":0.5}', '200']);
  });

  it('every key of list_keys can be got', () => {
    const manager = some();
    const all = manager.all();
    for (const [key, value] of Object.entries(all))
      expect(ask(manager, 'get', key)).toEqual([JSON.stringify(value), '200']);
  });

  it('get of what is not there, or that cannot be read, is 404 with the reason', () => {
    const manager = some();
    manager.add(new SnmpInteger({ oid: 'broken', doc, read: () => Number.NaN }));
    for (const key of [
      'nothing',
      '',
      'a.count.64',
      'b.requests{service="z"}',
      '__proto__',
      'x'.repeat(9_999),
    ]) {
      const [reason, status] = ask(manager, 'get', key);
      expect(status).toBe('404');
      expect(reason!.length).toBeLessThan(400);
    }
    expect(ask(manager, 'get', 'broken')).toEqual(['"broken" has no value', '404']);
    expect(ask(manager, 'get')[1]).toBe('400');
    expect(ask(manager, 'get', 'a', 'b')[1]).toBe('400');
  });

  it('describe tells what people and tools have to know of an item', () => {
    const described = JSON.parse(ask(some(), 'describe')[0]!) as readonly object[];
    expect(described[1]).toEqual({
      oid: 'b.requests',
      kind: 'counter',
      doc,
      unit: '',
      labels: ['service'],
      metric: 'raspy_b_requests_total',
      number: expect.any(Number) as number,
    });
  });

  it('anything else is 501', () => {
    expect(ask(some(), 'reset')).toEqual(['501']);
    expect(ask(some())).toEqual(['501']);
    expect(answerStatistics([new Uint8Array([0xff, 0xfe])], some())).toHaveLength(1);
  });
});
