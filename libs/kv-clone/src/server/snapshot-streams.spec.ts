import { textFrame, type Frames } from '@raspy/wire';
import { ServerRig, readSnapshot } from '../../test/support/server-rig.js';
import type { KvWire } from '../codec.js';

const WIRES: readonly KvWire[] = ['chp', 'kvmsg'];
const hex = (frames: Frames): string[] => frames.map((frame) => Buffer.from(frame).toString('hex'));

function filled(count: number, options = {}): ServerRig {
  const rig = new ServerRig(options);
  for (let i = 0; i < count; i++) rig.set(`/k/${i}`, `v${i}`);
  return rig;
}

describe('a snapshot', () => {
  it.each(WIRES)('of an empty tree is its end alone (%s)', (wire) => {
    const rig = new ServerRig();
    expect(rig.snapshot(wire, '/a/')).toEqual({ seq: 0, subtree: '/a/', entries: new Map() });
    expect(rig.sent).toHaveLength(1);
  });

  it('V36, K26: is written as RFC 12 says, the end exactly five frames and last', () => {
    const rig = new ServerRig({ startSeq: 4 });
    rig.set('/client/7', '42', 'ttl=30\n', 'chp', Buffer.alloc(16, 1));
    rig.ask('chp', 'p', 'ICANHAZ?', '/client/');
    rig.deliverAll('chp', 'p');
    expect(rig.inbox('chp', 'p').map(hex)).toEqual([
      ['2f636c69656e742f37', '0000000000000005', '', '', '3432'],
      ['4b544858424149', '0000000000000005', '', '', '2f636c69656e742f'],
    ]);
  });

  it('V33, K26: is written as the manual says, the end exactly three frames and last', () => {
    const rig = new ServerRig({ startSeq: 1 });
    rig.set('/test/key1', 'value1');
    rig.ask('kvmsg', 'p', 'ICANHAZ?', '/test/');
    rig.deliverAll('kvmsg', 'p');
    expect(rig.inbox('kvmsg', 'p').map(hex)).toEqual([
      ['2f746573742f6b657931', '0000000000000002', '76616c756531'],
      ['4b544858424149', '0000000000000002', '2f746573742f'],
    ]);
  });

  it('V32: tells sequences above 2^32 in full', () => {
    const rig = new ServerRig({ startSeq: 2 ** 52 });
    rig.set('/k', 'v');
    rig.ask('kvmsg', 'p', 'ICANHAZ?', '');
    rig.deliverAll('kvmsg', 'p');
    expect(rig.inbox('kvmsg', 'p').map((frames) => hex(frames)[1])).toEqual([
      '0010000000000001',
      '0010000000000001',
    ]);
  });

  it('K26: has all under the subtree, and nothing else', () => {
    const rig = new ServerRig();
    for (const key of ['/a', '/a/1', '/a/2', '/ab/1', '/b/a/1']) rig.set(key, key);
    expect([...rig.snapshot('chp', '/a/').entries.keys()].sort()).toEqual(['/a/1', '/a/2']);
    expect([...rig.snapshot('chp', '/a').entries.keys()].sort()).toEqual(['/a', '/a/1', '/a/2', '/ab/1']);
    expect(rig.snapshot('kvmsg', '').entries.size).toBe(5);
    expect(rig.snapshot('kvmsg', '/none/').entries.size).toBe(0);
    expect(rig.snapshot('kvmsg', '\xff\0').entries.size).toBe(0);
  });

  it('is the same on both wires: they share tree and sequence', () => {
    const rig = new ServerRig();
    rig.set('/a', '1', '', 'kvmsg');
    rig.set('/b', '2', '', 'chp');
    const [chp, kvmsg] = WIRES.map((wire) => rig.snapshot(wire));
    expect(chp).toEqual({ seq: 2, subtree: '', entries: new Map([...kvmsg!.entries]) });
    expect([...chp!.entries]).toEqual([
      ['/a', '1'],
      ['/b', '2'],
    ]);
  });

  it('K33, D27: a deleted key is in none that begins later', () => {
    const rig = filled(3);
    rig.set('/k/1', '');
    expect([...rig.snapshot().entries.keys()].sort()).toEqual(['/k/0', '/k/2']);
    expect(rig.snapshot().seq).toBe(4);
  });

  it('goes out in pieces, each after the one before has left, and confirmed by its last message alone', () => {
    const rig = filled(600);
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    const pieces: number[] = [];
    for (let seen = 0; rig.isWaiting('chp', 'p'); rig.deliver('chp', 'p')) {
      const piece = rig.sent.slice(seen);
      seen = rig.sent.length;
      pieces.push(piece.length);
      expect(piece.map(({ confirm }) => confirm)).toEqual(piece.map((_, i) => i === piece.length - 1));
    }
    expect(pieces).toEqual([256, 256, 88, 1]);
    expect(readSnapshot(rig.take('chp', 'p')).entries.size).toBe(600);
    expect(rig.machine.statistics()).toMatchObject({ snapshots: 0, snapshotsSent: 1, snapshotItems: 600 });
  });

  it('never ends as if it were whole when an item of it did not leave', () => {
    const rig = filled(20);
    let left = 15;
    // The queue is full for one message; when the next comes, there is room again.
    rig.takes = (port) => port !== 'chp-snapshot' || left-- !== 0;
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    rig.deliverAll('chp', 'p');
    expect(rig.take('chp', 'p').filter(({ type }) => type === 'end')).toEqual([]);
    expect(rig.dropped()).toEqual({ 'snapshot-unreachable': 1 });
    rig.takes = () => true;
    expect(rig.snapshot('chp', '', 'p').entries.size).toBe(20);
  });

  it('a piece of large entries has few: 256 KiB and the entry that crosses the line', () => {
    const rig = new ServerRig();
    for (let i = 0; i < 10; i++) rig.set(`/large/${i}`, Buffer.alloc(1_000_000, i + 1));
    for (let i = 0; i < 10; i++) rig.set(`/medium/${i}`, Buffer.alloc(60_000, i + 1));
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    const pieces: number[] = [];
    for (let seen = 0; rig.isWaiting('chp', 'p'); rig.deliver('chp', 'p')) {
      pieces.push(rig.sent.length - seen);
      seen = rig.sent.length;
    }
    expect(pieces).toEqual([...Array.from({ length: 10 }, () => 1), 5, 5, 1]);
    const { entries } = readSnapshot(rig.take('chp', 'p'));
    expect(entries.size).toBe(20);
    for (let i = 0; i < 10; i++) {
      expect(entries.get(`/large/${i}`) === String.fromCharCode(i + 1).repeat(1_000_000)).toBe(true);
      expect(entries.get(`/medium/${i}`) === String.fromCharCode(i + 1).repeat(60_000)).toBe(true);
    }
  });

  it('of a small subtree in a large tree is looked for in parts, between which others get a turn', () => {
    const rig = new ServerRig();
    for (let i = 0; i < 45_000; i++) rig.set(`/many/${i}`, 'v');
    rig.set('/few/1', 'v');
    rig.ask('kvmsg', 'p', 'ICANHAZ?', '/few/');
    let ticks = 0;
    for (; rig.machine.nextDeadline === -Infinity; ticks++) {
      expect(rig.inbox('kvmsg', 'p')).toEqual([]);
      rig.set('/many/0', `changed ${ticks}`);
      rig.tick();
    }
    expect(ticks).toBe(2);
    rig.deliverAll('kvmsg', 'p');
    expect(readSnapshot(rig.take('kvmsg', 'p'))).toMatchObject({
      seq: 45_001,
      entries: new Map([['/few/1', 'v']]),
    });
  });
});

describe('a snapshot under way (K33)', () => {
  it('has a changed entry as it was, a deleted one still, and a new one not', () => {
    const rig = filled(600);
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    rig.set('/k/500', 'changed');
    rig.set('/k/500', 'changed again');
    rig.set('/k/501', '');
    rig.set('/new', 'v');
    rig.set('/k/0', 'was sent before');
    rig.deliverAll('chp', 'p');
    const { seq, entries } = readSnapshot(rig.take('chp', 'p'));
    expect([seq, entries.size]).toEqual([600, 600]);
    expect(['/k/500', '/k/501', '/new', '/k/0'].map((key) => entries.get(key))).toEqual([
      'v500',
      'v501',
      undefined,
      'v0',
    ]);
    expect(rig.machine.statistics().keptBytes).toBe(0);
    expect(rig.snapshot().seq).toBe(605);
  });

  it('an id that is used again belongs to the new entry, which is not of the snapshot', () => {
    const rig = filled(600);
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    for (const i of [300, 400, 599]) rig.set(`/k/${i}`, '');
    // They take the ids that became free, which the snapshot has not passed yet.
    for (const key of ['/x', '/k/400', '/y']) rig.set(key, 'new');
    rig.deliverAll('chp', 'p');
    const { entries } = readSnapshot(rig.take('chp', 'p'));
    expect(entries.size).toBe(600);
    expect(['/x', '/y', '/k/300', '/k/400', '/k/599'].map((key) => entries.get(key))).toEqual([
      undefined,
      undefined,
      'v300',
      'v400',
      'v599',
    ]);
  });

  it('does not keep what is not of its subtree', () => {
    const rig = filled(600);
    for (let i = 0; i < 600; i++) rig.set(`/other/${i}`, 'v');
    rig.ask('chp', 'p', 'ICANHAZ?', '/k/');
    rig.set('/other/500', 'changed');
    expect(rig.machine.statistics().keptBytes).toBe(0);
    rig.set('/k/500', 'changed');
    expect(rig.machine.statistics().keptBytes).toBe('/k/500v500'.length);
  });

  it('an entry that expires while it is sent is still of it', () => {
    const rig = filled(300);
    rig.set('/ends', 'v', 'ttl=1\n');
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    rig.advance(2_000);
    rig.deliverAll('chp', 'p');
    expect(readSnapshot(rig.take('chp', 'p')).entries.get('/ends')).toBe('v');
    expect(rig.snapshot().entries.has('/ends')).toBe(false);
  });
});

describe('many snapshots', () => {
  it('of one peer are sent one after the other, each the state at its own begin', () => {
    const rig = filled(300);
    rig.ask('chp', 'p', 'ICANHAZ?', '/k/1');
    rig.ask('chp', 'p', 'ICANHAZ?', '/k/2');
    expect(rig.machine.statistics().snapshots).toBe(2);
    rig.set('/k/200', 'changed');
    rig.deliverAll('chp', 'p');
    const replies = rig.take('chp', 'p');
    const end = replies.findIndex(({ type }) => type === 'end');
    const [first, second] = [replies.slice(0, end + 1), replies.slice(end + 1)].map(readSnapshot);
    expect(first).toMatchObject({ seq: 300, subtree: '/k/1' });
    expect([first!.entries.size, second!.entries.size]).toEqual([111, 111]);
    expect(second).toMatchObject({ seq: 301, subtree: '/k/2' });
    expect(second!.entries.get('/k/200')).toBe('changed');
  });

  it('peers do not wait for each other, nor the wires, though routing ids are alike', () => {
    const rig = filled(600);
    for (const peer of ['slow', 'fast']) rig.ask('chp', peer, 'ICANHAZ?', '');
    rig.ask('kvmsg', 'slow', 'ICANHAZ?', '');
    rig.deliverAll('chp', 'fast');
    expect(readSnapshot(rig.take('chp', 'fast')).entries.size).toBe(600);
    rig.deliverAll('kvmsg', 'slow');
    expect(readSnapshot(rig.take('kvmsg', 'slow')).entries.size).toBe(600);
    expect(rig.take('chp', 'slow')).toHaveLength(256);
  });

  it('beyond the bound of a peer, or of all, are refused and counted', () => {
    const rig = filled(1, { maxSnapshots: 5, maxSnapshotsPerPeer: 3 });
    for (let i = 0; i < 4; i++) rig.ask('chp', 'greedy', 'ICANHAZ?', '');
    expect(rig.machine.statistics().snapshots).toBe(3);
    expect(rig.dropped()).toEqual({ 'too-many-snapshots': 1 });
    for (let i = 0; i < 3; i++) rig.ask('chp', `other${i}`, 'ICANHAZ?', '');
    expect(rig.machine.statistics().snapshots).toBe(5);
    expect(rig.dropped()).toEqual({ 'too-many-snapshots': 2 });
    rig.deliverAll('chp', 'greedy');
    expect(rig.take('chp', 'greedy').filter(({ type }) => type === 'end')).toHaveLength(3);
    expect(rig.snapshot('chp', '', 'other2').entries.size).toBe(1);
  });

  it('the bound for all holds for both wires together', () => {
    const rig = filled(1, { maxSnapshots: 2 });
    rig.ask('chp', 'a', 'ICANHAZ?', '');
    rig.ask('kvmsg', 'b', 'ICANHAZ?', '');
    rig.ask('kvmsg', 'c', 'ICANHAZ?', '');
    expect(rig.dropped()).toEqual({ 'too-many-snapshots': 1 });
  });

  it('end with their peer, those that wait included, and nothing is kept for them', () => {
    const rig = filled(600);
    for (let i = 0; i < 3; i++) rig.ask('chp', 'p', 'ICANHAZ?', '');
    rig.set('/k/599', 'changed');
    expect(rig.machine.statistics().keptBytes).toBeGreaterThan(0);
    rig.unreachable('chp', 'p');
    expect(rig.machine.statistics()).toMatchObject({ snapshots: 0, keptBytes: 0 });
    expect(rig.dropped()).toEqual({ 'snapshot-unreachable': 3 });
    rig.inbox('chp', 'p');
    expect(rig.snapshot('chp', '', 'p').entries.size).toBe(600);
  });

  it('what was under way to a peer that has gone is no short answer that was lost', () => {
    const rig = filled(600);
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    for (const { frames } of [...rig.sent]) {
      rig.apply(rig.machine.undelivered(rig.now, 'chp-snapshot', frames, 'unreachable'));
    }
    expect(rig.dropped()).toEqual({ 'snapshot-unreachable': 1 });
  });

  it('the one that needs most, of both wires, ends and is counted when too much must be kept', () => {
    const rig = new ServerRig({ maxKeptBytes: 1_000 });
    for (let i = 0; i < 600; i++) rig.set(`/k/${i}`, 'v'.repeat(50));
    rig.ask('chp', 'slowest', 'ICANHAZ?', '');
    rig.ask('chp', 'slowest', 'ICANHAZ?', '/queued/');
    rig.ask('kvmsg', 'slow', 'ICANHAZ?', '');
    rig.deliver('kvmsg', 'slow');
    // 56 bytes each, for two peers.
    for (let i = 520; i < 528; i++) rig.set(`/k/${i}`, 'changed');
    expect(rig.machine.statistics()).toMatchObject({ snapshots: 3, keptBytes: 896 });
    // Of these one peer has had what was before.
    rig.set('/k/300', 'changed');
    expect(rig.machine.statistics()).toMatchObject({ snapshots: 3, keptBytes: 952 });
    rig.set('/k/301', 'changed');
    expect(rig.machine.statistics()).toMatchObject({ snapshots: 1, keptBytes: 448 });
    expect(rig.dropped()).toEqual({ 'snapshot-too-slow': 2 });
    expect(rig.eventsOf('dropped')).toMatchObject([
      { cause: 'snapshot-too-slow', wire: 'chp', peer: 'slowest' },
    ]);
    rig.deliverAll('kvmsg', 'slow');
    expect(readSnapshot(rig.take('kvmsg', 'slow')).entries.size).toBe(600);
    expect(rig.machine.statistics().keptBytes).toBe(0);
  });

  it('with nothing allowed to be kept, end at the first change that they would miss', () => {
    const rig = filled(600, { maxKeptBytes: 0 });
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    rig.set('/k/599', 'changed');
    expect(rig.dropped()).toEqual({ 'snapshot-too-slow': 1 });
  });

  it('a confirmation of somebody who asks for nothing is nothing', () => {
    const rig = filled(1);
    rig.apply(rig.machine.delivered(rig.now, 'chp-snapshot', [textFrame('stranger')]));
    rig.apply(rig.machine.delivered(rig.now, 'chp-snapshot', []));
    expect(rig.sent).toEqual([]);
  });

  it('a subtree longer than a key may be is not looked for', () => {
    const rig = filled(1, { maxKeyBytes: 10 });
    rig.ask('chp', 'p', 'ICANHAZ?', '/'.repeat(11));
    expect(rig.sent).toEqual([]);
    expect(rig.dropped()).toEqual({ 'subtree-too-long': 1 });
  });
});

describe('a peer that does not read', () => {
  const stuck = (): ServerRig => {
    const rig = filled(600);
    for (let i = 0; i < 3; i++) rig.ask('chp', 'p', 'ICANHAZ?', '');
    return rig;
  };

  it('loses its places after half a minute; whoever reads meanwhile keeps his', () => {
    const rig = stuck();
    rig.advance(29_000);
    rig.ask('chp', 'q', 'ICANHAZ?', '');
    expect(rig.machine.statistics().snapshots).toBe(4);
    rig.advance(2_000);
    expect(rig.machine.statistics()).toMatchObject({ snapshots: 1, dropped: { 'snapshot-too-slow': 3 } });
    rig.deliverAll('chp', 'q');
    expect(rig.machine.statistics()).toMatchObject({ snapshots: 0, snapshotsSent: 1 });
  });

  it('that reads a piece in time keeps its place, however slow', () => {
    const rig = stuck();
    for (let i = 0; i < 3; i++) {
      rig.advance(29_000);
      rig.deliver('chp', 'p');
    }
    expect(rig.machine.statistics().snapshots).toBe(3);
  });

  it('advances no later snapshot by a piece of one that was given up', () => {
    const rig = stuck();
    rig.advance(31_000);
    rig.inbox('chp', 'p');
    rig.ask('chp', 'p', 'ICANHAZ?', '');
    const first = rig.inbox('chp', 'p').length;
    // Of the snapshot that was given up; the piece of the new one is still on its way.
    rig.deliver('chp', 'p');
    expect(rig.inbox('chp', 'p')).toEqual([]);
    rig.deliver('chp', 'p');
    expect(rig.inbox('chp', 'p').length).toBeGreaterThan(0);
    expect(first).toBe(256);
  });
});
