import { BrokerRig } from '../../test/support/broker-rig.js';

const INTERVAL = 3_500;
const EXPIRY = 17_500;

/** PROTOCOLS §5, the broker's part. */
describe('heartbeats of the broker', () => {
  it('D13: go to idle and busy workers alike, once an interval', () => {
    const rig = new BrokerRig();
    const idle = rig.worker('idle', 'echo', 1);
    const busy = rig.worker('busy', 'job', 2);
    rig.client('client').request('job', 'x');
    busy.take();
    rig.every(INTERVAL, 4, () => {
      idle.heartbeat();
      busy.heartbeat();
    });
    expect(idle.take()).toEqual(Array(4).fill('heartbeat'));
    expect(busy.take()).toEqual(Array(4).fill('heartbeat'));
  });

  it('are not sent to a worker that was sent a request in the last interval', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    rig.every(3_000, 10, () => {
      client.request('echo', 'x');
      expect(worker.take()).toEqual(['request:x']);
      worker.reply('y');
    });
    rig.advance(INTERVAL);
    expect(worker.take()).toEqual(['heartbeat']);
  });

  it('keep their interval whatever the traffic of others', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.worker('other', 'other');
    const client = rig.client('client');
    rig.every(100, 100, () => client.request('ghost', 'x'));
    expect(worker.take()).toEqual(['heartbeat', 'heartbeat']);
  });

  it('to more workers than one sweep serves go out in pieces, to each of them once', () => {
    const rig = new BrokerRig();
    const workers = Array.from({ length: 1_200 }, (_, i) => rig.worker(`w${i}`, 'echo'));
    rig.advance(INTERVAL);
    expect(rig.sent).toHaveLength(500);
    rig.advance(60);
    expect(rig.sent).toHaveLength(1_200);
    expect(workers.every((worker) => worker.take().length === 1)).toBe(true);
  });

  it('deadlines are gathered: a thousand workers cost at most fifty sweeps a second', () => {
    const rig = new BrokerRig();
    for (let i = 0; i < 1_000; i++) {
      rig.worker(`w${i}`, 'echo');
      rig.advance(1);
    }
    let sweeps = 0;
    rig.advance(1_000, () => sweeps++);
    expect(sweeps).toBeLessThanOrEqual(51);
  });
});

describe('expiry', () => {
  it('K01 D3: every silent worker expires, not only the oldest in the list', () => {
    const rig = new BrokerRig();
    const first = rig.worker('first', 'echo');
    rig.worker('second', 'echo');
    rig.every(INTERVAL, 5, () => first.heartbeat());
    expect(rig.machine.statistics().workers).toBe(1);
    rig.client('client').request('echo', 'x');
    expect(first.take()).toContain('request:x');
  });

  it('K09: an idle worker that heartbeats stays for ten times the expiry', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.every(INTERVAL, 50, () => worker.heartbeat());
    expect(rig.machine.statistics()).toMatchObject({ workers: 1, workersRegistered: 1, workersRemoved: 0 });
    expect(new Set(worker.take())).toEqual(new Set(['heartbeat']));
  });

  it('K10: is interval times liveness, whatever these are', () => {
    const rig = new BrokerRig({ heartbeatIntervalMs: 100, heartbeatLiveness: 3 });
    rig.worker('worker', 'echo');
    rig.advance(299);
    expect(rig.machine.statistics().workers).toBe(1);
    rig.advance(1);
    expect(rig.machine.statistics().workers).toBe(0);
  });

  it('K12: a handler of three expiries whose worker heartbeats is not expired; its reply arrives once', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'long');
    const client = rig.client('client');
    client.request('long', 'x');
    rig.every(INTERVAL, 15, () => worker.heartbeat());
    expect(worker.take()).toEqual(['request:x', ...Array<string>(15).fill('heartbeat')]);
    worker.reply('y');
    expect(client.bodies()).toEqual([['y']]);
  });

  it('a busy worker that cannot heartbeat has 60 s', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'long');
    const client = rig.client('client');
    rig.advance(10_000);
    client.request('long', 'x');
    rig.advance(59_000);
    worker.reply('y');
    expect(client.bodies()).toEqual([['y']]);
  });

  it('the busy expiry may be another for a service, and shorter than everything else', () => {
    const rig = new BrokerRig({ service: (name) => (name === 'quick' ? { busyExpiryMs: 500 } : undefined) });
    rig.worker('worker', 'quick');
    const client = rig.client('client');
    client.request('quick', 'x');
    rig.advance(500);
    expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
  });

  it('a worker that has heartbeated while busy has the ordinary expiry from then on', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'long');
    const client = rig.client('client');
    client.request('long', 'x');
    rig.advance(1_000);
    worker.heartbeat();
    rig.advance(EXPIRY - 1);
    expect(client.take()).toEqual([]);
    rig.advance(1);
    expect(client.bodies()).toEqual([['raspy:worker-lost', '500']]);
  });

  it('also for its next request', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'long');
    const client = rig.client('client');
    client.request('long', 'x');
    worker.heartbeat();
    worker.reply('y');
    client.request('long', 'x');
    rig.advance(EXPIRY);
    expect(client.bodies()).toEqual([['y'], ['raspy:worker-lost', '500']]);
  });

  it('a heartbeat that crossed a request was sent idle: a long silence and then a reply say so', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'long');
    const client = rig.client('client');
    client.request('long', 'x');
    worker.heartbeat();
    rig.advance(3 * INTERVAL);
    worker.reply('y');
    client.request('long', 'x');
    rig.advance(59_000);
    worker.reply('z');
    expect(client.bodies()).toEqual([['y'], ['z']]);
  });

  it('K06: a service is told while its worker is busy, and no longer after the last has expired', () => {
    const rig = new BrokerRig();
    rig.worker('worker', 'echo');
    const client = rig.client('client');
    client.request('echo', 'x');
    rig.advance(59_000);
    expect(rig.mmi('mmi.service', 'echo')).toEqual(['200']);
    rig.advance(1_000);
    expect(rig.mmi('mmi.service', 'echo')).toEqual(['404']);
  });

  it('K20: after expiry nothing more is sent to the old id, and the new one serves', () => {
    const rig = new BrokerRig();
    const old = rig.worker('old', 'echo');
    rig.advance(EXPIRY);
    old.take();
    const fresh = rig.worker('fresh', 'echo');
    rig.client('client').request('echo', 'x');
    rig.every(INTERVAL, 3, () => fresh.heartbeat());
    expect(old.take()).toEqual([]);
    expect(fresh.take()[0]).toBe('request:x');
  });
});

describe('a process that was suspended (K30)', () => {
  it('expires nobody for it; all get one interval of grace', () => {
    const rig = new BrokerRig();
    const idle = rig.worker('idle', 'echo');
    const busy = rig.worker('busy', 'job');
    rig.worker('dead', 'echo');
    const client = rig.client('client');
    client.request('job', 'x');
    busy.heartbeat();
    rig.suspend(30_000);
    rig.tick();
    expect(rig.eventsOf('stalled')).toEqual([{ type: 'stalled', lateMs: 30_000 - INTERVAL }]);
    expect(rig.machine.statistics().workers).toBe(3);
    expect([idle.take(), busy.take()]).toEqual([['heartbeat'], ['request:x', 'heartbeat']]);
    idle.heartbeat();
    busy.heartbeat();
    rig.advance(INTERVAL - 1);
    expect(rig.machine.statistics().workers).toBe(3);
    rig.advance(1);
    expect(rig.machine.statistics().workers).toBe(2);
    expect(rig.eventsOf('worker-removed')).toMatchObject([{ worker: 'dead', cause: 'expired' }]);
    expect(rig.eventsOf('worker-registered')).toHaveLength(3);
  });

  it('a little lateness is none', () => {
    const rig = new BrokerRig();
    rig.worker('worker', 'echo');
    rig.suspend(2 * INTERVAL);
    rig.tick();
    expect(rig.eventsOf('stalled')).toEqual([]);
  });

  it('requests that waited too long meanwhile have waited too long', () => {
    const rig = new BrokerRig();
    const client = rig.client('client');
    client.request('pump.devices', 'on');
    rig.suspend(30_000);
    rig.tick();
    expect(client.bodies()).toEqual([['raspy:expired', '500']]);
  });
});

describe('settings that differ (K10)', () => {
  function cadence(intervalMs: number, times: number): { rig: BrokerRig; hints: readonly object[] } {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.every(intervalMs, times, () => worker.heartbeat());
    return { rig, hints: rig.eventsOf('heartbeat-mismatch') };
  }

  it.each([2_000, 2_500, 3_500, 5_000, 6_500])('heartbeats every %s ms are no mismatch', (intervalMs) => {
    expect(cadence(intervalMs, 40).hints).toEqual([]);
  });

  it.each([
    [500, 'fast'],
    [1_700, 'fast'],
    [8_000, 'slow'],
    [15_000, 'slow'],
  ])('heartbeats every %s ms are reported as %s, once', (intervalMs, hint) => {
    const { hints } = cadence(intervalMs, 40);
    expect(hints).toEqual([
      {
        type: 'heartbeat-mismatch',
        worker: 'worker',
        service: 'echo',
        hint,
        observedMs: intervalMs,
        expectedMs: INTERVAL,
      },
    ]);
  });

  it('a broker of 10 s tells of a worker of 2 s before that one gives up, after 10 s', () => {
    const rig = new BrokerRig({ heartbeatIntervalMs: 10_000 });
    const worker = rig.worker('worker', 'echo');
    rig.every(2_000, 4, () => worker.heartbeat());
    expect(rig.eventsOf('heartbeat-mismatch')).toMatchObject([{ hint: 'fast', observedMs: 2_000 }]);
  });

  it('a worker that expires for its long interval, and then goes on, is reported each time', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.every(20_000, 2, () => {
      worker.heartbeat();
      expect(worker.take()).toContain('disconnect');
      worker.ready('echo');
    });
    expect(rig.eventsOf('heartbeat-mismatch')).toMatchObject([
      { hint: 'returned', observedMs: 20_000, expectedMs: EXPIRY },
      { hint: 'returned', observedMs: 20_000, expectedMs: EXPIRY },
    ]);
  });

  it('a worker that expired and said READY again has noticed: its past is forgotten', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.advance(EXPIRY);
    worker.ready('echo');
    worker.disconnect();
    worker.heartbeat();
    expect(rig.eventsOf('heartbeat-mismatch')).toEqual([]);
  });

  it('a heartbeat of a peer never seen says nothing', () => {
    const rig = new BrokerRig();
    rig.peer('stranger').heartbeat();
    expect(rig.eventsOf('heartbeat-mismatch')).toEqual([]);
  });

  it('only so many expired workers are remembered, the latest of them', () => {
    const rig = new BrokerRig();
    const workers = Array.from({ length: 300 }, (_, i) => rig.worker(`w${i}`, 'echo'));
    rig.advance(EXPIRY);
    for (const worker of workers) worker.heartbeat();
    const hints = rig.eventsOf('heartbeat-mismatch');
    expect(hints).toHaveLength(256);
    expect(hints.at(-1)).toMatchObject({ worker: 'w299' });
  });

  it('what comes in all at once after a suspension is no rhythm', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.every(INTERVAL, 3, () => worker.heartbeat());
    rig.suspend(30_000);
    for (let i = 0; i < 9; i++) worker.heartbeat();
    rig.tick();
    rig.every(INTERVAL, 10, () => worker.heartbeat());
    expect(rig.eventsOf('heartbeat-mismatch')).toEqual([]);
  });

  it('the pauses of a worker that is busy are no rhythm', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    const client = rig.client('client');
    rig.every(3_000, 10, () => {
      worker.heartbeat();
      client.request('echo', 'x');
      rig.advance(20_000);
      worker.reply('y');
    });
    expect(rig.eventsOf('heartbeat-mismatch')).toEqual([]);
  });
});

describe('the end', () => {
  it('D11: stop says DISCONNECT to every worker, idle or busy, in its version', () => {
    const rig = new BrokerRig();
    const workers = [rig.worker('a', 'echo', 1), rig.worker('b', 'job', 2), rig.worker('c', 'job', 1)];
    const client = rig.client('client');
    client.request('job', 'x');
    client.request('ghost', 'x');
    rig.apply(rig.machine.stop(rig.now));
    expect(workers.map((worker) => worker.take().at(-1))).toEqual(['disconnect', 'disconnect', 'disconnect']);
    expect(rig.machine.statistics()).toMatchObject({
      workers: 0,
      services: 0,
      queued: 0,
      queuedBytes: 0,
      inFlight: 0,
    });
  });

  it('after stop nothing is done any more', () => {
    const rig = new BrokerRig();
    const worker = rig.worker('worker', 'echo');
    rig.client('client').request('ghost', 'x');
    rig.apply(rig.machine.stop(rig.now));
    expect(rig.machine.nextDeadline).toBe(Infinity);
    const before = rig.sent.length;
    worker.ready('echo');
    worker.heartbeat();
    rig.undelivered(rig.sent[0] ?? []);
    rig.tick();
    expect(rig.machine.stop(rig.now)).toEqual([]);
    expect(rig.sent).toHaveLength(before);
    expect(rig.machine.link()).toEqual([]);
  });
});
