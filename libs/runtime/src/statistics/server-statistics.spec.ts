import { VirtualClock } from '@raspy/clock';
import { answerStatistics, SnmpCounter, SnmpFloat, SnmpInteger, SnmpString } from '@raspy/statistics';
import { DESCRIPTIONS } from './descriptions.js';
import { serverStatistics } from './server-statistics.js';

const frames = (...texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));
const read = (answer: readonly Uint8Array[]): string[] => answer.map((one) => Buffer.from(one).toString());

function registryOf(values: () => Record<string, string | number>) {
  return serverStatistics({ server: 'home.tank', clock: new VirtualClock(), read: values });
}

function registryTold(values: Record<string, number>) {
  const registry = registryOf(() => values);
  registry.refresh();
  return registry;
}

it('D22: answers all with one JSON object, and with the status alone where there is nothing to tell', () => {
  const some = registryOf(() => ({ 'b.two': 2, 'a.one': 'x' }));
  expect(read(answerStatistics(frames('all'), some))).toEqual(['{"a.one":"x","b.two":2}', '200']);
  expect(
    read(
      answerStatistics(
        frames('all'),
        registryOf(() => ({})),
      ),
    ),
  ).toEqual(['200']);
});

it('D20: answers list_keys with a sorted JSON array, which may be empty', () => {
  const some = registryOf(() => ({ 'b.two': 2, 'a.one': 'x' }));
  expect(read(answerStatistics(frames('list_keys'), some))).toEqual(['["a.one","b.two"]', '200']);
  expect(
    read(
      answerStatistics(
        frames('list_keys'),
        registryOf(() => ({})),
      ),
    ),
  ).toEqual(['[]', '200']);
});

it('answers anything else with 501', () => {
  const registry = registryOf(() => ({}));
  expect(read(answerStatistics(frames('reset'), registry))).toEqual(['501']);
});

it('answers the very first get and describe with what is counted', () => {
  expect(
    read(
      answerStatistics(
        frames('get', 'b.two'),
        registryOf(() => ({ 'b.two': 2 })),
      ),
    ),
  ).toEqual(['2', '200']);
  const [described] = read(
    answerStatistics(
      frames('describe'),
      registryOf(() => ({ 'b.two': 2 })),
    ),
  );
  expect(JSON.parse(described!)).toMatchObject([{ oid: 'b.two', kind: 'float' }]);
});

it('takes counters, gauges and texts for what their descriptions say, and keeps their ends of 32 bits', () => {
  let requests = 2 ** 32 - 1;
  const registry = registryOf(() => ({
    'broker.requests': requests,
    'broker.queued': 3,
    'other.state': 'calm',
  }));
  expect(registry.all()).toMatchObject({ 'broker.requests': 2 ** 32 - 1 });
  requests += 1;
  expect(registry.all()).toEqual({
    'broker.queued': 3,
    'broker.requests': 0,
    'broker.requests.64': 2 ** 32,
    'other.state': 'calm',
  });
  expect(registry.get('broker.requests')).toBeInstanceOf(SnmpCounter);
  expect(registry.get('broker.queued')).toBeInstanceOf(SnmpInteger);
  expect(registryTold({ 'other.level': 1.5 }).get('other.level')).toBeInstanceOf(SnmpFloat);
  expect(registry.get('other.state')).toBeInstanceOf(SnmpString);
});

it('takes any cause for a counter where the description is of all below a name', () => {
  const registry = registryOf(() => ({ 'broker.dropped.malformed': 4 }));
  expect(registry.all()).toMatchObject({ 'broker.dropped.malformed.64': 4 });
});

it('hides nothing for one oid or value that cannot be told', () => {
  const registry = registryOf(() => ({ 'no oid!': 1, 'broker.requests': -1, 'broker.queued': 3 }));
  expect(registry.all()).toMatchObject({ 'broker.queued': 3 });
  expect(registry.failures).toBe(1);
});

it('says of every value what it is, in one sentence', () => {
  for (const [oid, { doc }] of DESCRIPTIONS)
    expect([oid, doc]).toEqual([oid, expect.stringMatching(/^[A-Z].{3,}/)]);
});
