import { Histogram, SnmpCounter, SnmpInteger, StatisticsManager } from '../index.js';
import { mibFile } from './mib-file.js';

const doc = 'For a test.';
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error;

describe('mibFile', () => {
  it('is the same text in whatever order items were added', () => {
    const items = () => [
      new SnmpCounter({ oid: 'a', doc, labels: ['x'] }),
      new SnmpInteger({ oid: 'b.c', doc, unit: 'bytes' }),
      new Histogram({ oid: 'd', doc }),
    ];
    const one = new StatisticsManager();
    const two = new StatisticsManager();
    for (const item of items()) one.add(item);
    for (const item of items().reverse()) two.add(item);
    expect(mibFile({ managers: one })).toBe(mibFile({ managers: two }));
  });

  it('gives every item a name of its own, however alike oids are', () => {
    const manager = new StatisticsManager();
    manager.add(new SnmpInteger({ oid: 'a.b', doc, number: 1 }));
    manager.add(new SnmpInteger({ oid: 'a.B', doc, number: 2, metric: 'x' }));
    manager.add(new SnmpInteger({ oid: 'items', doc, number: 3 }));
    manager.add(new SnmpInteger({ oid: `long.${'x'.repeat(100)}`, doc, number: 4 }));
    const names = [...mibFile({ managers: manager }).matchAll(/^(\w+) OBJECT IDENTIFIER/gm)].map(
      ([, name]) => name,
    );
    expect(names).toEqual([
      'raspyItems',
      'raspyAB',
      'raspyABN1',
      'raspyItemsN3',
      `raspyLongX${'x'.repeat(20)}N4`,
    ]);
  });

  it('writes texts so that they end where they end', () => {
    const manager = new StatisticsManager();
    manager.add(new SnmpInteger({ oid: 'a', doc: 'Say "x"\n::= END \\ µ -- \u0000' }));
    expect(mibFile({ managers: manager })).toContain("DESCRIPTION \"a: Say 'x' ::= END / ? -- ? It stands");
  });

  it('lies where it is told to', () => {
    const managers = new StatisticsManager();
    expect(mibFile({ managers })).toContain('::= { enterprises 32473 5514 }');
    expect(mibFile({ managers, base: '1.3.6.1.3.77', module: 'TANK-MIB' })).toContain(
      '::= { experimental 77 }',
    );
    for (const wrong of [
      { base: '1.3.6.1.2.1' },
      { base: '1.3.6.1.4.1' },
      { module: 'tank' },
      { lastUpdated: 'x' },
    ])
      expect(() => mibFile({ managers, ...wrong })).toThrow(code('STATISTICS_OPTION'));
  });
});
