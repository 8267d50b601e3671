import { textFrame } from '@raspy/wire';
import { BrokerRig, type RawClient } from '../../test/support/broker-rig.js';
import { MdpOptionError } from '../option-error.js';
import { resolveBrokerOptions } from './options.js';

const body = (...texts: string[]) => texts.map(textFrame);

describe('a service built into the broker', () => {
  let rig: BrokerRig;
  let client: RawClient;
  const set = (options: ConstructorParameters<typeof BrokerRig>[0] = {}): void => {
    rig = new BrokerRig({ builtinServices: ['titanic.request', 'titanic.reply'], ...options });
    client = rig.client('client');
  };
  beforeEach(() => {
    set();
  });

  it.each([1, 2] as const)('answers a client of version %s, behind its envelope', (version) => {
    const other = rig.client('other', version);
    other.enveloped(['7', 'proxy'], 'titanic.request', 'echo', 'x');
    expect(rig.builtinRequests()).toEqual([{ ticket: 1, service: 'titanic.request', body: ['echo', 'x'] }]);
    expect(other.take()).toEqual([]);
    rig.answer({ ticket: 1, body: body('200', 'uuid') });
    expect(other.takeOne()).toEqual({
      kind: 'final',
      version,
      envelope: ['7', 'proxy'],
      service: 'titanic.request',
      body: ['200', 'uuid'],
    });
  });

  it('handles many at a time, and answers in whatever order they are done', () => {
    for (const n of ['1', '2', '3']) client.enveloped([n], 'titanic.reply', n);
    expect(rig.machine.statistics()).toMatchObject({ builtinRequests: 3, builtinInFlight: 3, inFlight: 0 });
    rig.answer({ ticket: 3, body: body('c') }, { ticket: 1, body: body('a') });
    rig.answer({ ticket: 2, body: body('b') });
    expect(client.take().map((got) => [...(got.envelope ?? []), ...got.body])).toEqual([
      ['3', 'c'],
      ['1', 'a'],
      ['2', 'b'],
    ]);
    expect(rig.machine.statistics()).toMatchObject({
      requests: 3,
      builtinReplies: 3,
      builtinInFlight: 0,
      inFlightBytes: 0,
      replies: 0,
    });
  });

  it('has no queue, no workers and no time-out, and is no service to mmi.workers', () => {
    client.request('titanic.request', 'x');
    rig.advance(3_600_000);
    expect(client.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ queued: 0, services: 0, servicesWithoutWorker: 0 });
    expect(rig.machine.workersOf(textFrame('titanic.request'))).toBe(0);
    rig.answer({ ticket: 1, body: body('late') });
    expect(client.bodies()).toEqual([['late']]);
  });

  it('an answer that nobody waits for, or a second one, changes nothing', () => {
    client.request('titanic.request', 'x');
    rig.answer({ ticket: 1, body: body('a') }, { ticket: 1, body: body('b') }, { ticket: 99, error: 'c' });
    expect(client.bodies()).toEqual([['a']]);
    expect(rig.machine.statistics()).toMatchObject({ builtinReplies: 1, dropped: {} });
  });

  it('a handler that fails is 500 to the client, and told at a limited rate with the error', () => {
    for (const n of ['1', '2', '3']) client.request('titanic.request', n);
    rig.answer({ ticket: 1, error: 'Error: disk' }, { ticket: 2, body: [] }, { ticket: 3, error: 'again' });
    expect(client.bodies()).toEqual([['500'], ['500'], ['500']]);
    const told = { type: 'dropped', cause: 'builtin-failed', peer: 'client', service: 'titanic.request' };
    expect(rig.events).toEqual([{ ...told, count: 1, error: 'Error: disk' }]);
    rig.advance(1_000);
    expect(rig.events.slice(1)).toEqual([{ ...told, count: 2, error: 'again' }]);
    expect(rig.machine.statistics()).toMatchObject({
      dropped: { 'builtin-failed': 3 },
      builtinReplies: 3,
      failures: 0,
    });
  });

  it('an answer without frames says so', () => {
    client.request('titanic.request', 'x');
    rig.answer({ ticket: 1, body: [] });
    expect(rig.events).toMatchObject([{ cause: 'builtin-failed', error: 'it gave no frame' }]);
  });

  it('beyond maxBuiltinRequests the next is refused, until one is answered', () => {
    set({ maxBuiltinRequests: 2 });
    for (const n of ['1', '2', '3'])
      client.enveloped([n], n === '2' ? 'titanic.reply' : 'titanic.request', n);
    expect(client.takeOne()).toMatchObject({ envelope: ['3'], body: ['raspy:queue-full', '500'] });
    rig.answer({ ticket: 1, body: body('a') });
    client.takeOne();
    client.request('titanic.request', '4');
    expect(client.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ refused: 1, dropped: { 'queue-full': 1 }, failures: 1 });
  });

  it('its requests count in bytes with those that wait and those that workers have', () => {
    set({ maxTotalQueuedBytes: 3 * (2 * 384 + 1_000) });
    const big = 'x'.repeat(1_000);
    client.request('titanic.request', big);
    client.request('echo', big);
    rig.worker('worker', 'pump');
    client.request('pump', big);
    expect(rig.machine.statistics()).toMatchObject({ builtinInFlight: 1, queued: 1, inFlight: 1 });
    for (const service of ['titanic.request', 'echo', 'pump']) client.request(service, big);
    expect(client.bodies()).toEqual(Array(3).fill(['raspy:queue-full', '500']));
    rig.answer({ ticket: 1, body: body('done') });
    client.take();
    client.request('titanic.reply', big);
    client.request('titanic.reply', big);
    expect(client.bodies()).toEqual([['raspy:queue-full', '500']]);
  });

  it('where its policy is silent, a refused request is left to the client', () => {
    set({ maxBuiltinRequests: 0, service: () => ({ onWorkerLost: 'silent' }) });
    client.request('titanic.request', 'x');
    expect(client.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ refused: 1, failures: 0 });
  });

  it('a broker that has stopped drops what comes late', () => {
    client.request('titanic.request', 'x');
    rig.apply(rig.machine.stop(rig.now));
    expect(rig.machine.statistics()).toMatchObject({ builtinInFlight: 0, inFlightBytes: 0 });
    rig.answer({ ticket: 1, body: body('late') });
    expect(client.take()).toEqual([]);
  });

  it('a reply that its client does not take is counted like any other', () => {
    client.request('titanic.request', 'x');
    rig.undeliver = () => 'unreachable';
    rig.answer({ ticket: 1, body: body('a') });
    expect(rig.machine.statistics().unroutableReplies).toBe(1);
  });

  it('names that are the broker\u2019s own, empty or too long are refused, all at once', () => {
    const builtinServices = ['mmi.x', '', 'n'.repeat(4_097), 'mmi', 'my.mmi.x'];
    expect(() => resolveBrokerOptions({ builtinServices, maxBuiltinRequests: -1 })).toThrow(MdpOptionError);
    try {
      resolveBrokerOptions({ builtinServices, maxBuiltinRequests: -1 });
    } catch (error) {
      expect((error as MdpOptionError).mistakes).toHaveLength(4);
    }
    expect(resolveBrokerOptions({ builtinServices: ['a', 'a'] }).builtinServices).toEqual(['a']);
  });
});

describe('the number of workers of a service', () => {
  it('is told byte for byte whenever it changes, down to none, and to the process only', () => {
    const rig = new BrokerRig();
    const first = rig.worker('first', 'echo');
    rig.worker('second', 'echo', 2);
    first.disconnect();
    expect(rig.machine.workersOf(textFrame('echo'))).toBe(1);
    rig.advance(18_000);
    const service = textFrame('echo');
    expect(rig.signals).toEqual(
      [1, 2, 1, 0].map((workers) => ({ type: 'workers-changed', service, workers })),
    );
    expect(new Set(rig.events.map(({ type }) => type))).toEqual(
      new Set(['worker-registered', 'worker-removed']),
    );
    expect(rig.machine.workersOf(service)).toBe(0);
  });

  it('counts busy ones, and is no different for names that read alike', () => {
    const rig = new BrokerRig();
    const names = [Buffer.of(0xff), Buffer.of(0xfe)];
    names.forEach((name, i) => rig.peer(`w${i}`).send('', 'MDPW01', '\x01', name));
    rig.client('client').send('', 'MDPC01', names[0]!, 'x');
    expect(names.map((name) => rig.machine.workersOf(name))).toEqual([1, 1]);
    expect(rig.signals).toEqual(names.map((service) => ({ type: 'workers-changed', service, workers: 1 })));
  });

  it('asking makes no record', () => {
    const rig = new BrokerRig();
    rig.machine.workersOf(textFrame('ghost'));
    expect(rig.machine.statistics().servicesWithoutWorker).toBe(0);
  });
});
