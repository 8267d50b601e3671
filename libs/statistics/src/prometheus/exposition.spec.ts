import * as fc from 'fast-check';
import { Histogram } from '../items/histogram.js';
import { SnmpCounter, type CounterOptions } from '../items/snmp-counter.js';
import { SnmpFloat, SnmpInteger } from '../items/snmp-integer.js';
import { SnmpString } from '../items/snmp-string.js';
import { StatisticsManager } from '../statistics-manager.js';
import { PrometheusExposition } from './exposition.js';

const doc = 'For a test.';

describe('names by the conventions of Prometheus', () => {
  it.each<
    [
      string,
      new (options: CounterOptions) => SnmpCounter | SnmpInteger | SnmpFloat,
      string | undefined,
      string,
    ]
  >([
    ['broker.requests', SnmpCounter, undefined, 'raspy_broker_requests_total'],
    ['broker.bytesSent', SnmpCounter, 'bytes', 'raspy_broker_sent_bytes_total'],
    ['actuator.on', SnmpCounter, 'seconds', 'raspy_actuator_on_seconds_total'],
    ['kv.sequence', SnmpInteger, undefined, 'raspy_kv_sequence'],
    ['devices.count', SnmpInteger, undefined, 'raspy_devices'],
    ['count', SnmpInteger, undefined, 'raspy_count'],
    ['device.temperature', SnmpFloat, 'celsius', 'raspy_device_temperature_celsius'],
    ['kv.disk.lastSave-ms', SnmpInteger, 'ms', 'raspy_kv_disk_last_save_seconds'],
    ['cpu.load', SnmpFloat, 'percent', 'raspy_cpu_load_ratio'],
  ])('%s is %s', (oid, kind, unit, name) => {
    const manager = new StatisticsManager();
    manager.add(new kind({ oid, doc, ...(unit === undefined ? {} : { unit }) }));
    expect(manager.metricOf(oid).name).toBe(name);
  });

  it('is _info of texts, and what the owner says', () => {
    const manager = new StatisticsManager({ prefix: 'tank' });
    manager.add(new SnmpString({ oid: 'build', doc }));
    manager.add(new SnmpCounter({ oid: 'x', doc, metric: 'whatever' }));
    expect([manager.metricOf('build').name, manager.metricOf('x').name]).toEqual([
      'tank_build_info',
      'whatever',
    ]);
  });
});

describe('text exposition format 0.0.4', () => {
  it('has a line of help, one of type, and a line for each series, all in a fixed order', () => {
    const manager = new StatisticsManager();
    const requests = manager.add(
      new SnmpCounter({ oid: 'requests', doc: 'Say "why"\nand \\ how.', labels: ['service'] }),
    );
    requests.labels('b').add(2 ** 33);
    requests.labels('a\\"\n').add(1);
    manager.add(new SnmpInteger({ oid: 'age', doc, unit: 'milliseconds', initial: 1_500 }));
    manager.add(new SnmpString({ oid: 'version', doc, initial: '1 "x"' }));
    expect(new PrometheusExposition(manager).text()).toBe(
      [
        '# HELP raspy_age_seconds For a test.',
        '# TYPE raspy_age_seconds gauge',
        'raspy_age_seconds 1.5',
        '# HELP raspy_requests_total Say "why"\\nand \\\\ how.',
        '# TYPE raspy_requests_total counter',
        'raspy_requests_total{service="a\\\\\\"\\n"} 1',
        'raspy_requests_total{service="b"} 8589934592',
        '# HELP raspy_version_info For a test.',
        '# TYPE raspy_version_info gauge',
        'raspy_version_info{value="1 \\"x\\""} 1',
        '',
      ].join('\n'),
    );
  });

  it('writes histograms with all buckets, sum and count, in base units', () => {
    const manager = new StatisticsManager({ constantLabels: { server: 'pi' } });
    const histogram = manager.add(
      new Histogram({ oid: 'd', doc, unit: 'ms', buckets: [10, 100], labels: ['x'] }),
    );
    for (const value of [5, 50, 500]) histogram.labels('y').observe(value);
    expect(new PrometheusExposition(manager).text().split('\n').slice(2, -1)).toEqual([
      'raspy_d_seconds_bucket{server="pi",x="y",le="0.01"} 1',
      'raspy_d_seconds_bucket{server="pi",x="y",le="0.1"} 2',
      'raspy_d_seconds_bucket{server="pi",x="y",le="+Inf"} 3',
      'raspy_d_seconds_sum{server="pi",x="y"} 0.555',
      'raspy_d_seconds_count{server="pi",x="y"} 3',
    ]);
  });

  it('leaves out what cannot be read, and items without series', () => {
    const manager = new StatisticsManager();
    manager.add(new SnmpInteger({ oid: 'broken', doc, read: () => Number.NaN }));
    manager.add(new SnmpCounter({ oid: 'broken.too', doc, read: () => -1 }));
    manager.add(new SnmpString({ oid: 'broken.text', doc, read: () => 1 as unknown as string }));
    manager.add(new SnmpCounter({ oid: 'empty', doc, labels: ['x'] }));
    expect(new PrometheusExposition(manager).text()).toBe('');
  });

  it('tells several managers as one, by their constant labels', () => {
    const managers = ['a', 'b'].map((server) => {
      const manager = new StatisticsManager({ constantLabels: { server } });
      manager.add(new SnmpInteger({ oid: 'up', doc, initial: 1 }));
      return manager;
    });
    const exposition = new PrometheusExposition(managers);
    expect(exposition.text().split('\n').slice(1, 4)).toEqual([
      '# TYPE raspy_up gauge',
      'raspy_up{server="a"} 1',
      'raspy_up{server="b"} 1',
    ]);
    managers[1]!.remove('up');
    managers[1]!.add(new SnmpCounter({ oid: 'up', doc, metric: 'raspy_up' }));
    expect(exposition.text()).toBe(
      '# up is left out: it is told differently elsewhere\n' +
        '# HELP raspy_up For a test.\n# TYPE raspy_up gauge\nraspy_up{server="a"} 1\n',
    );
  });

  it('comes in pieces of a bounded number of lines', () => {
    const manager = new StatisticsManager();
    const item = manager.add(new SnmpInteger({ oid: 'a', doc, labels: ['x'], maxSeries: 2_000 }));
    for (let index = 0; index < 1_000; index += 1) item.labels(String(index)).set(index);
    const pieces = [...new PrometheusExposition(manager).chunks()];
    expect(pieces.length).toBe(4);
    expect(Math.max(...pieces.map((piece) => piece.split('\n').length))).toBeLessThanOrEqual(260);
    expect(pieces.join('').split('\n')).toHaveLength(1_003);
  });

  it('gives back any label and help that a parser reads', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ minLength: 1 }),
        (value, help) => {
          fc.pre(help.trim() !== '');
          const manager = new StatisticsManager();
          manager
            .add(new SnmpInteger({ oid: 'a', doc: help, labels: ['x'] }))
            .labels(value)
            .set(1);
          const lines = new PrometheusExposition(manager).text().split('\n');
          expect(lines).toHaveLength(4);
          const written = /^raspy_a\{x="((?:[^"\\]|\\[\\"n])*)"\} 1$/u.exec(
            lines[2]!.replaceAll('\r', '<CR>'),
          );
          const unescaped = written![1]!.replace(/\\(.)/gu, (_all, letter) =>
            letter === 'n' ? '\n' : String(letter),
          );
          expect(unescaped).toBe(value.replaceAll('\r', '<CR>'));
        },
      ),
    );
  });
});
