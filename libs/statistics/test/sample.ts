import type { Clock } from '@raspy/clock';
import {
  Histogram,
  SnmpCounter,
  SnmpFloat,
  SnmpInteger,
  SnmpString,
  StatisticsManager,
} from '../src/index.js';

/** Names that somebody may have chosen to do harm, or without thinking. */
export const NASTY = [
  '',
  '"',
  '\\',
  '\n',
  '\r\n',
  '\t',
  '{}',
  '",x="',
  '\u0000',
  'µ°C',
  '🐠',
  '--',
  '*/',
  '\ud800',
];

/** A manager with items of all kinds, and names that are hard to write. */
export function sample(options: { clock?: Clock; server?: string } = {}): StatisticsManager {
  const { clock, server } = options;
  const manager = new StatisticsManager({
    ...(clock === undefined ? {} : { clock }),
    ...(server === undefined ? {} : { constantLabels: { server } }),
  });
  manager.add(
    new SnmpCounter({ oid: 'broker.bytesSent', doc: 'Bytes sent.', unit: 'bytes', initial: 2 ** 32 + 5 }),
  );
  manager.add(new SnmpInteger({ oid: 'broker.queued', doc: 'Requests that wait.', initial: -3 }));
  manager.add(
    new SnmpInteger({ oid: 'kv.age', doc: 'Since the last save.', unit: 'milliseconds', initial: 1_500 }),
  );
  manager.add(new SnmpInteger({ oid: 'memory.free', doc: 'Too wide.', unit: 'bytes', initial: 2 ** 33 }));
  manager.add(new SnmpFloat({ oid: 'tank.temperature', doc: 'Water.', unit: 'celsius', initial: 24.75 }));
  manager.add(new SnmpString({ oid: 'build', doc: 'Release "\\ and\nmore: µ.', initial: '1.0 "µ"' }));
  const requests = manager.add(
    new SnmpCounter({ oid: 'broker.requests', doc: 'Requests by service.', labels: ['service', 'code'] }),
  );
  for (const [index, name] of NASTY.entries()) requests.labels(name, '200').add(index + 1);
  const durations = manager.add(
    new Histogram({ oid: 'broker.request.duration', doc: 'Until the reply.', labels: ['service'] }),
  );
  for (const seconds of [0.000_1, 0.02, 0.7, 90]) durations.labels('pi.fake.devices').observe(seconds);
  manager.add(new Histogram({ oid: 'loop.delay', doc: 'Late timers.', buckets: [0.01, 1] })).observe(0.5);
  return manager;
}
