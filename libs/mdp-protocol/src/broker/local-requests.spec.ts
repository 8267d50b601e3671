import { textFrame } from '@raspy/wire';
import { BrokerRig, type RawWorker } from '../../test/support/broker-rig.js';

describe('a request of the process itself', () => {
  let rig: BrokerRig;
  beforeEach(() => {
    rig = new BrokerRig({ builtinServices: ['titanic.request'] });
  });

  it('goes to an idle worker, and gets its reply', () => {
    const worker = rig.worker('worker', 'echo');
    const ticket = rig.request('echo', ['a', '', 'b']);
    expect(worker.take()).toEqual(['request:a||b']);
    worker.reply('done', '200');
    expect(rig.outcomes(ticket)).toEqual([['done', '200']]);
    expect(rig.machine.statistics()).toMatchObject({
      requests: 1,
      localRequests: 1,
      replies: 1,
      inFlight: 0,
    });
  });

  it('waits in line with those of clients, first come, first served', () => {
    const client = rig.client('client');
    client.request('echo', '1');
    rig.request('echo', ['2'], 60_000);
    client.request('echo', '3');
    rig.request('echo', ['4']);
    rig.request('echo', ['5'], 40);
    const worker = rig.worker('worker', 'echo');
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(...worker.take());
      worker.reply('done');
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5'].map((n) => `request:${n}`));
  });

  it('is told apart from a reply that merely looks like a failure of the broker', () => {
    const worker = rig.worker('worker', 'echo');
    const ticket = rig.request('echo', ['x']);
    worker.reply('raspy:worker-lost', '500');
    expect(rig.outcomes(ticket)).toEqual([['raspy:worker-lost', '500']]);
    rig.request('echo', ['x']);
    worker.disconnect();
    expect(rig.outcomes(2)).toEqual(['raspy:worker-lost']);
  });

  it('gets partial replies in front of the last, up to the bounds of a client of 0.1', () => {
    const worker = rig.worker('worker', 'echo', 2);
    const ticket = rig.request('echo', ['x']);
    worker.partial('a');
    worker.partial('b', 'c');
    expect(rig.outcomes(ticket)).toEqual([]);
    worker.reply('200');
    expect(rig.outcomes(ticket)).toEqual([['a', 'b', 'c', '200']]);
    const over = rig.request('echo', ['x']);
    worker.partial(...Array<string>(1_001).fill('p'));
    expect(rig.outcomes(over)).toEqual([['500']]);
    worker.reply('200');
    expect(rig.outcomes(over)).toEqual([['500']]);
  });

  describe('that waits', () => {
    it('expires with the policy of its service, or after the time that it was given, be that less or more', () => {
      const plain = rig.request('echo', ['x']);
      const short = rig.request('echo', ['x'], 50);
      const long = rig.request('echo', ['x'], 40_000);
      const ever = rig.request('echo', ['x'], Infinity);
      rig.advance(49);
      expect(rig.outcomes(short)).toEqual([]);
      rig.advance(21);
      expect(rig.outcomes(short)).toEqual(['raspy:expired']);
      rig.advance(30_000);
      expect(rig.outcomes(plain)).toEqual(['raspy:expired']);
      expect(rig.outcomes(long)).toEqual([]);
      rig.advance(10_000);
      expect(rig.outcomes(long)).toEqual(['raspy:expired']);
      rig.advance(86_400_000);
      expect(rig.outcomes(ever)).toEqual([]);
      expect(rig.machine.nextDeadline).toBe(Infinity);
      const worker = rig.worker('worker', 'echo');
      worker.reply('at last');
      expect(rig.outcomes(ever)).toEqual([['at last']]);
    });

    it('expires on time behind one that lives longer, and in front of one', () => {
      const client = rig.client('client');
      rig.request('echo', ['x'], 100_000);
      client.request('echo', 'x');
      const behind = rig.request('echo', ['x'], 1_000);
      rig.advance(1_020);
      expect(rig.outcomes(behind)).toEqual(['raspy:expired']);
      expect(client.take()).toEqual([]);
      rig.advance(29_000);
      expect(client.bodies()).toEqual([['raspy:expired', '500']]);
      expect(rig.machine.statistics()).toMatchObject({ queued: 1, expired: 2 });
    });

    it('never reaches a worker after its time, even if nothing has swept', () => {
      const ticket = rig.request('echo', ['x'], 10);
      rig.suspend(11);
      const worker = rig.worker('worker', 'echo');
      expect(worker.take()).toEqual([]);
      expect(rig.outcomes(ticket)).toEqual(['raspy:expired']);
    });

    it('many of them expire one by one, and leave nothing behind', () => {
      const tickets = Array.from({ length: 2_000 }, (_, i) =>
        rig.request('echo', ['x'], 10 + ((i * 7) % 500)),
      );
      rig.advance(540);
      expect(tickets.every((ticket) => rig.outcomes(ticket).length === 1)).toBe(true);
      expect(rig.machine.statistics()).toMatchObject({ queued: 0, queuedBytes: 0, servicesWithoutWorker: 0 });
    });
  });

  describe.each(['fail', 'silent'] as const)('under the policy %s', (onWorkerLost) => {
    let worker: RawWorker;
    beforeEach(() => {
      rig = new BrokerRig({ onWorkerLost, maxQueuedRequests: 1 });
      worker = rig.worker('worker', 'echo');
    });

    it('is told of a lost worker, and so is the operator', () => {
      const ticket = rig.request('echo', ['x']);
      worker.disconnect();
      expect(rig.outcomes(ticket)).toEqual(['raspy:worker-lost']);
      expect(rig.eventsOf('request-lost')).toMatchObject([{ outcome: 'failed' }]);
      expect(rig.machine.statistics()).toMatchObject({ lost: 1, failures: 1 });
    });

    it('is told of a full queue, and of its own expiry', () => {
      rig.request('echo', ['a']);
      const waits = rig.request('echo', ['b']);
      const refused = rig.request('echo', ['c']);
      expect(rig.outcomes(refused)).toEqual(['raspy:queue-full']);
      rig.advance(30_020);
      expect(rig.outcomes(waits)).toEqual(['raspy:expired']);
    });
  });

  it('is refused beyond maxServicesWithoutWorker, and leaves no record', () => {
    rig = new BrokerRig({ maxServicesWithoutWorker: 1 });
    rig.request('one', ['x']);
    expect(rig.outcomes(rig.request('two', ['x']))).toEqual(['raspy:queue-full']);
    expect(rig.machine.statistics().servicesWithoutWorker).toBe(1);
  });

  it('goes to another worker as often as the policy allows, its parts forgotten', () => {
    rig = new BrokerRig({ maxAttempts: 2 });
    const first = rig.worker('first', 'echo', 2);
    const second = rig.worker('second', 'echo', 2);
    const ticket = rig.request('echo', ['x'], 60_000);
    first.partial('lost');
    first.disconnect();
    second.partial('kept');
    second.reply('200');
    expect(rig.outcomes(ticket)).toEqual([['kept', '200']]);
    const again = rig.request('echo', ['x'], 60_000);
    second.disconnect();
    expect(rig.outcomes(again)).toEqual([]);
    rig.worker('third', 'echo').disconnect();
    expect(rig.outcomes(again)).toEqual(['raspy:worker-lost']);
  });

  it('one that a worker never saw goes back to the head, and still expires at its own time', () => {
    rig.undeliver = (frames) => (frames.length > 4 ? 'full' : undefined);
    rig.worker('worker', 'echo');
    const ticket = rig.request('echo', ['x'], 500);
    expect(rig.machine.statistics()).toMatchObject({ queued: 1, inFlight: 0 });
    rig.advance(520);
    expect(rig.outcomes(ticket)).toEqual(['raspy:expired']);
  });

  it('for mmi.* is answered at once, with its frames in front', () => {
    rig.worker('worker', 'echo');
    expect(rig.outcomes(rig.request('mmi.service', ['a', 'echo']))).toEqual([['a', '200']]);
    expect(rig.outcomes(rig.request('mmi.service', ['titanic.request']))).toEqual([['200']]);
    expect(rig.outcomes(rig.request('mmi.ghost', ['x']))).toEqual([['501']]);
    expect(rig.machine.statistics()).toMatchObject({ requests: 3, mmiRequests: 3, localRequests: 3 });
  });

  it('for a built-in service goes to its handler, whose failure is a reply', () => {
    const ticket = rig.request('titanic.request', ['x']);
    expect(rig.builtinRequests()).toEqual([{ ticket: 1, service: 'titanic.request', body: ['x'] }]);
    rig.answer({ ticket: 1, body: [textFrame('200')] });
    expect(rig.outcomes(ticket)).toEqual([['200']]);
    const failed = rig.request('titanic.request', ['x']);
    rig.answer({ ticket: 2, error: 'no' });
    expect(rig.outcomes(failed)).toEqual([['500']]);
    expect(rig.events).toMatchObject([{ cause: 'builtin-failed', peer: '', error: 'no' }]);
  });

  it('is nothing to a broker that has not begun, or has stopped', () => {
    rig.apply(rig.machine.stop(rig.now));
    expect(rig.outcomes(rig.request('mmi.service', ['x']))).toEqual([]);
    expect(rig.machine.statistics().requests).toBe(0);
  });
});
