import { frameKey } from '@raspy/wire';
import { BrokerRig } from '../../test/support/broker-rig.js';
import { MAX_SERVICE_BYTES } from '../codec.js';
import { pooledEntropy } from './entropy.js';
import { WAIT_BUCKETS_MS } from './wait-times.js';

/** PROTOCOLS §4, client events and dispatch. */
describe('a client request', () => {
  it('goes to the worker as it came, under an address of the broker', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.client('client').request('echo', '', 'x', '');
    expect(worker.take()).toEqual(['request:|x|']);
    expect(worker.address).toHaveLength(16);
    expect(frameKey(worker.address)).not.toContain('client');
  });

  it('each attempt has an address of its own', () => {
    const rig = new BrokerRig({ entropy: pooledEntropy() });
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      client.request('echo', String(i));
      worker.take();
      seen.add(frameKey(worker.address));
      worker.reply('ok');
    }
    expect(seen.size).toBe(500);
  });

  it('of an unknown service waits, and the service is told to nobody (D2)', () => {
    const rig = new BrokerRig();
    rig.client('client').request('ghost', 'x');
    expect(rig.mmi('mmi.service', 'ghost')).toEqual(['404']);
    expect(rig.mmi('mmi.discovery', '')).toEqual(['200']);
    expect(rig.machine.services()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ services: 0, servicesWithoutWorker: 1, queued: 1 });
  });

  it.each([
    ['X02: without body', ['', 'MDPC01', 'echo'], 'no-body'],
    ['0.2 without body', ['MDPC02', '\x01', 'echo'], 'no-body'],
    ['with an empty service name', ['', 'MDPC01', '', 'x'], 'bad-service'],
    ['with a name of 4097 bytes', ['', 'MDPC01', 'n'.repeat(MAX_SERVICE_BYTES + 1), 'x'], 'bad-service'],
    ['X01: of one frame', ['MDPC01'], 'too-short'],
    ['X07: of 0.2 behind an empty frame', ['', 'MDPC02', '\x01', 'echo', 'x'], 'unknown-header'],
    ['X10: with an envelope without delimiter', ['id', 'MDPC01', 'echo', 'x'], 'unknown-header'],
    [
      'X11: with nine correlation frames',
      ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', 'MDPC01', 'echo', 'x'],
      'bad-envelope',
    ],
  ])('%s is dropped and counted, and nothing is sent', (_what, frames, reason) => {
    const rig = new BrokerRig();
    rig.client('client').send(...frames);
    expect(rig.sent).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ requests: 0, dropped: { [reason]: 1 }, queued: 0 });
    expect(rig.mmi('mmi.service', 'echo')).toEqual(['404']);
  });

  it('has its envelope echoed exactly, and no worker sees it', () => {
    const rig = new BrokerRig();
    for (const version of [1, 2] as const) {
      const worker = rig.worker(`worker${version}`, 'echo', version);
      const client = rig.client('client', version);
      client.enveloped(['a', 'bc', 'def'], 'echo', 'x');
      expect(worker.take()).toEqual(['request:x']);
      worker.reply('y');
      expect(client.takeOne()).toMatchObject({ version, envelope: ['a', 'bc', 'def'], body: ['y'] });
      worker.disconnect();
    }
  });

  it('has its envelope echoed in failures and MMI answers as well', () => {
    const rig = new BrokerRig({ maxQueuedRequests: 0 });
    const client = rig.client('client');
    client.enveloped(['7'], 'ghost', 'x');
    expect(client.takeOne()).toMatchObject({ envelope: ['7'], body: ['raspy:queue-full', '500'] });
    client.enveloped(['8'], 'mmi.service', 'ghost');
    expect(client.takeOne()).toMatchObject({ envelope: ['8'], body: ['404'] });
  });
});

describe('dispatch', () => {
  it('goes to the least recently used worker', () => {
    const rig = new BrokerRig();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => rig.worker(id, 'echo')) as [
      ReturnType<BrokerRig['worker']>,
      ReturnType<BrokerRig['worker']>,
      ReturnType<BrokerRig['worker']>,
    ];
    const client = rig.client('client');
    const order: string[] = [];
    const serve = (): void => {
      client.request('echo', 'x');
      const worker = [a, b, c].find(({ id }) => rig.inbox(id).length > 0)!;
      order.push(worker.id);
      worker.reply('y');
    };
    for (let i = 0; i < 4; i++) serve();
    c.disconnect();
    for (let i = 0; i < 3; i++) serve();
    expect(order.join('')).toBe('abca' + 'bab');
  });

  it('is first in, first out, one request at a time for each worker', () => {
    const rig = new BrokerRig();
    const client = rig.client('client');
    for (const job of ['1', '2', '3', '4']) client.request('echo', job);
    const a = rig.worker('a', 'echo');
    const b = rig.worker('b', 'echo');
    expect([a.take(), b.take()]).toEqual([['request:1'], ['request:2']]);
    b.reply('done 2');
    expect([a.take(), b.take()]).toEqual([[], ['request:3']]);
    a.reply('done 1');
    expect(a.take()).toEqual(['request:4']);
    expect(client.bodies()).toEqual([['done 2'], ['done 1']]);
  });

  it('K02: five requests that wait for one worker are all served without a sixth', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    for (let i = 0; i < 5; i++) client.request('echo', String(i));
    for (let i = 0; i < 5; i++) {
      expect(worker.take()).toEqual([`request:${i}`]);
      worker.reply(`done ${i}`);
    }
    expect(client.bodies()).toHaveLength(5);
  });

  it('K03: a worker that replies while its client uses another service returns to its own', () => {
    const rig = new BrokerRig();
    const a = rig.worker('a', 'service.a');
    const b = rig.worker('b', 'service.b');
    const client = rig.client('client');
    client.request('service.a', 'for a');
    client.request('service.b', 'for b');
    b.reply('from b');
    a.reply('from a');
    expect(client.take().map(({ service, body }) => [service, ...body])).toEqual([
      ['service.b', 'from b'],
      ['service.a', 'from a'],
    ]);
    expect(rig.machine.services()).toEqual([
      { name: 'service.a', idle: 1, busy: 0, queued: 0 },
      { name: 'service.b', idle: 1, busy: 0, queued: 0 },
    ]);
  });

  it('K04: a worker that said DISCONNECT gets no request more; the next goes elsewhere at once', () => {
    const rig = new BrokerRig();
    const a = rig.worker('a', 'echo');
    const b = rig.worker('b', 'echo');
    a.disconnect();
    rig.client('client').request('echo', 'x');
    expect([a.take(), b.take()]).toEqual([[], ['request:x']]);
  });

  it('K04: a request that crossed the parting of a worker was not begun: it goes elsewhere, as the same attempt', () => {
    const rig = new BrokerRig();
    const leaving = rig.worker('leaving', 'echo');
    const client = rig.client('client');
    for (const text of ['one', 'two', 'three']) client.request('echo', text);
    leaving.reply('one done');
    // The broker has handed it the second by now; it has not read that.
    leaving.part();
    const other = rig.worker('other', 'echo');
    other.reply('two done');
    other.reply('three done');
    expect(client.bodies()).toEqual([['one done'], ['two done'], ['three done']]);
    expect(rig.machine.statistics()).toMatchObject({ lost: 0, redispatched: 0, workers: 1, inFlight: 0 });
  });

  it('K04: a request that a parting worker has seen is lost, and so is one of a worker that appends anything else', () => {
    const rig = new BrokerRig();
    for (const [name, last] of [
      ['seen', undefined],
      ['stranger', Buffer.alloc(16, 1)],
    ] as const) {
      const worker = rig.worker(name, 'echo');
      const client = rig.client(`client of ${name}`);
      client.request('echo', 'first');
      client.request('echo', 'second');
      worker.reply('done');
      worker.take();
      worker.part(last);
      expect(client.bodies()).toEqual([['done'], ['raspy:worker-lost', '500']]);
    }
  });

  it('K22: ten requests at workers of different speed: each client gets its own reply', () => {
    const rig = new BrokerRig();
    const workers = Array.from({ length: 10 }, (_, i) => rig.worker(`w${i}`, 'echo'));
    const clients = workers.map((_, i) => rig.client(`c${i}`));
    clients.forEach((client, i) => client.request('echo', `job ${i}`));
    for (const worker of [...workers].reverse()) worker.reply(worker.take()[0]!.replace('request:', 'done '));
    expect(clients.map((client) => client.bodies())).toEqual(clients.map((_, i) => [[`done job ${i}`]]));
  });

  it('tells how long it waited for its first worker', () => {
    const rig = new BrokerRig({ maxAttempts: 2 });
    const waits = () => rig.machine.statistics().waits;
    const idle = rig.worker('idle', 'echo');
    rig.client('client').request('echo', 'at once');
    expect(waits()).toEqual({ counts: [1, ...WAIT_BUCKETS_MS.map(() => 0)], sumMs: 0 });
    rig.client('client').request('echo', 'later');
    rig.advance(200);
    // The one that it had has waited before, and does not count anew.
    idle.disconnect();
    rig.worker('a', 'echo');
    rig.worker('b', 'echo');
    const counts = waits().counts.map((count, bucket) => [WAIT_BUCKETS_MS[bucket] ?? Infinity, count]);
    expect(counts.filter(([, count]) => count! > 0)).toEqual([
      [0, 1],
      [250, 1],
    ]);
    expect(waits().sumMs).toBe(200);
  });

  it('services do not share workers', () => {
    const rig = new BrokerRig();
    const a = rig.worker('a', 'one');
    rig.client('client').request('two', 'x');
    expect(a.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ queued: 1, services: 1, servicesWithoutWorker: 1 });
  });

  it('a service with neither worker nor request is forgotten', () => {
    const rig = new BrokerRig();
    rig.client('client').request('echo', 'x');
    const worker = rig.worker('worker', 'echo');
    worker.reply('y');
    worker.disconnect();
    expect(rig.machine.statistics()).toMatchObject({ services: 0, servicesWithoutWorker: 0, queuedBytes: 0 });
  });
});

describe('requests that wait too long (D12, K24)', () => {
  it('are answered raspy:expired after 30 s, and never executed', () => {
    const rig = new BrokerRig();
    const client = rig.client('client');
    client.request('ghost', 'x');
    rig.advance(29_999);
    expect(client.take()).toEqual([]);
    rig.advance(21);
    expect(client.bodies()).toEqual([['raspy:expired', '500']]);
    const late = rig.worker('late', 'ghost');
    expect(late.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ expired: 1, queued: 0, queuedBytes: 0 });
  });

  it('for devices after 2 s', () => {
    const rig = new BrokerRig();
    const client = rig.client('client');
    client.request('pi.fake.devices', 'x');
    client.request('pi.fake.devicess', 'x');
    rig.advance(2_020);
    expect(client.take()).toMatchObject([{ service: 'pi.fake.devices', body: ['raspy:expired', '500'] }]);
  });

  it('a longer life for all does not make orders to devices live longer; the service option does', () => {
    const rig = new BrokerRig({
      requestTtlMs: 60_000,
      service: (name) => (name === 'slow.devices' ? { requestTtlMs: 10_000 } : undefined),
    });
    const client = rig.client('client');
    for (const name of ['a.devices', 'slow.devices', 'other']) client.request(name, 'x');
    rig.advance(2_020);
    expect(client.take().map(({ service }) => service)).toEqual(['a.devices']);
    rig.advance(8_000);
    expect(client.take().map(({ service }) => service)).toEqual(['slow.devices']);
    rig.advance(50_000);
    expect(client.take().map(({ service }) => service)).toEqual(['other']);
  });

  it('are skipped at dispatch, however busy the machine is', () => {
    const rig = new BrokerRig();
    const client = rig.client('client');
    client.request('echo', 'old');
    rig.suspend(20_000);
    client.request('echo', 'young');
    rig.suspend(10_000);
    const worker = rig.worker('worker', 'echo');
    expect(worker.take()).toEqual(['request:young']);
    expect(client.bodies()).toEqual([['raspy:expired', '500']]);
  });

  it('say nothing where the policy is silent', () => {
    const rig = new BrokerRig({ onWorkerLost: 'silent' });
    const client = rig.client('client');
    client.request('ghost', 'x');
    rig.advance(31_000);
    expect(client.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ expired: 1, failures: 0, dropped: { expired: 1 } });
  });

  it('a great many that expire together are ended in pieces', () => {
    const rig = new BrokerRig();
    const client = rig.client('client');
    for (let i = 0; i < 1_200; i++) client.request('ghost', 'x');
    rig.suspend(31_000);
    rig.tick();
    expect(client.take()).toHaveLength(500);
    rig.advance(40);
    expect(client.take()).toHaveLength(700);
  });
});

describe('bounds', () => {
  it('of requests for one service: the next is refused, with raspy:queue-full', () => {
    const rig = new BrokerRig({ maxQueuedRequests: 2 });
    const client = rig.client('client');
    for (const job of ['1', '2', '3']) client.request('echo', job);
    client.request('other', 'x');
    expect(client.take()).toMatchObject([{ service: 'echo', body: ['raspy:queue-full', '500'] }]);
    expect(rig.machine.statistics()).toMatchObject({ refused: 1, queued: 3, dropped: { 'queue-full': 1 } });
  });

  it('of bytes for one service', () => {
    const rig = new BrokerRig({ maxQueuedBytes: 2_000 });
    const client = rig.client('client');
    client.request('echo', 'x'.repeat(500));
    client.request('echo', 'x'.repeat(500));
    client.request('other', 'x'.repeat(500));
    expect(client.take()).toMatchObject([{ service: 'echo', body: ['raspy:queue-full', '500'] }]);
    expect(rig.machine.statistics().queued).toBe(2);
  });

  it('empty frames are not free', () => {
    const rig = new BrokerRig({ maxQueuedBytes: 38_000 });
    const client = rig.client('client');
    client.request('echo', ...Array.from({ length: 100 }, () => ''));
    expect(client.bodies()).toEqual([['raspy:queue-full', '500']]);
  });

  it('of requests over all services', () => {
    const rig = new BrokerRig({ maxTotalQueuedRequests: 3 });
    const client = rig.client('client');
    for (const name of ['a', 'b', 'c', 'd']) client.request(name, 'x');
    expect(client.take()).toMatchObject([{ service: 'd', body: ['raspy:queue-full', '500'] }]);
    expect(rig.machine.statistics()).toMatchObject({ queued: 3, servicesWithoutWorker: 3 });
  });

  it('of bytes over all services', () => {
    const rig = new BrokerRig({ maxTotalQueuedBytes: 3_000 });
    const client = rig.client('client');
    for (const name of ['a', 'b', 'c']) client.request(name, 'x'.repeat(500));
    expect(client.take()).toMatchObject([{ service: 'c', body: ['raspy:queue-full', '500'] }]);
  });

  it('of bytes over all services: what workers have counts too, until they have answered', () => {
    const rig = new BrokerRig({ maxTotalQueuedBytes: 3_000 });
    const [one, two, three] = ['one', 'two', 'three'].map((id) => rig.worker(id, id));
    const client = rig.client('client');
    for (const name of ['one', 'two', 'three']) client.request(name, 'x'.repeat(500));
    expect(client.take()).toMatchObject([{ service: 'three', body: ['raspy:queue-full', '500'] }]);
    expect(rig.machine.statistics()).toMatchObject({
      inFlight: 2,
      inFlightBytes: 2 * (500 + 2 * 384),
      refused: 1,
    });
    client.request('none', 'x'.repeat(500));
    expect(client.bodies()).toEqual([['raspy:queue-full', '500']]);
    one!.reply('y');
    client.request('three', 'z'.repeat(500));
    expect(client.bodies()).toEqual([['y']]);
    expect(three!.take()).toEqual([`request:${'z'.repeat(500)}`]);
    two!.disconnect();
    three!.reply('y');
    expect(rig.machine.statistics()).toMatchObject({ inFlight: 0, inFlightBytes: 0 });
  });

  it('a request that was taken is not refused when its worker is lost: it goes back, and to another', () => {
    const rig = new BrokerRig({ maxTotalQueuedBytes: 1_000, maxQueuedBytes: 1_000, maxAttempts: 2 });
    const first = rig.worker('first', 'echo');
    const client = rig.client('client');
    client.request('echo', 'x');
    client.request('echo', 'no room');
    expect(client.bodies()).toEqual([['raspy:queue-full', '500']]);
    first.disconnect();
    expect(rig.machine.statistics()).toMatchObject({
      queued: 1,
      queuedBytes: 769,
      inFlight: 0,
      inFlightBytes: 0,
    });
    const second = rig.worker('second', 'echo');
    expect(rig.machine.statistics()).toMatchObject({
      queued: 0,
      queuedBytes: 0,
      inFlight: 1,
      inFlightBytes: 769,
    });
    second.reply('y');
    expect(client.bodies()).toEqual([['y']]);
    expect(rig.machine.statistics()).toMatchObject({ inFlight: 0, inFlightBytes: 0, refused: 1 });
  });

  it.each([
    ['bytes', { maxMessageBytes: 200 }, ['x'.repeat(100), 'x'.repeat(100)]],
    ['frames', { maxMessageFrames: 9 }, ['', '', '', '', '', '']],
  ])('of %s in one message: it is dropped unread, its client gets nothing', (_what, bound, body) => {
    const rig = new BrokerRig(bound);
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    client.request('echo', ...body);
    expect([client.take(), worker.take()]).toEqual([[], []]);
    expect(rig.machine.statistics()).toMatchObject({ requests: 0, workers: 1, dropped: { oversized: 1 } });
    expect(rig.eventsOf('dropped')).toMatchObject([{ cause: 'oversized', count: 1, peer: 'client' }]);
    client.request('echo', ...body.slice(1));
    worker.reply('y');
    expect(client.bodies()).toEqual([['y']]);
  });

  it('a worker whose reply is oversized: DISCONNECT, deleted, its request is lost', () => {
    const rig = new BrokerRig({ maxMessageBytes: 200 });
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    client.request('echo', 'x');
    worker.reply('x'.repeat(100), 'x'.repeat(100));
    expect(worker.take()).toEqual(['disconnect']);
    expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
    expect(rig.eventsOf('worker-removed')).toMatchObject([{ cause: 'invalid', busy: true }]);
    expect(rig.machine.statistics()).toMatchObject({
      workers: 0,
      inFlightBytes: 0,
      dropped: { oversized: 1 },
    });
  });

  it('of services without a worker; what has a worker is served', () => {
    const rig = new BrokerRig({ maxServicesWithoutWorker: 2 });
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    for (const name of ['a', 'b', 'c', 'a', 'echo']) client.request(name, 'x');
    expect(client.take()).toMatchObject([{ service: 'c', body: ['raspy:queue-full', '500'] }]);
    expect(worker.take()).toEqual(['request:x']);
    expect(rig.machine.statistics()).toMatchObject({ servicesWithoutWorker: 2, queued: 3 });
  });

  it('a silent service drops what it cannot take', () => {
    const rig = new BrokerRig({ maxQueuedRequests: 0, service: () => ({ onWorkerLost: 'silent' }) });
    const client = rig.client('client');
    client.request('ghost', 'x');
    expect(client.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ refused: 1, failures: 0, servicesWithoutWorker: 0 });
  });

  it('a queue that may hold nothing still serves through an idle worker', () => {
    const rig = new BrokerRig({ maxQueuedRequests: 0 });
    const worker = rig.worker('worker', 'echo');
    rig.client('client').request('echo', 'x');
    expect(worker.take()).toEqual(['request:x']);
  });
});

describe('the bridge between 0.1 and 0.2 (PROTOCOLS §3)', () => {
  it('a client of 0.1 gets all partial replies of a worker of 0.2 in one', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'list', 2);
    const client = rig.client('client', 1);
    client.request('list', 'keys');
    worker.partial('k1');
    worker.partial('k2', 'k3');
    expect(client.take()).toEqual([]);
    worker.reply('200');
    expect(client.takeOne()).toMatchObject({ kind: 'final', version: 1, body: ['k1', 'k2', 'k3', '200'] });
  });

  it('a client of 0.2 gets the REPLY of a worker of 0.1 as FINAL', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo', 1);
    const client = rig.client('client', 2);
    client.request('echo', 'x');
    worker.reply('y');
    expect(client.takeOne()).toMatchObject({ kind: 'final', version: 2, body: ['y'] });
  });

  it.each([
    ['1000 frames', 1_000, () => ['x']],
    ['1 MiB', 1_024, () => ['x'.repeat(1_024)]],
  ])('up to %s are kept; over it the client gets 500, once', (_what, most, part) => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'list', 2);
    const client = rig.client('client', 1);
    client.request('list', 'fits');
    for (let i = 0; i < Math.min(most, 1_000); i++) worker.partial(...part());
    worker.reply('200');
    expect(client.takeOne().body.at(-1)).toBe('200');
    client.request('list', 'too long');
    for (let i = 0; i <= most; i++) worker.partial(...part());
    expect(client.bodies()).toEqual([['500']]);
    worker.partial('more');
    worker.reply('200');
    expect(client.take()).toEqual([]);
    expect(rig.machine.statistics()).toMatchObject({ inFlight: 0, replies: 1 });
    client.request('list', 'next');
    expect(worker.take()).toEqual(['request:next']);
  });
});

describe('replies that do not arrive', () => {
  it('K18 D30: a client that has gone is counted, and the worker is idle all the same', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    client.request('echo', 'x');
    worker.reply('y');
    rig.undelivered(rig.sent.at(-1)!, 'unreachable');
    client.request('echo', 'next');
    expect(worker.take()).toEqual(['request:next']);
    expect(rig.machine.statistics()).toMatchObject({
      unroutableReplies: 1,
      dropped: { 'reply-unroutable': 1 },
    });
  });

  it('K18: a client that does not read is counted', () => {
    const rig = new BrokerRig();
    rig.worker('worker', 'echo', 2).take();
    const client = rig.client('client', 2);
    client.request('mmi.service', 'echo');
    rig.undelivered(rig.sent.at(-1)!, 'full');
    expect(rig.machine.statistics()).toMatchObject({
      unroutableReplies: 0,
      dropped: { 'reply-queue-full': 1 },
    });
    expect(rig.machine.statistics().workers).toBe(1);
  });

  it('a peer that is worker and client keeps its registration when only a reply is lost on its queue', () => {
    const rig = new BrokerRig();
    rig.worker('both', 'echo');
    rig.client('both').enveloped(['MDPW01', 'MDPW01'], 'mmi.service', 'echo');
    rig.undelivered(rig.sent.at(-1)!, 'unreachable');
    expect(rig.machine.statistics()).toMatchObject({ workers: 1, unroutableReplies: 1 });
  });
});
