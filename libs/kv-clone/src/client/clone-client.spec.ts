import { CloneRig } from '../../test/support/clone-rig.js';
import { emptyItem, ModelServer } from '../../test/support/model-server.js';
import { encodeSnapshotEnd } from '../codec.js';
import { subtreeFrame } from '../subtree.js';

const statuses = (rig: CloneRig): string[] =>
  rig.events.flatMap((event) => (event.type === 'status' ? [event.status] : []));

describe('CloneClient joins', () => {
  it('opens what it needs, and asks once its subscription is live', () => {
    const rig = new CloneRig({ subtree: 'a' });
    expect([...rig.ports]).toEqual([
      ['updates', 'opening'],
      ['collector', 'opening'],
    ]);
    rig.up('updates');
    expect(rig.opened.snapshot).toBe(0);
    rig.publish(rig.server.hugz());
    rig.up('snapshot');
    expect(rig.asked()).toEqual(['state', 'icanhaz']);
    expect(rig.status).toBe('syncing');
    rig.reply(...rig.server.snapshot(subtreeFrame('a')));
    expect(statuses(rig)).toEqual(['synced']);
  });

  it('waits 1.5 s for the keep-alive of a server that sends none', () => {
    const rig = new CloneRig();
    rig.up('updates');
    rig.advance(1_499);
    expect(rig.opened.snapshot).toBe(0);
    rig.advance(1);
    expect(rig.opened.snapshot).toBe(1);
  });

  it('any update tells that the subscription is live', () => {
    const rig = new CloneRig();
    rig.up('updates');
    rig.set('/a', '1');
    expect(rig.opened.snapshot).toBe(1);
  });

  it('a message that comes before word of the connection is not lost', () => {
    const rig = new CloneRig();
    rig.set('/a', '1');
    expect(rig.opened.snapshot).toBe(1);
    rig.up('updates');
    rig.up('snapshot');
    rig.serve();
    expect(rig.picture()).toEqual({ '/a': '1' });
  });

  it('K27: what is written at any moment of joining is in the picture, whichever connection is ahead', () => {
    for (let writtenAt = 0; writtenAt < 6; writtenAt++) {
      const rig = new CloneRig({ subtree: '/k/' });
      let step = 0;
      const maybe = (): void => {
        if (step++ === writtenAt) rig.set('/k/x', `at ${writtenAt}`);
      };
      rig.set('/k/y', 'before');
      rig.clear();
      maybe();
      rig.publish(rig.server.hugz());
      maybe();
      rig.up('snapshot');
      maybe();
      const replies = rig.server.snapshot(subtreeFrame('/k/'));
      maybe();
      for (const reply of replies) {
        rig.reply(reply);
        maybe();
      }
      expect(rig.picture()).toEqual(rig.truth('/k/'));
      expect(rig.status).toBe('synced');
    }
  });

  it('updates that the snapshot told already are ignored when they come late, and are not taken for a step back', () => {
    for (const subtree of ['', '/a/']) {
      const rig = new CloneRig({ subtree });
      rig.up('updates');
      rig.publish(rig.server.hugz());
      const late = ['1', '2', '3'].map((value) => rig.server.set('/a/x', value));
      rig.up('snapshot');
      rig.serve();
      expect(rig.picture()).toEqual({ '/a/x': '3' });
      rig.clear();
      rig.publish(...late);
      rig.set('/a/x', '4');
      expect(rig.changes).toEqual(['/a/x=4@4']);
      expect(rig.status).toBe('synced');
      expect(rig.count.late).toBe(3);
    }
  });

  it('a gap before the snapshot does not matter, one after it does', () => {
    for (const [snapshotAfter, resyncs] of [
      [2, 1],
      [3, 0],
    ] as const) {
      const rig = new CloneRig();
      rig.up('updates');
      rig.publish(rig.server.hugz());
      rig.set('/a', '1');
      rig.up('snapshot');
      const server = new ModelServer('chp');
      for (let i = 0; i < snapshotAfter; i++) server.set('/a', String(i + 1));
      rig.server.set('/b', '2');
      rig.server.set('/b', '3');
      rig.set('/c', '4');
      rig.set('/c', '5');
      rig.reply(...server.snapshot(subtreeFrame('')));
      expect(rig.count.gaps).toBe(resyncs);
      expect(rig.status).toBe(resyncs === 0 ? 'synced' : 'syncing');
    }
  });

  it('items and updates of other keys are ignored and counted, and so are items without a body', () => {
    const rig = CloneRig.synced({ subtree: '/a/' });
    rig.publish(rig.server.update('/b/x', 1, 'x'), rig.server.update('/a/x', 2, 'x'));
    expect(rig.changes).toEqual(['/a/x=x@2']);
    rig.down('updates');
    rig.advanceToOpen('updates');
    rig.up('updates');
    rig.publish(rig.server.hugz());
    rig.up('snapshot');
    rig.reply(rig.server.update('/b/x', 1, 'x'), emptyItem('chp', '/a/y'));
    rig.reply(encodeSnapshotEnd('chp', 9, subtreeFrame('')));
    expect(rig.picture()).toEqual({});
    expect(rig.count).toMatchObject({ outside: 2, unexpectedReplies: 1 });
  });

  it('asks again over a fresh connection when no frame of the snapshot comes for 5 s, with longer and longer pauses', () => {
    const rig = new CloneRig();
    rig.server.knowsAdditions = false;
    rig.up('updates');
    rig.publish(rig.server.hugz());
    rig.server.set('/a', '1');
    rig.server.set('/b', '2');
    rig.up('snapshot');
    const [first] = rig.server.snapshot(subtreeFrame(''));
    rig.idleUpdates(4_000);
    rig.reply(first!);
    rig.idleUpdates(4_999);
    expect(rig.opened.snapshot).toBe(1);
    rig.idleUpdates(1);
    expect(rig.opened.snapshot).toBe(2);
    const opened: number[] = [];
    for (let ms = 0; ms < 60_000; ms += 250) {
      const before = rig.opened.snapshot;
      rig.idleUpdates(250);
      if (rig.opened.snapshot > before) opened.push(ms + 250);
    }
    expect(opened.map((at, i) => at - (opened[i - 1] ?? 0))).toEqual([
      5_250, 5_500, 6_000, 7_000, 9_000, 10_000, 10_000,
    ]);
    rig.takeSent('snapshot');
    rig.down('snapshot');
    for (let ms = 0; ms < 10_000 && rig.ports.get('snapshot') !== 'opening'; ms += 100) rig.advance(100);
    rig.up('snapshot');
    rig.serve();
    // Nothing of the attempts that failed is left.
    expect(rig.picture()).toEqual({ '/a': '1', '/b': '2' });
  });

  it('asks again when the connection breaks while the snapshot comes', () => {
    const rig = new CloneRig();
    rig.up('updates');
    rig.publish(rig.server.hugz());
    rig.up('snapshot');
    rig.down('snapshot');
    expect(rig.opened.snapshot).toBe(2);
    rig.down('snapshot');
    expect(rig.opened.snapshot).toBe(2);
    rig.advance(250);
    rig.up('snapshot');
    rig.serve();
    expect(rig.status).toBe('synced');
  });
});

describe('CloneClient follows', () => {
  it('tells each change once, deletions by empty bodies among them', () => {
    const rig = CloneRig.synced();
    rig.set('/a', '1');
    rig.set('/a', '1');
    rig.set('/a', '');
    rig.set('/never', '');
    expect(rig.changes).toEqual(['/a=1@1', '/a=1@2', '/a gone@3']);
    expect(rig.machine.seq).toBe(4n);
  });

  it('K33: a key that was deleted does not come back with the next snapshot', () => {
    const rig = CloneRig.synced({}, (server) => server.set('/a', '1'));
    rig.set('/a', '');
    rig.down('updates');
    rig.sync();
    expect(rig.picture()).toEqual({});
  });

  it('K28: a gap makes it stale and heals', () => {
    const rig = CloneRig.synced();
    rig.set('/a', '1');
    rig.server.set('/a', '2');
    rig.server.set('/b', '3');
    rig.set('/c', '4');
    expect(rig.status).toBe('stale');
    expect(rig.picture()).toEqual({ '/a': '1' });
    rig.set('/d', '5');
    rig.up('snapshot');
    rig.clear();
    rig.reply(...rig.server.snapshot(subtreeFrame('')));
    expect(rig.changes).toEqual(['/a=2@2 healed', '/b=3@3 healed', '/c=4@4 healed', '/d=5@5 healed']);
    expect(rig.status).toBe('synced');
    expect(rig.count.gaps).toBe(1);
  });

  it('losses one after the other are healed at a pace', () => {
    const rig = CloneRig.synced();
    const atOnce: boolean[] = [];
    const lose = (): void => {
      rig.takeSent('snapshot');
      rig.server.set('/a', 'lost');
      rig.set('/b', 'seen');
      atOnce.push(rig.sent.some(({ port }) => port === 'snapshot'));
      while (!rig.sent.some(({ port }) => port === 'snapshot')) rig.idleUpdates(100);
      rig.serve();
      expect(rig.status).toBe('synced');
    };
    for (let i = 0; i < 4; i++) lose();
    rig.idle(5_000);
    lose();
    // The first at once, and again when a picture has held for 5 s.
    expect(atOnce).toEqual([true, false, false, false, true]);
    // The connection was never in doubt.
    expect(rig.opened.snapshot).toBe(1);
  });

  it('a keep-alive that is ahead tells of a loss on three frames; on five it tells nothing', () => {
    const three = CloneRig.synced({ wire: 'kvmsg' });
    three.set('/a', '1');
    three.publish(three.server.hugz());
    expect(three.status).toBe('synced');
    three.server.set('/a', '2');
    three.publish(three.server.hugz());
    expect(three.status).toBe('stale');
    const five = CloneRig.synced();
    five.server.set('/a', '2');
    five.publish(five.server.hugz());
    expect(five.status).toBe('synced');
    const filtered = CloneRig.synced({ wire: 'kvmsg', subtree: '/a/' });
    filtered.server.set('/b/x', '1');
    filtered.publish(filtered.server.hugz());
    expect(filtered.status).toBe('synced');
    expect(filtered.machine.seq).toBe(1n);
  });

  it('a keep-alive right after joining may be behind the snapshot', () => {
    const rig = new CloneRig({ wire: 'kvmsg' });
    rig.up('updates');
    rig.publish(rig.server.hugz());
    const late = rig.server.set('/a', '1');
    const lateHugz = rig.server.hugz();
    rig.server.set('/a', '2');
    rig.up('snapshot');
    rig.serve();
    rig.publish(late, lateHugz);
    expect(rig.status).toBe('synced');
    // It is behind, and what it says of 2 is still to come.
    rig.publish(rig.server.update('/a', 2, '2'), rig.server.hugz());
    rig.set('/a', '3');
    expect(rig.status).toBe('synced');
    expect(rig.count).toMatchObject({ gaps: 0, backwards: 0, late: 2 });
  });

  it('K32: a sequence that goes backwards means another run: the first new update is not ignored', () => {
    for (const subtree of ['', '/a/']) {
      const rig = CloneRig.synced({ subtree }, (server) => {
        server.seq = 1_000;
        server.set('/a/x', 'old');
      });
      rig.set('/a/x', 'still');
      rig.server = new ModelServer('chp');
      rig.set('/a/x', 'new');
      expect(rig.status).toBe('stale');
      rig.up('snapshot');
      rig.serve();
      expect(rig.picture()).toEqual({ '/a/x': 'new' });
      rig.set('/a/x', 'newer');
      expect(rig.status).toBe('synced');
      expect(rig.count.backwards).toBe(1);
    }
  });

  it('K32: so does a keep-alive, and an update of another key', () => {
    const three = CloneRig.synced({ wire: 'kvmsg' }, (server) => (server.seq = 1_000));
    three.publish(three.server.hugz(), three.server.hugz(5));
    expect(three.count.backwards).toBe(1);
    const filtered = CloneRig.synced({ subtree: '/a/' });
    filtered.publish(filtered.server.update('/b', 7, 'x'), filtered.server.update('/b', 6, 'x'));
    expect(filtered.count.backwards).toBe(1);
  });

  it('K32: a keep-alive of another run, on a stream that outlives its server, leads to one snapshot and not to many', () => {
    const rig = CloneRig.synced({ wire: 'kvmsg' }, (server) => (server.seq = 1_000));
    rig.idle(20_000);
    rig.server = new ModelServer('kvmsg');
    rig.server.seq = 10;
    rig.publish(rig.server.hugz());
    expect(rig.status).toBe('stale');
    rig.up('snapshot');
    rig.serve();
    for (let i = 0; i < 10; i++) {
      rig.idle(5_000);
      rig.set('/a', String(i));
    }
    expect(rig.status).toBe('synced');
    expect(rig.count).toMatchObject({ backwards: 1, snapshots: 2, tooFarBack: 0 });
  });

  it('a step back while it joins, or pauses, does not hurry it', () => {
    const rig = new CloneRig({ wire: 'kvmsg' });
    rig.up('updates');
    rig.publish(rig.server.hugz(10));
    rig.publish(rig.server.hugz(9));
    rig.publish(rig.server.hugz(8));
    expect(rig.opened.snapshot).toBe(2);
    rig.publish(rig.server.hugz(7));
    expect(rig.opened.snapshot).toBe(2);
    expect(rig.count.backwards).toBe(3);
  });

  it('K32: tells another run of the server by its epoch', () => {
    const rig = CloneRig.synced({}, (server) => server.set('/a', '1'));
    rig.server = rig.server.restarted(10_000);
    rig.down('updates');
    expect(rig.status).toBe('stale');
    rig.sync();
    expect(rig.events.map(({ type }) => type)).toEqual(['status', 'restarted', 'picture', 'status']);
    expect(rig.count.restarts).toBe(1);
    expect(rig.machine.restoredSeq).toBe(10_000n);
    rig.down('updates');
    rig.sync();
    expect(rig.count.restarts).toBe(1);
  });

  it('what was restored with the same value is no change; what was written again while nobody looked is one', () => {
    const rig = CloneRig.synced({}, (server) => {
      for (const key of ['/same', '/lost', '/again']) server.set(key, 'x');
    });
    rig.set('/same', 'x');
    const behind = rig.server.entries.get('/same')!;
    rig.server = rig.server.restarted(10_000, ({ seq }) => seq !== 2);
    // From disk came what it was before the last write of the same value.
    rig.server.entries.set('/same', { ...behind, seq: 1 });
    rig.server.set('/again', 'x');
    rig.down('updates');
    rig.clear();
    rig.sync();
    expect(rig.changes).toEqual(['/again=x@10001 healed', '/lost gone@10001 healed']);
  });

  it('malformed messages are counted by where they came', () => {
    const rig = CloneRig.synced();
    rig.publish([], [Buffer.from('x')]);
    rig.reply([Buffer.from('x')]);
    rig.reply(rig.server.state(), ...rig.server.snapshot(subtreeFrame('')));
    rig.receive('collector', [Buffer.from('x')]);
    expect(rig.count).toMatchObject({ malformedUpdates: 2, malformedReplies: 1, unexpectedReplies: 2 });
    expect(rig.status).toBe('synced');
  });
});

describe('CloneClient notices a dead server', () => {
  it('K31: 5 s without a keep-alive make it stale although a subtree filters, and it tries again', () => {
    const rig = CloneRig.synced({ subtree: '/a/' });
    rig.idle(2_000);
    rig.advance(4_499);
    expect(rig.status).toBe('synced');
    rig.advance(1);
    expect(rig.status).toBe('stale');
    expect(rig.opened.updates).toBe(2);
    rig.sync();
    expect(rig.status).toBe('synced');
    expect(rig.count.silences).toBe(1);
  });

  it('a server that never sent one may be silent', () => {
    const rig = new CloneRig();
    rig.server.knowsAdditions = false;
    rig.up('updates');
    rig.advance(1_500);
    rig.up('snapshot');
    rig.serve();
    rig.advance(60_000);
    expect(rig.status).toBe('synced');
    rig.publish(rig.server.hugz());
    rig.advance(4_500);
    expect(rig.status).toBe('stale');
  });

  it('one that answers STATE? sends them, so that its silence tells from the beginning', () => {
    const rig = new CloneRig();
    rig.up('updates');
    rig.advance(1_500);
    rig.up('snapshot');
    rig.serve();
    expect(rig.status).toBe('synced');
    rig.advance(4_500);
    expect(rig.status).toBe('stale');
  });

  it('one that was busy and answers now is given time for its keep-alives', () => {
    const rig = new CloneRig();
    rig.up('updates');
    rig.advance(1_500);
    rig.up('snapshot');
    rig.advance(4_900);
    rig.serve();
    rig.advance(4_499);
    expect(rig.status).toBe('synced');
  });

  it('a lost connection makes it stale at once; a new socket takes its place, slower when that does not help', () => {
    const rig = CloneRig.synced();
    rig.advance(3_000);
    rig.down('updates');
    expect(rig.status).toBe('stale');
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const from = rig.now;
      while (!rig.ports.has('updates')) rig.advance(10);
      pauses.push(rig.now - from);
      rig.up('updates');
      rig.down('updates');
    }
    expect(pauses).toEqual([0, 200, 400, 800, 1_600, 2_000, 2_000]);
    // While it is closed nothing that comes is for it.
    rig.publish(rig.server.hugz());
    rig.step((now) => rig.machine.link(now, 'updates', true));
    rig.step((now) => rig.machine.link(now, 'updates', false));
    expect(rig.count.linksLost).toBe(8);
    rig.advance(2_000);
    rig.sync();
    expect(rig.status).toBe('synced');
    // It helped: the pause is short again.
    rig.down('updates');
    rig.advance(100);
    expect(rig.ports.has('updates')).toBe(true);
  });

  it('what came over the connection before is not mixed with what comes now', () => {
    const rig = new CloneRig({ subtree: '/a/' });
    rig.up('updates');
    rig.publish(rig.server.update('/a/x', 900, 'of another run'));
    rig.down('updates');
    rig.advance(100);
    rig.server.set('/a/y', '1');
    rig.sync();
    expect(rig.picture()).toEqual({ '/a/y': '1' });
    rig.idle(12_000);
    expect(rig.count.countMismatches).toBe(0);
  });
});
