import { VirtualClock } from '@raspy/clock';
import * as fc from 'fast-check';
import { StatisticsManager } from '../statistics-manager.js';
import { Histogram } from './histogram.js';
import { OTHER } from './labels.js';
import { SnmpCounter } from './snmp-counter.js';
import { SnmpFloat, SnmpInteger } from './snmp-integer.js';
import { SnmpString } from './snmp-string.js';

const doc = 'For a test.';
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

describe('SnmpCounter', () => {
  it('wraps as Counter32 does, and keeps 64 bits beside it (D18)', () => {
    const last = new SnmpCounter({ oid: 'a', doc, initial: 4_294_967_295 });
    last.add();
    expect([last.value, last.total]).toEqual([0, 4_294_967_296]);
    const near = new SnmpCounter({ oid: 'a', doc, initial: 4_294_967_290 });
    near.add(10);
    expect([near.value, near.total]).toEqual([4, 4_294_967_300]);
  });

  it('is the sum of its steps, modulo 2^32, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 33 })), (steps) => {
        const counter = new SnmpCounter({ oid: 'a', doc });
        for (const step of steps) counter.add(step);
        const sum = steps.reduce((a, b) => a + b, 0);
        expect(counter.total).toBe(sum);
        expect(BigInt(counter.value!)).toBe(BigInt(sum) % (1n << 32n));
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53, '1' as unknown as number])(
    'refuses the step %p and keeps its value',
    (step) => {
      const counter = new SnmpCounter({ oid: 'a', doc, initial: 3 });
      expect(() => counter.add(step)).toThrow(code('STATISTICS_STEP'));
      expect([counter.value, counter.total]).toEqual([3, 3]);
    },
  );

  it('follows what others count, also when they begin anew', () => {
    const counter = new SnmpCounter({ oid: 'a', doc });
    counter.follow(2 ** 32 + 5);
    expect([counter.value, counter.total]).toEqual([5, 2 ** 32 + 5]);
    counter.follow(1);
    expect([counter.value, counter.total]).toEqual([1, 1]);
    expect(() => counter.follow(-1)).toThrow(code('STATISTICS_VALUE'));
    expect(counter.total).toBe(1);
  });

  it('is computed when it is asked for, wrapped as well, and cannot be raised then', () => {
    const counter = new SnmpCounter({ oid: 'a', doc, read: () => 2 ** 32 + 7 });
    expect([counter.value, counter.total]).toEqual([7, 2 ** 32 + 7]);
    expect(() => counter.add(1)).toThrow(code('STATISTICS_VALUE'));
    expect(() => counter.follow(1)).toThrow(code('STATISTICS_VALUE'));
  });
});

describe('items that are replaced (D19)', () => {
  it('replace numbers and texts, and neither add nor join them', () => {
    const integer = new SnmpInteger({ oid: 'a', doc, initial: 4 });
    const float = new SnmpFloat({ oid: 'b', doc, initial: 0.5 });
    const text = new SnmpString({ oid: 'c', doc, initial: 'x' });
    expect([integer.value, float.value, text.value]).toEqual([4, 0.5, 'x']);
    integer.set(-3);
    float.set(0.25);
    text.set('y');
    expect([integer.value, float.value, text.value]).toEqual([-3, 0.25, 'y']);
  });

  it('refuse values of another type and keep their own', () => {
    const integer = new SnmpInteger({ oid: 'a', doc });
    const float = new SnmpFloat({ oid: 'b', doc });
    const text = new SnmpString({ oid: 'c', doc });
    expect(() => integer.set(0.5)).toThrow(code('STATISTICS_VALUE'));
    expect(() => integer.set('7' as unknown as number)).toThrow(
      '"7" is no value of "a": give a whole number',
    );
    expect(() => float.set(Number.NaN)).toThrow(code('STATISTICS_VALUE'));
    expect(() => text.set(1 as unknown as string)).toThrow(code('STATISTICS_VALUE'));
    expect(() => text.set('x'.repeat(1_025))).toThrow(code('STATISTICS_VALUE'));
    expect([integer.value, float.value, text.value]).toEqual([0, 0, '']);
  });

  it('are computed when they are asked for; what fails has no value', () => {
    let reading: () => number = () => 3;
    const integer = new SnmpInteger({ oid: 'a', doc, read: () => reading() });
    expect(integer.value).toBe(3);
    reading = () => {
      throw new Error('no disk');
    };
    expect(integer.value).toBeUndefined();
    reading = () => Number.NaN;
    expect(integer.value).toBeUndefined();
    expect(() => integer.set(1)).toThrow('it is computed');
    expect(new SnmpString({ oid: 'c', doc, read: () => 'now' }).value).toBe('now');
    expect(() => new SnmpString({ oid: 'c', doc, read: () => 'now' }).set('x')).toThrow('it is computed');
  });

  it('cannot be computed and have labels, or a beginning', () => {
    const read = () => 1;
    expect(() => new SnmpInteger({ oid: 'a', doc, read, labels: ['x'] })).toThrow(code('STATISTICS_OPTION'));
    expect(() => new SnmpInteger({ oid: 'a', doc, read, initial: 1 })).toThrow(code('STATISTICS_OPTION'));
  });
});

describe('Histogram', () => {
  it('takes over what somebody else has counted, and tells listeners of what is new', () => {
    const histogram = new Histogram({ oid: 'a', doc, buckets: [1, 2] });
    histogram.follow([3, 0, 1], 5.5);
    expect([histogram.only.cumulative(), histogram.only.count, histogram.only.sum]).toEqual([
      [3, 3, 4],
      4,
      5.5,
    ]);
    histogram.follow([3, 0, 1], 5.5);
    histogram.follow([0, 1, 0], 1.5);
    expect(histogram.only.cumulative()).toEqual([0, 1, 1]);
    for (const [counts, sum] of [
      [[1, 2], 1],
      [[1, 2, -1], 1],
      [[1, 2, 0.5], 1],
      [[1, 2, 3], NaN],
      [[1, 2, 3], -1],
    ] as const) {
      expect(() => histogram.follow(counts, sum)).toThrow(code('STATISTICS_VALUE'));
    }
    expect(histogram.only.sum).toBe(1.5);
  });

  it('counts an observation in the first bucket that is large enough', () => {
    const histogram = new Histogram({ oid: 'a', doc, buckets: [1, 2] });
    for (const value of [0, 1, 1.5, 2, 9]) histogram.observe(value);
    expect(histogram.only.cumulative()).toEqual([2, 4, 5]);
    expect([histogram.only.count, histogram.only.sum]).toEqual([5, 13.5]);
  });

  it('refuses negative durations and what is no number, and counts nothing', () => {
    const histogram = new Histogram({ oid: 'a', doc });
    for (const value of [-0.001, Number.NaN, Infinity])
      expect(() => histogram.observe(value)).toThrow(code('STATISTICS_VALUE'));
    expect(histogram.only.count).toBe(0);
  });

  it('times by the clock that never steps', () => {
    const clock = new VirtualClock();
    const histogram = new Histogram({ oid: 'a', doc, labels: ['service'] });
    const stop = histogram.start(clock, 'x');
    clock.advanceBy(250);
    stop();
    expect(histogram.labels('x').sum).toBe(0.25);
    new Histogram({ oid: 'b', doc }).start(clock)();
  });

  it.each([[[]], [[2, 1]], [[1, 1]], [[Infinity]], [Array.from({ length: 65 }, (_, i) => i)]])(
    'refuses the buckets %p',
    (buckets) => {
      expect(() => new Histogram({ oid: 'a', doc, buckets })).toThrow(code('STATISTICS_OPTION'));
    },
  );
});

describe('labels', () => {
  it('give a series for each set of values, whatever these contain', () => {
    const counter = new SnmpCounter({ oid: 'a', doc, labels: ['service', 'code'] });
    counter.labels('1:x', 'y').add(1);
    counter.labels('1', 'x1:y').add(2);
    counter.labels('1:x', 'y').add(4);
    expect(counter.series().map((series) => [series.labelText, series.total])).toEqual([
      ['{service="1",code="x1:y"}', 2],
      ['{service="1:x",code="y"}', 5],
    ]);
  });

  it('never mix two sets of values', () => {
    const values = fc.tuple(fc.string(), fc.string());
    fc.assert(
      fc.property(values, values, (one, two) => {
        const item = new SnmpInteger({ oid: 'a', doc, labels: ['x', 'y'] });
        expect(item.labels(...one) === item.labels(...two)).toBe(one[0] === two[0] && one[1] === two[1]);
      }),
    );
  });

  it('count what there is no room for as other, and tell so', () => {
    const counter = new SnmpCounter({ oid: 'a', doc, labels: ['service'], maxSeries: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'c']) counter.labels(name).add();
    counter.labels('a').add();
    counter.labels('x'.repeat(257)).add();
    expect(
      Object.fromEntries(counter.series().map((series) => [series.labelValues[0], series.total])),
    ).toEqual({
      a: 2,
      b: 1,
      [OTHER]: 4,
    });
    expect(counter.overflowed).toBe(4);
  });

  it('lose nothing that was counted, however many there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 3 })),
        fc.integer({ min: 1, max: 4 }),
        (names, maxSeries) => {
          const counter = new SnmpCounter({ oid: 'a', doc, labels: ['service'], maxSeries });
          for (const name of names) counter.labels(name).add();
          expect(counter.series().reduce((sum, { total }) => sum + total!, 0)).toBe(names.length);
          expect(counter.series().length).toBeLessThanOrEqual(maxSeries + 1);
        },
      ),
    );
  });

  it('free a place when a series is forgotten', () => {
    const counter = new SnmpCounter({ oid: 'a', doc, labels: ['service'], maxSeries: 1 });
    counter.labels('a').add();
    counter.labels('b').add();
    expect(counter.forget('a')).toBe(true);
    expect(counter.forget('a')).toBe(false);
    expect(counter.forget(OTHER)).toBe(true);
    counter.labels('b').add();
    expect(counter.series().map((series) => series.labelText)).toEqual(['{service="b"}']);
    expect(new SnmpCounter({ oid: 'b', doc }).forget()).toBe(false);
  });

  it('have to be those of the item', () => {
    const labelled = new SnmpCounter({ oid: 'a', doc, labels: ['service'] });
    expect(() => labelled.add()).toThrow('it has a value for each service');
    expect(() => labelled.labels()).toThrow(code('STATISTICS_LABELS'));
    expect(() => labelled.labels('a', 'b')).toThrow(code('STATISTICS_LABELS'));
    expect(() => labelled.labels(3 as unknown as string)).toThrow(code('STATISTICS_LABELS'));
    expect(() => new SnmpCounter({ oid: 'b', doc }).labels('a')).toThrow(code('STATISTICS_LABELS'));
    const plain = new SnmpCounter({ oid: 'b', doc });
    expect(plain.labels()).toBe(plain.only);
  });
});

describe('what an item is told', () => {
  it.each(['', '.a', 'a..b', 'a.', '4a', 'a b', 'ä', 'a{b}', 'a'.repeat(129), 'a\n'])(
    'has to have an oid, which %p is not',
    (oid) => {
      expect(() => new SnmpCounter({ oid, doc })).toThrow(code('STATISTICS_OID'));
    },
  );

  it('has to have an oid that is a text', () => {
    expect(() => new SnmpCounter({ oid: 7 as unknown as string, doc })).toThrow(code('STATISTICS_OID'));
  });

  it.each([
    { doc: ' ' },
    { unit: 'Bytes' },
    { unit: '°C' },
    { labels: ['le'] },
    { labels: ['Service'] },
    { labels: ['a', 'a'] },
    { labels: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] },
    { maxSeries: 0 },
    { number: 0 },
    { number: 2 ** 31 },
    { metric: 'a-b' },
    { initial: -1 },
  ])('has to make sense, which %p does not', (wrong) => {
    expect(() => new SnmpCounter({ oid: 'a', doc, ...wrong })).toThrow(code('STATISTICS_OPTION'));
  });

  it('has a beginning that is a value of it', () => {
    expect(() => new SnmpInteger({ oid: 'a', doc, initial: 0.5 })).toThrow(code('STATISTICS_OPTION'));
    expect(() => new SnmpString({ oid: 'a', doc, initial: 'x'.repeat(2_000) })).toThrow(
      code('STATISTICS_OPTION'),
    );
  });

  it('gives it a number for SNMP that depends on the oid alone', () => {
    const numbers = ['broker.requests', 'kv.sequence', 'devices.count'].map(
      (oid) => new SnmpCounter({ oid, doc }).number,
    );
    expect(numbers).toEqual([495440880, 550356479, 385544481]);
    expect(new StatisticsManager().add(new SnmpCounter({ oid: 'kv.sequence', doc })).number).toBe(numbers[1]);
    expect(new SnmpCounter({ oid: 'a', doc, number: 12 }).number).toBe(12);
  });
});
