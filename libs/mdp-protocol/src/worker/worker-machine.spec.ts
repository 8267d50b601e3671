import { DISCONNECT, HEARTBEAT, READY, WorkerRig } from '../../test/support/worker-rig.js';
import { frames } from '../../test/support/rig.js';

describe('a worker registers', () => {
  it('sends READY when the connection stands, in the form of its version', () => {
    const one = new WorkerRig();
    expect(one.log).toEqual(['open broker']);
    expect(one.wire()).toEqual([]);
    one.up('broker');
    expect(one.wire()).toEqual([READY]);
    expect(one.told()).toEqual(['ready']);

    const two = new WorkerRig({ version: 2 });
    two.up('broker');
    expect(two.wire()).toEqual(['MDPW02|\\x01|echo']);
  });

  it('waits for a broker as long as it takes, without asking for ticks', () => {
    const rig = new WorkerRig();
    expect(rig.worker.nextDeadline).toBe(Infinity);
    rig.advance(1e9);
    expect(rig.log).toEqual(['open broker']);
  });

  it('registers again on every new connection, on a new socket', () => {
    const rig = WorkerRig.ready();
    rig.signal('heartbeat');
    rig.advance(1_000);
    rig.down('broker');
    expect(rig.told()).toEqual(['disconnected']);
    expect(rig.log).toEqual(['open broker', 'close broker', 'open broker']);
    rig.takeSent();
    rig.up('broker');
    expect(rig.wire()).toEqual([READY]);
    expect(rig.told()).toEqual(['ready']);
  });
});

describe('signs of life', () => {
  it('K12: go out every interval, idle or busy', () => {
    const rig = WorkerRig.ready();
    rig.advance(999);
    expect(rig.wire()).toEqual([]);
    rig.advance(1);
    expect(rig.wire()).toEqual([HEARTBEAT]);
    rig.request('a', 'slow');
    for (let i = 0; i < 20; i++) {
      rig.advance(1_000);
      rig.signal('heartbeat');
      expect(rig.wire()).toEqual([HEARTBEAT]);
    }
    rig.reply(1, 'done');
    expect(rig.wire()).toEqual(['|MDPW01|\\x03|a||done']);
  });

  it('are not needed while something else was sent', () => {
    const rig = WorkerRig.ready();
    rig.advance(600);
    rig.request('a', 'x');
    rig.reply(1, 'y');
    rig.takeSent();
    rig.advance(999);
    expect(rig.wire()).toEqual([]);
    rig.advance(1);
    expect(rig.wire()).toEqual([HEARTBEAT]);
  });

  it('0.2 has other bytes for them', () => {
    const rig = WorkerRig.ready({ version: 2 });
    rig.advance(1_000);
    expect(rig.wire()).toEqual(['MDPW02|\\x05']);
  });

  it('K09: as long as the broker heartbeats, nothing is reopened', () => {
    const rig = WorkerRig.ready();
    for (let i = 0; i < 100; i++) {
      rig.advance(4_999);
      rig.signal('heartbeat');
    }
    expect(rig.log).toEqual(['open broker']);
    expect(rig.told()).toEqual([]);
  });

  it('K08: a broker silent for interval × liveness is gone: close, wait the reconnect delay, open, READY', () => {
    const rig = WorkerRig.ready();
    rig.advance(4_999);
    expect(rig.log).toEqual(['open broker']);
    rig.advance(1);
    expect(rig.log).toEqual(['open broker', 'close broker']);
    expect(rig.told()).toEqual(['disconnected']);
    rig.advance(2_999);
    expect(rig.log).toHaveLength(2);
    rig.advance(1);
    expect(rig.log).toEqual(['open broker', 'close broker', 'open broker']);
    rig.takeSent();
    rig.up('broker');
    expect(rig.wire()).toEqual([READY]);
  });

  it.each([
    [0, 2_400],
    [0.5, 3_000],
    [1, 3_600],
  ])('the delay has ±20 %% jitter: random %d gives %d ms', (random, delay) => {
    const rig = WorkerRig.ready({ random: () => random });
    rig.advance(5_000);
    rig.advance(delay - 1);
    expect(rig.log).toHaveLength(2);
    rig.advance(1);
    expect(rig.log).toHaveLength(3);
  });

  it('K10: liveness is derived from the interval', () => {
    const rig = WorkerRig.ready({ heartbeatIntervalMs: 10, heartbeatLiveness: 3 });
    rig.advance(29);
    expect(rig.log).toHaveLength(1);
    rig.advance(1);
    expect(rig.log).toEqual(['open broker', 'close broker']);
  });

  it('a request counts as a sign of life, a malformed message does not', () => {
    const rig = WorkerRig.ready();
    rig.advance(4_000);
    rig.request('a', 'x');
    rig.reply(1, 'y');
    rig.advance(4_000);
    rig.receive('broker', frames('', 'MDPW01', '?'));
    rig.advance(999);
    expect(rig.log).toHaveLength(1);
    rig.advance(1);
    expect(rig.log).toEqual(['open broker', 'close broker']);
  });

  it('K30: after its own process was stopped, the broker has an interval to be heard', () => {
    const rig = WorkerRig.ready();
    rig.now = 60_000;
    rig.step((now) => rig.worker.tick(now));
    expect(rig.log).toEqual(['open broker']);
    expect(rig.wire()).toEqual([HEARTBEAT]);
    rig.signal('heartbeat');
    rig.advance(4_000);
    expect(rig.log).toEqual(['open broker']);
    rig.now = 120_000;
    rig.step((now) => rig.worker.tick(now));
    rig.advance(999);
    expect(rig.log).toEqual(['open broker']);
    rig.advance(1);
    expect(rig.log).toEqual(['open broker', 'close broker']);
  });
});

describe('requests', () => {
  it('are served one at a time; the reply goes to the address that came with the request', () => {
    const rig = WorkerRig.ready();
    rig.request('token-1', 'a', '', 'b');
    expect(rig.told()).toEqual(['job 1: a  b']);
    rig.reply(1, 'x', '', '200');
    expect(rig.wire()).toEqual(['|MDPW01|\\x03|token-1||x||200']);
    rig.request('token-2', 'c');
    expect(rig.told()).toEqual(['job 2: c']);
    rig.reply(2, '200');
    expect(rig.wire()).toEqual(['|MDPW01|\\x03|token-2||200']);
    expect(rig.worker.counters).toMatchObject({ requests: 2, replies: 2, discardedReplies: 0 });
  });

  it('a second REQUEST while one is served is a protocol error: the request at work is lost, the session ends', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.request('b', 'y');
    expect(rig.told()).toEqual(['job 1: x', 'lost 1: protocol-error', 'disconnected']);
    expect(rig.worker.counters).toMatchObject({ protocolErrors: 1, requests: 1 });
    expect(rig.log.slice(1)).toEqual(['close broker', 'open broker']);
  });

  it('malformed messages are ignored and counted', () => {
    const rig = WorkerRig.ready();
    rig.receive('broker', []);
    rig.receive('broker', frames('', 'MDPW02', '\x02', 'a', '', 'x'));
    rig.receive('broker', frames('', 'MDPW01', '\x02', 'a', 'x'));
    rig.receive('broker', frames('', 'MDPW01', '\x02', 'a', ''));
    rig.receive('broker', frames('', 'MDPC01', 'echo', 'x'));
    expect(rig.told()).toEqual([]);
    expect(rig.worker.counters.malformed).toBe(5);
    expect(rig.log).toEqual(['open broker']);
  });

  it('a reply to nothing is discarded', () => {
    const rig = WorkerRig.ready();
    rig.reply(7, 'x');
    rig.request('a', 'x');
    rig.reply(1, 'y');
    rig.reply(1, 'y');
    expect(rig.wire()).toHaveLength(1);
    expect(rig.worker.counters.discardedReplies).toBe(2);
  });
});

describe('a lost session', () => {
  it.each<[string, string, (rig: WorkerRig) => void]>([
    ['its connection breaks', 'link-down', (rig) => rig.down('broker')],
    ['the broker says DISCONNECT', 'disconnected', (rig) => rig.signal('disconnect')],
    ['the broker is silent', 'silence', (rig) => rig.advance(5_000)],
  ])('K20: when %s, the reply of its request reaches nobody', (_, reason, end) => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.takeEvents();
    end(rig);
    expect(rig.told()).toEqual([`lost 1: ${reason}`, 'disconnected']);
    rig.reply(1, 'too late');
    rig.advance(10_000);
    rig.takeSent();
    rig.up('broker');
    expect(rig.wire()).toEqual([READY]);
    expect(rig.worker.counters).toMatchObject({ discardedReplies: 1, replies: 0, sessionsLost: 1 });
  });

  it('the next begins when the lost request is answered, so that never two are at work', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.down('broker');
    rig.takeSent();
    rig.up('broker');
    expect(rig.wire()).toEqual([]);
    expect(rig.worker.busy).toBe(true);
    rig.advance(60_000);
    rig.partial(1, 'p');
    rig.reply(1, 'x');
    expect(rig.wire()).toEqual([READY]);
    expect(rig.worker.busy).toBe(false);
    expect(rig.worker.counters.discardedReplies).toBe(2);
  });

  it('a request that was lost and answered without connection does not hold the next session up', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.down('broker');
    rig.reply(1, 'x');
    rig.takeSent();
    rig.up('broker');
    expect(rig.wire()).toEqual([READY]);
  });

  it('nothing is sent in answer to DISCONNECT, and the first costs no delay', () => {
    const rig = WorkerRig.ready();
    rig.signal('disconnect');
    expect(rig.wire()).toEqual([]);
    expect(rig.log).toEqual(['open broker', 'close broker', 'open broker']);
    rig.up('broker');
    expect(rig.wire()).toEqual([READY]);
  });

  it('messages of the old session are none of the new', () => {
    const rig = WorkerRig.ready();
    rig.signal('disconnect');
    rig.takeEvents();
    rig.request('a', 'x');
    rig.signal('disconnect');
    expect(rig.told()).toEqual([]);
  });

  it('a reply that the socket does not take ends the session: the broker would believe the worker busy for ever', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.refuse = () => true;
    rig.reply(1, 'y');
    expect(rig.log).toEqual(['open broker', 'close broker', 'open broker']);
    rig.refuse = () => false;
    rig.up('broker');
    expect(rig.wire()).toEqual([READY]);
  });
});

describe('a broker that refuses', () => {
  function refuse(rig: WorkerRig): void {
    rig.up('broker');
    rig.signal('disconnect');
  }

  it('is tried again at once, then after delays that grow up to a bound: no hot loop', () => {
    const rig = new WorkerRig();
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      refuse(rig);
      const at = rig.now;
      while (!rig.open.has('broker')) rig.advance(100);
      delays.push(rig.now - at);
    }
    expect(delays).toEqual([0, 3_000, 6_000, 12_000, 24_000, 24_000, 24_000, 24_000]);
  });

  it('shows as refused, and READY alone does not hide it', () => {
    const rig = new WorkerRig();
    refuse(rig);
    expect(rig.told()).toEqual(['ready', 'disconnected']);
    refuse(rig);
    expect(rig.told()).toEqual(['ready', 'refused']);
    rig.advance(3_000);
    refuse(rig);
    rig.advance(6_000);
    rig.up('broker');
    expect(rig.told()).toEqual([]);
    rig.signal('heartbeat');
    expect(rig.told()).toEqual(['ready']);
  });

  it('shows as refused also after a session that was accepted', () => {
    const rig = WorkerRig.ready();
    rig.signal('heartbeat');
    rig.advance(1_000);
    rig.signal('disconnect');
    refuse(rig);
    expect(rig.told().at(-1)).toBe('refused');
  });

  it('has accepted when it says nothing for an interval', () => {
    const rig = new WorkerRig();
    refuse(rig);
    refuse(rig);
    rig.advance(3_000);
    rig.takeEvents();
    rig.up('broker');
    rig.advance(999);
    expect(rig.told()).toEqual([]);
    rig.advance(1);
    expect(rig.told()).toEqual(['ready']);
  });

  it('a session that lasted makes the next failure the first again', () => {
    const rig = new WorkerRig();
    refuse(rig);
    refuse(rig);
    rig.advance(3_000);
    rig.up('broker');
    rig.signal('heartbeat');
    rig.advance(1_000);
    rig.signal('disconnect');
    expect(rig.open.has('broker')).toBe(true);
  });

  it('connections that break at once are no hot loop either', () => {
    const rig = new WorkerRig();
    let opened = 0;
    while (rig.now < 60_000) {
      if (rig.open.has('broker')) {
        rig.up('broker');
        rig.down('broker');
        opened++;
      } else rig.advance(100);
    }
    expect(opened).toBeLessThan(10);
  });
});

describe('partial replies', () => {
  it('travel as PARTIAL in 0.2, before FINAL', () => {
    const rig = WorkerRig.ready({ version: 2 });
    rig.request('a', 'list');
    rig.partial(1, 'k1');
    rig.partial(1, 'k2', 'k3');
    rig.reply(1, '200');
    expect(rig.wire()).toEqual(['MDPW02|\\x03|a||k1', 'MDPW02|\\x03|a||k2|k3', 'MDPW02|\\x04|a||200']);
  });

  it('are held for the REPLY in 0.1', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'list');
    rig.partial(1, 'k1');
    rig.partial(1, 'k2', 'k3');
    expect(rig.wire()).toEqual([]);
    rig.reply(1, '200');
    expect(rig.wire()).toEqual(['|MDPW01|\\x03|a||k1|k2|k3|200']);
    rig.request('b', 'list');
    rig.reply(2, '200');
    expect(rig.wire()).toEqual(['|MDPW01|\\x03|b||200']);
  });

  it.each<[string, string[], number]>([
    ['1,000 frames', ['k'], 1_000],
    ['1 MiB', ['k'.repeat(2_048)], 512],
  ])('up to %s are held in 0.1; more makes the reply 500', (_, body, most) => {
    const rig = WorkerRig.ready();
    rig.request('a', 'list');
    for (let i = 0; i < most; i++) rig.partial(1, ...body);
    expect(rig.told()).toEqual(['job 1: list']);
    rig.partial(1, ...body);
    rig.partial(1, ...body);
    expect(rig.told()).toEqual(['overflow 1']);
    rig.reply(1, '200');
    expect(rig.wire()).toEqual(['|MDPW01|\\x03|a||500']);
  });
});

describe('a worker that stops', () => {
  it('K04: says DISCONNECT at once when idle', () => {
    const rig = WorkerRig.ready();
    rig.stop();
    expect(rig.wire()).toEqual([DISCONNECT]);
    expect(rig.told()).toEqual(['stopped']);
    rig.stop();
    rig.abandon();
    rig.advance(100_000);
    rig.signal('disconnect');
    expect(rig.wire()).toEqual([]);
    expect(rig.log).toEqual(['open broker']);
  });

  it('finishes the request at work, heartbeats meanwhile, then says DISCONNECT', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.takeEvents();
    rig.stop();
    expect(rig.told()).toEqual([]);
    rig.advance(1_000);
    rig.signal('heartbeat');
    expect(rig.wire()).toEqual([HEARTBEAT]);
    rig.reply(1, 'y');
    expect(rig.wire()).toEqual(['|MDPW01|\\x03|a||y', DISCONNECT]);
    expect(rig.told()).toEqual(['stopped']);
  });

  it('K04: names the last request it has seen to a broker that gives tokens for addresses, and only there', () => {
    const token = '0123456789abcdef';
    for (const [address, parting] of [
      [token, `${DISCONNECT}|${token}`],
      ['\0abcd', DISCONNECT],
    ] as const) {
      const rig = WorkerRig.ready();
      rig.request(address, 'x');
      rig.reply(1, 'y');
      rig.wire();
      rig.stop();
      expect(rig.wire()).toEqual([parting]);
    }
  });

  it('takes no further request meanwhile', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.stop();
    rig.request('b', 'y');
    expect(rig.told()).toEqual(['job 1: x', 'lost 1: protocol-error']);
    rig.reply(1, 'x');
    expect(rig.told()).toEqual(['stopped']);
    expect(rig.wire()).toEqual([]);
  });

  it('past its deadline lets the request go, and still says DISCONNECT', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.stop();
    rig.takeEvents();
    rig.abandon();
    expect(rig.told()).toEqual(['lost 1: deadline', 'stopped']);
    expect(rig.wire()).toEqual([DISCONNECT]);
    rig.reply(1, 'too late');
    expect(rig.wire()).toEqual([]);
  });

  it('has nobody to tell without connection', () => {
    const rig = new WorkerRig();
    rig.stop();
    expect(rig.told()).toEqual(['stopped']);
    expect(rig.wire()).toEqual([]);
    const waiting = WorkerRig.ready();
    waiting.advance(5_000);
    waiting.takeEvents();
    waiting.takeSent();
    waiting.stop();
    expect(waiting.told()).toEqual(['stopped']);
    expect(waiting.wire()).toEqual([]);
    expect(waiting.worker.nextDeadline).toBe(Infinity);
  });

  it('waits for a lost request to be answered, connected or not, but registers no more', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.down('broker');
    rig.up('broker');
    rig.takeEvents();
    rig.stop();
    expect(rig.open.has('broker')).toBe(false);
    expect(rig.told()).toEqual([]);
    rig.reply(1, 'x');
    expect(rig.told()).toEqual(['stopped']);
    expect(rig.wire()).toEqual([]);
  });

  it('a session that ends while the last request is served is not begun anew', () => {
    const rig = WorkerRig.ready();
    rig.request('a', 'x');
    rig.stop();
    rig.down('broker');
    rig.advance(60_000);
    expect(rig.open.has('broker')).toBe(false);
    rig.abandon();
    expect(rig.told()).toEqual(['job 1: x', 'lost 1: link-down', 'stopped']);
    expect(rig.wire()).toEqual([]);
  });
});
