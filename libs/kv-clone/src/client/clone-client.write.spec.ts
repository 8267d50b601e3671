import { frameText } from '@raspy/wire';
import { CloneRig, type RigOptions } from '../../test/support/clone-rig.js';
import { encodeSetIfReply } from '../codec.js';

/** A client that writes, with a connection to its server. */
function writer(options: RigOptions = {}): CloneRig {
  const rig = new CloneRig({ read: false, ...options });
  rig.up('collector');
  return rig;
}

describe('CloneClient writes', () => {
  it('at once while the connection stands, on either wire', () => {
    for (const wire of ['chp', 'kvmsg'] as const) {
      const rig = writer({ wire });
      rig.write('/a', '1');
      rig.write('/a', '');
      expect(rig.collected()).toEqual(['/a=1', '/a=']);
    }
  });

  it('with a time to live in whole seconds', () => {
    const rig = writer();
    rig.write('/a', '1', { ttlMs: 1_001 });
    expect(rig.collected()).toEqual(['/a=1 ttl=2']);
  });

  it('tells of its connection when it has no picture to tell of', () => {
    const rig = new CloneRig({ read: false });
    expect([...rig.ports.keys()]).toEqual(['collector']);
    rig.up('collector');
    rig.down('collector');
    rig.advance(100);
    rig.up('collector');
    expect(rig.events.map((event) => (event.type === 'status' ? event.status : ''))).toEqual([
      'synced',
      'stale',
      'synced',
    ]);
    expect(rig.machine).toMatchObject({ size: 0, seq: 0n, exists: false, restoredSeq: 0n });
    expect(rig.machine.get('/a')).toBeUndefined();
  });

  it('what is written without a connection waits, the latest of each key, in the order of the last', () => {
    const rig = new CloneRig({ read: false });
    rig.write('/a', '1');
    rig.write('/b', '1');
    rig.write('/a', '2');
    rig.write('/c', '1', { ttlMs: 1_000 });
    rig.write('/d', '1', { ttlMs: 10_000 });
    rig.advance(1_000);
    rig.up('collector');
    // What has waited lives no longer for it.
    expect(rig.collected()).toEqual(['/b=1', '/a=2', '/d=1 ttl=9']);
    expect(rig.count).toMatchObject({ superseded: 1, expiredPending: 1, pending: 0, sent: 3 });
  });

  it('takes no more than may wait', () => {
    const spec = (key: string, body: string): Parameters<CloneRig['machine']['refuses']>[0] => ({
      key: Buffer.from(key),
      body: Buffer.from(body),
      ttlMs: undefined,
      mayWait: true,
    });
    const rig = new CloneRig({ read: false, maxPendingKeys: 2, maxPendingBytes: 20 });
    rig.write('/a', '1');
    rig.write('/b', '1');
    expect(rig.machine.refuses(spec('/c', '1'))).toBe('too-many');
    expect(rig.machine.refuses(spec('/a', '2'))).toBeUndefined();
    expect(rig.machine.refuses(spec('/a', '1234567890123456'))).toBe('too-many');
    expect(rig.machine.refuses(spec('/a', '123456789012345'))).toBeUndefined();
    expect(rig.machine.refuses({ ...spec('/a', '1'), mayWait: false })).toBe('offline');
    rig.write('/c', 'dropped');
    expect(rig.count.abandoned).toBe(1);
    rig.up('collector');
    expect(rig.collected()).toEqual(['/a=1', '/b=1']);
    expect(rig.machine.refuses({ ...spec('/a', '1'), mayWait: false })).toBeUndefined();
    expect(new CloneRig({ write: false }).machine.refuses(spec('/a', '1'))).toBe('offline');
  });

  it('what a full socket refuses is sent a little later, in order, and nothing overtakes it', () => {
    const rig = writer();
    let room = 2;
    rig.takes = () => room-- > 0;
    for (const key of ['/a', '/b', '/c', '/d']) rig.write(key, '1');
    rig.write('/c', '2');
    expect(rig.collected()).toEqual(['/a=1', '/b=1']);
    expect(rig.count).toMatchObject({ refused: 1, pending: 2 });
    room = 1;
    rig.advance(5);
    expect(rig.collected()).toEqual(['/d=1']);
    room = 100;
    rig.advance(5);
    expect(rig.collected()).toEqual(['/c=2']);
    rig.write('/a', '2');
    expect(rig.collected()).toEqual(['/a=2']);
  });

  it('the latest of a key that is refused is sent later, though older ones of it are still in the socket', () => {
    const rig = writer();
    rig.confirms = false;
    rig.write('/a', '1');
    const [first] = rig.takeSent('collector');
    rig.takes = () => false;
    for (const body of ['2', '3']) rig.write('/a', body);
    expect(rig.count).toMatchObject({ pending: 1 });
    rig.takes = () => true;
    rig.step((now) => rig.machine.delivered(now, 'collector', first!.frames));
    rig.advance(5);
    expect(rig.collected()).toEqual(['/a=3']);
    rig.down('collector');
    rig.advance(100);
    rig.up('collector');
    // Nobody has confirmed it.
    expect(rig.collected()).toEqual(['/a=3']);
  });

  it('much that waits after a refusal is sent in pieces', () => {
    const rig = writer();
    rig.takes = () => false;
    for (let i = 0; i < 500; i++) rig.write(`/${String(i).padStart(3, '0')}`, '1');
    rig.takes = () => true;
    const pieces: number[] = [];
    const all: string[] = [];
    while (rig.count.pending > 0) {
      rig.advance(5);
      const piece = rig.collected();
      pieces.push(piece.length);
      all.push(...piece);
    }
    expect(pieces).toEqual([200, 200, 100]);
    expect(all).toEqual([...all].sort());
  });

  it('what the socket had not handed on when the connection broke is sent again, but not what may not wait', () => {
    const rig = writer();
    rig.confirms = false;
    rig.write('/a', '1');
    rig.write('/a', '2');
    rig.write('/b', '1');
    rig.write('/event', 'now', { mayWait: false });
    const [first, second, third] = rig.takeSent('collector');
    for (const { frames } of [first!, second!])
      rig.step((now) => rig.machine.delivered(now, 'collector', frames));
    rig.down('collector');
    rig.step((now) => rig.machine.link(now, 'collector', true));
    expect(rig.collected()).toEqual([]);
    rig.advance(100);
    expect(rig.opened.collector).toBe(2);
    rig.write('/c', '1');
    rig.up('collector');
    expect(rig.collected()).toEqual(['/b=1', '/c=1']);
    expect(rig.count.abandoned).toBe(1);
    // Confirmations of messages that it no longer knows harm nothing.
    rig.step((now) => rig.machine.delivered(now, 'collector', third!.frames));
    rig.step((now) => rig.machine.undelivered(now, 'collector', [], 'full'));
  });

  it('a connection that breaks again and again is made anew at a pace, until something has left over it', () => {
    const rig = writer();
    const pauses: number[] = [];
    for (let i = 0; i < 5; i++) {
      if (i === 3) rig.write('/a', '1');
      rig.down('collector');
      const from = rig.now;
      while (!rig.ports.has('collector')) rig.advance(10);
      pauses.push(rig.now - from);
      rig.up('collector');
    }
    expect(pauses).toEqual([100, 200, 400, 100, 200]);
  });

  it('a later update that waits is not replaced by an earlier one that comes back', () => {
    const rig = writer();
    rig.confirms = false;
    rig.write('/a', '1');
    rig.write('/b', '1');
    const [a] = rig.takeSent('collector');
    rig.takes = () => false;
    rig.write('/c', '1');
    rig.write('/a', '2');
    rig.step((now) => rig.machine.undelivered(now, 'collector', a!.frames, 'full'));
    rig.takes = () => true;
    rig.advance(5);
    expect(rig.collected()).toEqual(['/c=1', '/a=2']);
  });
});

describe('CloneClient keeps alive', () => {
  it('repeats three times within the time to live, until the key is written again', () => {
    const rig = writer();
    rig.write('/a', '1', { ttlMs: 6_000, keepAlive: true });
    rig.write('/b', '1', { ttlMs: 2_000, keepAlive: true });
    expect(rig.collected()).toEqual(['/a=1 ttl=6', '/b=1 ttl=2']);
    rig.advance(999);
    expect(rig.collected()).toEqual([]);
    rig.advance(1);
    expect(rig.collected()).toEqual(['/b=1 ttl=2']);
    rig.write('/b', '2');
    rig.collected();
    rig.advance(3_000);
    expect(rig.collected()).toEqual(['/a=1 ttl=6', '/a=1 ttl=6']);
    rig.write('/a', '');
    rig.collected();
    rig.advance(60_000);
    expect(rig.collected()).toEqual([]);
    expect(rig.count.keptAlive).toBe(0);
  });

  it('repeats at once when the connection stands again, each once', () => {
    const rig = writer();
    rig.write('/a', '1', { ttlMs: 6_000, keepAlive: true });
    rig.down('collector');
    rig.write('/b', '1', { ttlMs: 6_000, keepAlive: true });
    rig.advance(30_000);
    rig.collected();
    rig.up('collector');
    expect(rig.collected()).toEqual(['/a=1 ttl=6', '/b=1 ttl=6']);
    rig.advance(2_000);
    expect(rig.collected().sort()).toEqual(['/a=1 ttl=6', '/b=1 ttl=6']);
  });

  it('deletes when it is closed, if it can', () => {
    const rig = writer();
    rig.write('/a', '1', { ttlMs: 6_000, keepAlive: true });
    rig.collected();
    rig.step((now) => rig.machine.close(now));
    expect(rig.collected()).toEqual(['/a=']);
    const cut = new CloneRig({ read: false });
    cut.write('/a', '1', { ttlMs: 6_000, keepAlive: true });
    cut.step((now) => cut.machine.close(now));
    expect(cut.collected()).toEqual([]);
  });
});

describe('CloneClient sets on condition', () => {
  const outcomes = (rig: CloneRig): string[] =>
    rig.events.flatMap((event) => {
      if (event.type !== 'setif') return [];
      const { outcome } = event;
      return [`${event.id} ${outcome.type}${'seq' in outcome ? ` ${String(outcome.seq)}` : ''}`];
    });

  it('over the connection for snapshots, which it opens for it', () => {
    const rig = writer();
    rig.setIf('/a', '1', 0n);
    expect(rig.opened.snapshot).toBe(1);
    rig.up('snapshot');
    rig.setIf('/a', '2', 0n);
    rig.serve();
    expect(outcomes(rig)).toEqual(['1 made 1', '2 conflict 1']);
    expect(rig.count).toMatchObject({ conditionals: 2, conditionalsPending: 0 });
  });

  it('and ends on the errors of the server', () => {
    const rig = writer();
    rig.setIf('/a', '1', 0n);
    rig.up('snapshot');
    rig.reply(encodeSetIfReply(Buffer.from('0000000000000007', 'hex'), '400', 0, 'key-too-long'));
    expect(rig.events.at(-1)).toEqual({
      type: 'setif',
      id: 1,
      outcome: { type: 'refused', reason: 'key-too-long' },
    });
    rig.reply(encodeSetIfReply(Buffer.from('0000000000000007', 'hex'), '200', 1));
    expect(rig.count.unexpectedReplies).toBe(1);
    rig.reply(rig.server.state());
    expect(rig.count.unexpectedReplies).toBe(2);
  });

  it('sent and not answered, it may have been made; not sent, it was not', () => {
    const rig = writer();
    rig.setIf('/a', '1', 0n, 100);
    rig.advance(100);
    rig.setIf('/a', '2', 0n, 1_000);
    rig.up('snapshot');
    rig.advance(1_000);
    rig.setIf('/a', '3', 0n);
    rig.setIf('/a', '4', 0n, Infinity);
    rig.down('snapshot');
    rig.takes = () => false;
    rig.setIf('/a', '5', 0n);
    rig.advance(250);
    rig.up('snapshot');
    expect(outcomes(rig)).toEqual(['1 unsent', '2 unknown', '3 unknown', '4 unknown', '5 unsent']);
  });

  it('waits for a connection, and is sent once', () => {
    const rig = writer();
    rig.setIf('/a', '1', 0n);
    rig.down('snapshot');
    expect(rig.ports.has('snapshot')).toBe(false);
    rig.advance(250);
    rig.up('snapshot');
    expect(rig.asked()).toEqual(['setif']);
  });

  it('joining and healing leave those under way alone, as long as the connection is not in doubt', () => {
    const rig = new CloneRig();
    rig.setIf('/a', '1', 0n);
    rig.up('snapshot');
    rig.up('updates');
    rig.publish(rig.server.hugz());
    rig.serve();
    expect(rig.status).toBe('synced');
    rig.setIf('/a', '2', 1n);
    rig.server.set('/b', 'lost');
    rig.set('/b', 'x');
    expect(rig.asked()).toEqual(['count 1', 'setif', 'state', 'icanhaz']);
    expect(rig.opened.snapshot).toBe(1);
    expect(outcomes(rig)).toEqual(['1 made 1']);
    rig.setIf('/a', '3', 1n, Infinity);
    rig.idleUpdates(5_500);
    expect(rig.opened.snapshot).toBe(2);
    expect(outcomes(rig)).toEqual(['1 made 1', '2 unknown', '3 unknown']);
  });

  it('one that opened its connection before the updates stood again keeps it', () => {
    const rig = CloneRig.synced();
    rig.down('updates');
    rig.down('snapshot');
    rig.advance(300);
    rig.setIf('/a', '1', 0n);
    const { snapshot } = rig.opened;
    rig.up('updates');
    rig.publish(rig.server.hugz());
    rig.up('snapshot');
    rig.serve();
    expect(rig.opened.snapshot).toBe(snapshot);
    expect(outcomes(rig)).toEqual(['1 made 1']);
    expect(rig.status).toBe('synced');
  });

  it('no more than 1,000 at once, and none that is closed', () => {
    const rig = writer();
    for (let i = 0; i < 1_000; i++) rig.setIf('/a', '1', 0n);
    expect(rig.machine.conditionalsFull).toBe(true);
    rig.setIf('/a', '1', 0n);
    expect(outcomes(rig)).toEqual(['1001 unsent']);
    rig.up('snapshot');
    rig.setIf('/b', '1', 0n);
    rig.clear();
    rig.step((now) => rig.machine.close(now));
    expect(outcomes(rig)).toHaveLength(1_000);
    expect(outcomes(rig)[0]).toBe('1 unknown');
    rig.clear();
    rig.setIf('/b', '1', 0n);
    expect(outcomes(rig)).toEqual(['1003 unsent']);
  });
});

describe('CloneClient, closed', () => {
  it('does nothing more', () => {
    const rig = CloneRig.synced();
    rig.step((now) => rig.machine.close(now));
    const frames = rig.server.set('/a', '1');
    rig.step((now) => rig.machine.close(now));
    rig.receive('updates', frames);
    rig.step((now) => rig.machine.tick(now));
    rig.step((now) => rig.machine.link(now, 'updates', false));
    rig.step((now) => rig.machine.undelivered(now, 'collector', frames, 'closed'));
    rig.write('/a', '1');
    expect(rig.events).toEqual([]);
    expect(rig.machine.nextDeadline).toBe(Infinity);
    expect(frameText(frames[0]!)).toBe('/a');
  });
});
