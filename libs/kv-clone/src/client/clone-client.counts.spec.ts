import { CloneRig } from '../../test/support/clone-rig.js';
import type { ModelServer } from '../../test/support/model-server.js';
import { encodeCountReply, encodeStateReply } from '../codec.js';
import { subtreeFrame } from '../subtree.js';

describe('CloneClient counts', () => {
  const filtered = (prepare?: (server: ModelServer) => void): CloneRig =>
    CloneRig.synced({ subtree: '/a/' }, prepare);

  it('asks at once, and then every 5 s', () => {
    const rig = filtered((server) => (server.seq = 7));
    expect(rig.count.countsRight).toBe(0);
    const asked: number[] = [];
    const from = rig.now;
    rig.serve();
    for (let i = 0; i < 120; i++) {
      rig.idleUpdates(100);
      if (rig.sent.length > 0) asked.push(rig.now - from);
      rig.serve();
    }
    expect(asked).toEqual([5_000, 10_000]);
  });

  it('a loss that nothing else tells is found and healed', () => {
    const rig = filtered();
    rig.serve();
    rig.set('/a/x', '1');
    rig.server.set('/a/x', 'lost');
    rig.server.set('/b/x', 'not ours');
    rig.idle(5_000);
    expect(rig.status).toBe('synced');
    // Two keep-alives after the answer nothing can be under way any more.
    rig.idle(2_000);
    rig.up('snapshot');
    rig.serve();
    expect(rig.picture()).toEqual({ '/a/x': 'lost' });
    expect(rig.count.countMismatches).toBe(1);
    rig.idle(12_000);
    expect(rig.count.countMismatches).toBe(1);
  });

  it('an update beyond what was counted tells at once', () => {
    const rig = filtered();
    rig.server.set('/a/x', 'lost');
    rig.serve();
    expect(rig.status).toBe('synced');
    rig.set('/a/y', '2');
    expect(rig.status).toBe('stale');
    const three = CloneRig.synced({ subtree: '/a/', wire: 'kvmsg' });
    three.server.set('/a/x', 'lost');
    three.serve();
    three.publish(three.server.hugz());
    expect(three.status).toBe('stale');
  });

  it('what is late is no loss: as long as it comes, more may be on the way', () => {
    const rig = filtered();
    const late = ['1', '2', '3'].map((value) => rig.server.set('/a/x', value));
    rig.serve();
    for (const message of late) {
      rig.publish(rig.server.hugz(), message);
    }
    expect(rig.status).toBe('synced');
    expect(rig.count).toMatchObject({ countsRight: 1, countMismatches: 0 });
  });

  it('updates that came while it joined are counted', () => {
    const rig = new CloneRig({ subtree: '/a/' });
    rig.up('updates');
    rig.publish(rig.server.hugz());
    rig.up('snapshot');
    const replies = rig.takeSent('snapshot').flatMap(({ frames }) => rig.server.answer(frames));
    rig.set('/a/x', '1');
    rig.server.set('/a/x', 'lost');
    rig.set('/a/x', '3');
    rig.reply(...replies);
    expect(rig.status).toBe('synced');
    rig.serve();
    expect(rig.count.countMismatches).toBe(1);
  });

  it('more updates than the server says there were are no less wrong', () => {
    const rig = filtered();
    rig.set('/a/x', '1');
    rig.takeSent('snapshot');
    rig.reply(encodeCountReply(subtreeFrame('/a/'), 0, 1, 0));
    expect(rig.status).toBe('stale');
    const back = filtered((server) => (server.seq = 10));
    back.reply(encodeCountReply(subtreeFrame('/a/'), 10, 5, 0));
    expect(back.count.countMismatches).toBe(1);
  });

  it('answers to other questions are ignored', () => {
    const rig = filtered();
    rig.reply(encodeCountReply(subtreeFrame('/a/'), 3, 4, 1), encodeCountReply(subtreeFrame('/b/'), 0, 4, 1));
    expect(rig.status).toBe('synced');
    expect(rig.count.unexpectedReplies).toBe(2);
  });

  it('a count that lies too far back for the server is a loss that nobody can exclude; it asks more often then', () => {
    const rig = filtered((server) => (server.ring = 10));
    rig.serve();
    for (let i = 0; i < 11; i++) rig.set('/a/x', String(i));
    rig.idle(5_000);
    expect(rig.count.tooFarBack).toBe(1);
    rig.up('snapshot');
    rig.serve();
    rig.serve();
    expect(rig.status).toBe('synced');
    rig.clear();
    rig.advance(200);
    expect(rig.asked()).toHaveLength(1);
  });

  it('asks more often when the sequence runs', () => {
    const rig = filtered();
    rig.serve();
    // Elsewhere in the tree, 8,192 a second: such a span a question, as soon as that is known.
    const asked: number[] = [];
    const from = rig.now;
    for (let i = 0; i < 100; i++) {
      rig.server.seq += 819;
      rig.idleUpdates(100);
      if (rig.sent.some(({ port }) => port === 'snapshot')) asked.push(rig.now - from);
      rig.serve();
    }
    expect(asked).toEqual([5_000, 6_100, 7_000, 8_000, 9_000, 10_000]);
  });

  it('asks at once when it sees a long span itself', () => {
    const rig = filtered();
    rig.serve();
    rig.advance(200);
    rig.server.seq += 20_000;
    rig.set('/a/x', '1');
    rig.advance(0);
    expect(rig.asked()).toEqual(['count 0']);
  });

  it('asks again over a fresh connection when there is no answer, and believes nothing after the third', () => {
    const rig = filtered();
    expect(rig.asked()).toEqual(['count 0']);
    for (const opened of [2, 3]) {
      rig.idleUpdates(5_000);
      expect(rig.opened.snapshot).toBe(opened);
      rig.up('snapshot');
      expect(rig.asked()).toEqual(['count 0']);
    }
    rig.idleUpdates(100);
    rig.reply(rig.server.count(subtreeFrame('/a/'), 0n));
    expect(rig.status).toBe('synced');
    // An answer ends the row.
    for (let i = 0; i < 3; i++) {
      expect(rig.status).toBe('synced');
      rig.idleUpdates(5_000);
      rig.up('snapshot');
    }
    expect(rig.status).toBe('synced');
    rig.idleUpdates(5_000);
    expect(rig.status).toBe('stale');
    expect(rig.count.countsUnanswered).toBe(1);
  });

  it('opens the connection again when it was lost: not before it is needed, and at once when an answer is missing', () => {
    const rig = filtered();
    rig.advance(300);
    rig.down('snapshot');
    expect(rig.opened.snapshot).toBe(2);
    rig.up('snapshot');
    rig.serve();
    expect(rig.count.countsRight).toBe(1);
    rig.down('snapshot');
    rig.idleUpdates(4_000);
    expect(rig.ports.has('snapshot')).toBe(false);
    rig.idleUpdates(1_000);
    rig.up('snapshot');
    expect(rig.asked()).toEqual(['count 0']);
  });

  it('more updates than can be compared came while it joined: another snapshot', () => {
    const rig = new CloneRig({ subtree: '/a/' });
    rig.up('updates');
    rig.publish(rig.server.hugz());
    rig.up('snapshot');
    const replies = rig.takeSent('snapshot').flatMap(({ frames }) => rig.server.answer(frames));
    for (let i = 0; i < 132_000; i++) {
      rig.machine.receive(rig.now, 'updates', rig.server.update('/a/x', i + 1, 'x'));
    }
    rig.reply(...replies);
    expect(rig.count.tooFarBack).toBe(1);
    expect(rig.status).toBe('stale');
  });

  it('does not ask a server that knows nothing of it', () => {
    const rig = CloneRig.synced({ subtree: '/a/' }, (server) => (server.knowsAdditions = false));
    rig.idle(30_000);
    expect(rig.asked()).toEqual([]);
    expect(rig.status).toBe('synced');
  });

  it('a late STATE! changes nothing', () => {
    const rig = CloneRig.synced({}, (server) => (server.knowsAdditions = false));
    rig.reply(encodeStateReply(Buffer.alloc(16), 99));
    expect(rig.machine.restoredSeq).toBe(0n);
    expect(rig.count.unexpectedReplies).toBe(1);
  });
});
