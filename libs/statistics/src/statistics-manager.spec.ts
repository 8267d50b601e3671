import { VirtualClock } from '@raspy/clock';
import type { StatisticsChanges } from './change-hub.js';
import { Histogram } from './items/histogram.js';
import { SnmpCounter } from './items/snmp-counter.js';
import { SnmpFloat, SnmpInteger } from './items/snmp-integer.js';
import { SnmpString } from './items/snmp-string.js';
import { StatisticsManager } from './statistics-manager.js';

const doc = 'For a test.';
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

describe('StatisticsManager', () => {
  it('adds, updates and removes items by their oids', () => {
    const manager = new StatisticsManager();
    const counter = manager.add(new SnmpCounter({ oid: 'broker.requests', doc, labels: ['service'] }));
    manager.add(new SnmpFloat({ oid: 'tank.temperature', doc, unit: 'celsius' }));
    manager.add(new SnmpString({ oid: 'build', doc }));
    manager.add(new Histogram({ oid: 'broker.duration', doc }));
    manager.update('broker.requests', 2, { service: 'a' });
    manager.update('broker.requests', 3, { service: 'a' });
    manager.update('tank.temperature', 24.5);
    manager.update('build', '1.2.3');
    manager.update('broker.duration', 0.5);
    expect(manager.all()).toEqual({
      'broker.duration.count': 1,
      'broker.duration.sum': 0.5,
      'broker.requests{service="a"}': 5,
      'broker.requests.64{service="a"}': 5,
      build: '1.2.3',
      'tank.temperature': 24.5,
    });
    expect(manager.get('broker.requests')).toBe(counter);
    expect(manager.remove('broker.requests')).toBe(true);
    expect(manager.remove('broker.requests')).toBe(false);
    expect(manager.items().map(({ oid }) => oid)).toEqual(['broker.duration', 'build', 'tank.temperature']);
  });

  it('refuses what it does not know, other types, and labels that are not there', () => {
    const manager = new StatisticsManager();
    manager.add(new SnmpCounter({ oid: 'a', doc, labels: ['service'] }));
    manager.add(new SnmpString({ oid: 'b', doc }));
    expect(() => manager.update('c', 1)).toThrow(code('STATISTICS_UNKNOWN'));
    expect(() => manager.update('a', 'x', { service: 'x' })).toThrow(code('STATISTICS_VALUE'));
    expect(() => manager.update('a', -1, { service: 'x' })).toThrow(code('STATISTICS_STEP'));
    expect(() => manager.update('b', 1)).toThrow(code('STATISTICS_VALUE'));
    expect(() => manager.update('a', 1)).toThrow('none were given; it has service');
    expect(() => manager.update('a', 1, { servce: 'x' })).toThrow(code('STATISTICS_LABELS'));
    expect(() => manager.metricOf('c')).toThrow(code('STATISTICS_UNKNOWN'));
  });

  it.each([
    ['an oid', { oid: 'a' }, { oid: 'a', metric: 'x', number: 1 }],
    ['a key', { oid: 'a' }, { oid: 'a.64', metric: 'x' }],
    ['a name in Prometheus', { oid: 'a.b' }, { oid: 'a_b' }],
    ['a number in SNMP', { oid: 'a', number: 7 }, { oid: 'b', number: 7 }],
  ])('refuses a second item of %s, and keeps the first', (_what, one, two) => {
    const manager = new StatisticsManager();
    const first = manager.add(new SnmpCounter({ doc, ...one }));
    expect(() => manager.add(new SnmpCounter({ doc, ...two }))).toThrow(code('STATISTICS_DUPLICATE'));
    expect(manager.items()).toEqual([first]);
    manager.remove(first.oid);
    expect(manager.add(new SnmpCounter({ doc, ...two })).oid).toBe(two.oid);
  });

  it('refuses items of another manager, and labels that all have', () => {
    const item = new StatisticsManager().add(new SnmpInteger({ oid: 'a', doc }));
    const manager = new StatisticsManager({ constantLabels: { server: 'pi.fake' } });
    expect(() => manager.add(item)).toThrow(code('STATISTICS_OPTION'));
    expect(() => manager.add(new SnmpInteger({ oid: 'b', doc, labels: ['server'] }))).toThrow(
      code('STATISTICS_OPTION'),
    );
  });

  it.each([{ prefix: 'Ras' }, { changesEveryMs: Number.NaN }, { constantLabels: { Le: 'x' } }])(
    'refuses the option %p',
    (option) => {
      expect(() => new StatisticsManager(option)).toThrow(code('STATISTICS_OPTION'));
    },
  );

  it('looks up what is to be looked up before it tells; a look that fails keeps no other from it', () => {
    const manager = new StatisticsManager();
    const queued = manager.add(new SnmpInteger({ oid: 'queued', doc }));
    manager.beforeRead(() => {
      throw new Error('gone');
    });
    const end = manager.beforeRead(() => queued.set(queued.value! + 1));
    expect(manager.all()).toEqual({ queued: 1 });
    end();
    expect(manager.all()).toEqual({ queued: 1 });
    expect(manager.failures).toBe(2);
  });

  it('tells what can be read when something cannot', () => {
    const manager = new StatisticsManager();
    manager.add(
      new SnmpInteger({
        oid: 'broken',
        doc,
        read: () => {
          throw new Error('no');
        },
      }),
    );
    manager.add(new SnmpCounter({ oid: 'broken.too', doc, read: () => -1 }));
    manager.add(new SnmpString({ oid: 'broken.text', doc, read: () => 4 as unknown as string }));
    manager.add(new SnmpCounter({ oid: 'whole', doc, read: () => 2 ** 32 }));
    expect(manager.all()).toEqual({ whole: 0, 'whole.64': 4_294_967_296 });
  });
});

describe('changes$', () => {
  function listening() {
    const clock = new VirtualClock();
    const manager = new StatisticsManager({ clock, changesEveryMs: 1_000 });
    const heard: StatisticsChanges[] = [];
    return {
      clock,
      manager,
      heard,
      listen: () => manager.changes$.subscribe((changes) => heard.push(changes)),
    };
  }

  it('tells the last of many values, at most as often as it may', () => {
    const { clock, manager, heard, listen } = listening();
    const counter = manager.add(new SnmpCounter({ oid: 'a', doc }));
    listen();
    for (let step = 0; step < 100; step += 1) counter.add();
    clock.advanceBy(0);
    counter.add();
    counter.add();
    clock.advanceBy(999);
    expect(heard.map(({ values }) => values)).toEqual([{ a: 100, 'a.64': 100 }]);
    clock.advanceBy(1);
    expect(heard.map(({ values }) => values['a'])).toEqual([100, 102]);
    clock.advanceBy(10_000);
    expect(heard).toHaveLength(2);
  });

  it('tells of every kind of item, of new ones, of those that go, and of full ones', () => {
    const { clock, manager, heard, listen } = listening();
    listen();
    listen();
    const counter = manager.add(new SnmpCounter({ oid: 'c', doc, labels: ['x'], maxSeries: 1 }));
    manager.add(new SnmpFloat({ oid: 'f', doc, initial: 1 }));
    manager.add(new SnmpString({ oid: 's', doc })).set('x');
    manager.add(new Histogram({ oid: 'h', doc })).observe(1);
    counter.labels('a').follow(3);
    counter.labels('b').add(1);
    clock.advanceBy(0);
    expect(heard).toEqual(
      Array(2).fill({
        values: {
          'c{x="a"}': 3,
          'c.64{x="a"}': 3,
          'c{x="other"}': 1,
          'c.64{x="other"}': 1,
          f: 1,
          s: 'x',
          'h.count': 1,
          'h.sum': 1,
        },
        removed: [],
        full: ['c'],
      }),
    );
    counter.forget('a');
    manager.remove('f');
    clock.advanceBy(1_000);
    expect(heard.at(-1)).toEqual({ values: {}, removed: ['c{x="a"}', 'c.64{x="a"}', 'f'], full: [] });
  });

  it('plans nothing while nobody listens, nor after the last one has left', () => {
    const { clock, manager, heard, listen } = listening();
    const counter = manager.add(new SnmpCounter({ oid: 'a', doc, labels: ['x'], maxSeries: 1 }));
    counter.labels('a').add();
    counter.labels('b').add();
    counter.forget('a');
    expect(clock.nextAt).toBe(Infinity);
    const subscription = listen();
    counter.labels('b').add();
    expect(clock.nextAt).toBe(clock.now());
    subscription.unsubscribe();
    expect(clock.nextAt).toBe(Infinity);
    clock.advanceBy(5_000);
    expect(heard).toEqual([]);
  });
});
