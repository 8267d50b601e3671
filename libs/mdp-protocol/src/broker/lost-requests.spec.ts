import { frameText } from '@raspy/wire';
import { BrokerRig } from '../../test/support/broker-rig.js';

/** PROTOCOLS §4: the LOST rule, and workers that cannot be reached. */
describe('a request whose worker is lost', () => {
  it('K13: is not given to another by default: its client is told at once', () => {
    const rig = new BrokerRig();
    const first = rig.worker('first', 'dose');
    const second = rig.worker('second', 'dose');
    const client = rig.client('client');
    client.request('dose', '5 ml');
    first.disconnect();
    expect(second.take()).toEqual([]);
    expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
    expect(rig.machine.statistics()).toMatchObject({ lost: 1, redispatched: 0, failures: 1 });
  });

  it('is left to the time-out of its client where the policy is silent', () => {
    const rig = new BrokerRig({
      service: (name) => (name === 'dose' ? { onWorkerLost: 'silent' } : undefined),
    });
    const client = rig.client('client');
    for (const name of ['dose', 'other']) {
      const worker = rig.worker(name, name);
      client.request(name, 'x');
      worker.disconnect();
    }
    expect(client.take().map(({ service }) => service)).toEqual(['other']);
    expect(rig.eventsOf('request-lost').map(({ outcome }) => outcome)).toEqual(['silent', 'failed']);
  });

  it('K13: is given to another exactly once where two attempts are allowed, ahead of the queue', () => {
    const rig = new BrokerRig({ maxAttempts: 2 });
    const first = rig.worker('first', 'read');
    const client = rig.client('client');
    client.request('read', 'a');
    client.request('read', 'b');
    first.take();
    first.disconnect();
    const second = rig.worker('second', 'read');
    expect(second.take()).toEqual(['request:a']);
    expect(frameText(second.address)).not.toBe(frameText(first.address));
    second.disconnect();
    expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
    const third = rig.worker('third', 'read');
    expect(third.take()).toEqual(['request:b']);
    expect(rig.machine.statistics()).toMatchObject({ lost: 2, redispatched: 1, failures: 1 });
  });

  it('goes to an idle worker at once', () => {
    const rig = new BrokerRig({ maxAttempts: 2 });
    const first = rig.worker('first', 'read');
    const second = rig.worker('second', 'read');
    const client = rig.client('client');
    client.request('read', 'a');
    first.disconnect();
    second.reply('from second');
    expect(client.bodies()).toEqual([['from second']]);
  });

  it('is not repeated once a part of its reply was sent', () => {
    const rig = new BrokerRig({ maxAttempts: 5 });
    const first = rig.worker('first', 'list', 2);
    const second = rig.worker('second', 'list', 2);
    const client = rig.client('client', 2);
    client.request('list', 'x');
    first.partial('1');
    first.disconnect();
    expect(second.take()).toEqual([]);
    expect(client.bodies()).toEqual([['1'], ['raspy:worker-lost', '500']]);
  });

  it('is repeated when parts were only kept, and these are forgotten', () => {
    const rig = new BrokerRig({ maxAttempts: 2 });
    const first = rig.worker('first', 'list', 2);
    const client = rig.client('client', 1);
    client.request('list', 'x');
    first.partial('1');
    first.disconnect();
    const second = rig.worker('second', 'list', 2);
    second.partial('one');
    second.reply('200');
    expect(client.bodies()).toEqual([['one', '200']]);
  });

  it('is not repeated after it has expired', () => {
    const rig = new BrokerRig({ maxAttempts: 2 });
    const first = rig.worker('first', 'read');
    const client = rig.client('client');
    client.request('read', 'x');
    rig.advance(30_000);
    first.disconnect();
    expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
  });

  it('expires on time when it waits for a second worker that does not come', () => {
    const rig = new BrokerRig({ maxAttempts: 3, requestTtlMs: 1_000 });
    const [first, second] = [rig.worker('first', 'read'), rig.worker('second', 'read')];
    const client = rig.client('client');
    client.request('read', 'a');
    rig.advance(500);
    client.request('read', 'b');
    first.disconnect();
    second.disconnect();
    rig.advance(520);
    expect(client.bodies()).toEqual([['raspy:expired', '500']]);
    rig.advance(500);
    expect(client.bodies()).toEqual([['raspy:expired', '500']]);
    expect(rig.machine.statistics()).toMatchObject({ servicesWithoutWorker: 0, queued: 0, expired: 2 });
  });

  it('was answered already when its reply had grown too long: its client hears nothing more', () => {
    const rig = new BrokerRig({ maxAttempts: 2 });
    const worker = rig.worker('worker', 'list', 2);
    const client = rig.client('client', 1);
    client.request('list', 'x');
    worker.partial('x'.repeat(1024 * 1024 + 1));
    worker.disconnect();
    expect(client.bodies()).toEqual([['500']]);
    expect(rig.eventsOf('request-lost')[0]).toMatchObject({ outcome: 'answered' });
  });
});

describe('a worker that cannot be reached', () => {
  it('is deleted; the next one gets the request, with the same attempt', () => {
    const rig = new BrokerRig();
    const gone = rig.worker('gone', 'echo');
    const here = rig.worker('here', 'echo');
    const client = rig.client('client');
    client.request('echo', 'x');
    rig.undelivered(rig.sent.at(-1)!);
    expect(here.take()).toEqual(['request:x']);
    here.reply('y');
    expect(client.bodies()).toEqual([['y']]);
    expect(gone.take()).toEqual(['request:x']);
    expect(rig.machine.statistics()).toMatchObject({ workers: 1, lost: 0, redispatched: 0 });
    expect(rig.eventsOf('worker-removed')[0]).toMatchObject({
      worker: 'gone',
      cause: 'unreachable',
      busy: false,
    });
  });

  it('the request waits when there is no other, and expires in its time', () => {
    const rig = new BrokerRig({ requestTtlMs: 1_000 });
    rig.worker('gone', 'echo', 2);
    const client = rig.client('client');
    client.request('echo', 'x');
    rig.undelivered(rig.sent.at(-1)!);
    expect(rig.machine.statistics()).toMatchObject({ workers: 0, queued: 1, servicesWithoutWorker: 1 });
    rig.advance(1_020);
    expect(client.bodies()).toEqual([['raspy:expired', '500']]);
  });

  it('a full send queue: that worker is deleted, the others are tried a moment later, none is lost to the same jam', () => {
    const rig = new BrokerRig();
    const workers = Array.from({ length: 5 }, (_, i) => rig.worker(`w${i}`, 'echo'));
    rig.undeliver = () => 'full';
    const client = rig.client('client');
    client.request('echo', 'x');
    expect(rig.machine.statistics()).toMatchObject({ workers: 4, queued: 1 });
    rig.undeliver = () => undefined;
    client.request('echo', 'later');
    rig.advance(20);
    expect(workers[1]!.take()).toEqual(['request:x']);
    expect(workers[2]!.take()).toEqual(['request:later']);
    expect(rig.eventsOf('worker-removed')).toMatchObject([{ worker: 'w0', cause: 'full' }]);
  });

  it.each([1, 2] as const)(
    'a heartbeat that finds no version %s worker deletes it; its request is lost',
    (version) => {
      const rig = new BrokerRig();
      rig.worker('idle', 'echo', version);
      rig.worker('busy', 'job', version);
      const client = rig.client('client');
      client.request('job', 'x');
      rig.advance(3_600);
      const heartbeats = rig.sent.filter((frames) => frames.length === (version === 1 ? 4 : 3));
      expect(heartbeats).toHaveLength(2);
      for (const frames of heartbeats) rig.undelivered(frames);
      expect(rig.machine.statistics()).toMatchObject({ workers: 0, services: 0, lost: 1 });
      expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
    },
  );

  it('a heartbeat that finds a full queue changes nothing', () => {
    const rig = new BrokerRig();
    rig.worker('slow', 'echo');
    rig.undeliver = () => 'full';
    rig.advance(3_600);
    expect(rig.machine.statistics().workers).toBe(1);
  });

  it('what could not be delivered to one that has gone meanwhile is forgotten', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    client.request('echo', 'x');
    const request = rig.sent.at(-1)!;
    worker.reply('y');
    rig.undelivered(request);
    expect(rig.machine.statistics().workers).toBe(1);
    client.request('echo', 'next');
    rig.undelivered(request);
    expect(rig.machine.statistics()).toMatchObject({ workers: 1, inFlight: 1 });
    worker.reply('z');
    worker.send('', 'MDPW01', '\x09');
    const goodbye = rig.sent.at(-1)!;
    rig.undelivered(goodbye);
    rig.undelivered(request);
    rig.advance(10_000);
    expect(rig.machine.statistics()).toMatchObject({
      workers: 0,
      queued: 0,
      inFlight: 0,
      unroutableReplies: 0,
    });
  });

  it('a closed port says nothing about anyone', () => {
    const rig = new BrokerRig();
    rig.worker('worker', 'echo');
    rig.client('client').request('echo', 'x');
    rig.undelivered(rig.sent.at(-1)!, 'closed');
    expect(rig.machine.statistics()).toMatchObject({ workers: 1, inFlight: 1 });
  });
});
