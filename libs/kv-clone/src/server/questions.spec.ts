import { frameText, textFrame, type Frames } from '@raspy/wire';
import { ServerRig } from '../../test/support/server-rig.js';
import type { KvWire } from '../codec.js';

const WIRES: readonly KvWire[] = ['chp', 'kvmsg'];
const seq = (n: bigint): Buffer => {
  const frame = Buffer.alloc(8);
  frame.writeBigUInt64BE(n);
  return frame;
};
const told = (frames: Frames | undefined): string[] =>
  (frames ?? []).map((frame, i) => (i === 0 ? frameText(frame) : Buffer.from(frame).toString('hex')));

describe('STATE?', () => {
  it.each(WIRES)(
    'tells the run of the server, and up to which sequence entries came from disk (%s)',
    (wire) => {
      const rig = new ServerRig({ startSeq: 10_000 });
      rig.set('/k', 'v');
      rig.ask(wire, 'p', 'STATE?');
      expect(rig.take(wire, 'p')).toEqual([
        { type: 'state', epoch: Buffer.from('epoch of the run'), seq: 10_000n },
      ]);
    },
  );
});

describe('COUNT?', () => {
  it('tells how many updates there were under the subtree in (from, to]', () => {
    const rig = new ServerRig();
    for (const key of ['/a/1', '/b/1', '/a/2', '/a/1']) rig.set(key, 'v');
    rig.set('/a/1', '');
    rig.ask('chp', 'p', 'COUNT?', '/a/', seq(1n));
    expect(rig.take('chp', 'p')).toEqual([
      { type: 'count', subtree: textFrame('/a/'), from: 1n, to: 5n, count: 3 },
    ]);
    rig.ask('kvmsg', 'p', 'COUNT?', '/none/', seq(0n));
    expect(rig.take('kvmsg', 'p')).toMatchObject([{ from: 0n, to: 5n, count: 0 }]);
  });

  it('counts expiries', () => {
    const rig = new ServerRig();
    rig.set('/a/1', 'v', 'ttl=1\n');
    rig.advance(2_000);
    rig.ask('chp', 'p', 'COUNT?', '/a/', seq(0n));
    expect(rig.take('chp', 'p')).toMatchObject([{ to: 2n, count: 2 }]);
  });

  it.each([
    ['too far back', 62_000n],
    ['of another run', 0n],
    ['of the future', 200_000n],
    ['of no number that a server has', 2n ** 64n - 1n],
  ])('from a sequence %s it tells no count, but to what it would', (_what, from) => {
    const rig = new ServerRig({ startSeq: 60_000 });
    for (let i = 0; i < 70_000; i++) rig.set('/a/1', 'v');
    rig.ask('chp', 'p', 'COUNT?', '/a/', seq(from));
    expect(rig.take('chp', 'p')).toEqual([
      { type: 'count', subtree: textFrame('/a/'), from, to: 130_000n, count: undefined },
    ]);
  });

  it('a subtree longer than a key may be is not repeated', () => {
    const rig = new ServerRig({ maxKeyBytes: 10 });
    rig.ask('chp', 'p', 'COUNT?', 'x'.repeat(11), seq(0n));
    expect(rig.sent).toEqual([]);
    expect(rig.dropped()).toEqual({ 'subtree-too-long': 1 });
  });
});

describe('SETIF?', () => {
  it('makes the update when the entry has the sequence that was expected, and tells the new one', () => {
    const rig = new ServerRig();
    rig.subscribe('chp', '/');
    rig.set('/k', 'v', '', 'chp', Buffer.alloc(16, 1));
    expect(rig.setIf('p', '/k', 1, 'w', 'ttl=9\n')).toMatchObject({ code: '200', seq: 2n, reason: '' });
    const last = rig.published.chp.at(-1)!;
    expect(told(last)).toEqual(['/k', '0000000000000002', '', Buffer.from('ttl=9\n').toString('hex'), '77']);
    expect(rig.machine.statistics()).toMatchObject({ updates: 2, conditional: 1, conflicts: 0 });
    rig.advance(9_000);
    expect(rig.machine.statistics().keys).toBe(0);
  });

  it('is answered in the same step, after its update was published', () => {
    const rig = new ServerRig();
    rig.subscribe('chp', '/');
    const asked = [
      textFrame('p'),
      textFrame('SETIF?'),
      seq(1n),
      textFrame('/k'),
      seq(0n),
      seq(0n).subarray(8),
    ];
    const effects = rig.machine.receive(rig.now, 'chp-snapshot', [...asked, textFrame('v')]);
    expect(effects.map((effect) => (effect.type === 'send' ? effect.port : effect.type))).toEqual([
      'chp-publisher',
      'chp-snapshot',
    ]);
  });

  it('0 expects that the key is absent', () => {
    const rig = new ServerRig();
    expect(rig.setIf('p', '/k', 0, 'v')).toMatchObject({ code: '200', seq: 1n });
    expect(rig.setIf('p', '/k', 0, 'w')).toMatchObject({ code: '409', seq: 1n });
    expect(rig.snapshot().entries).toEqual(new Map([['/k', 'v']]));
    expect(rig.machine.statistics()).toMatchObject({ updates: 1, conflicts: 1 });
  });

  it.each([2n, 2n ** 32n + 1n, 2n ** 53n + 1n, 2n ** 64n - 1n])(
    '%d is not 1: nothing changes',
    (expected) => {
      const rig = new ServerRig();
      rig.set('/k', 'v');
      expect(rig.setIf('p', '/k', expected, 'w')).toMatchObject({ code: '409', seq: 1n });
      expect(rig.setIf('p', '/absent', expected, 'w')).toMatchObject({ code: '409', seq: 0n });
      expect(rig.seq).toBe(1);
    },
  );

  it('without body deletes', () => {
    const rig = new ServerRig();
    rig.set('/k', 'v');
    expect(rig.setIf('p', '/k', 7, '')).toMatchObject({ code: '409', seq: 1n });
    expect(rig.setIf('p', '/k', 1, '')).toMatchObject({ code: '200', seq: 2n });
    expect(rig.setIf('p', '/k', 1, '')).toMatchObject({ code: '409', seq: 0n });
    expect(rig.machine.statistics()).toMatchObject({ keys: 0, deletes: 1 });
  });

  it('a key that was deleted and set again has another sequence', () => {
    const rig = new ServerRig();
    for (const body of ['v', '', 'v']) rig.set('/k', body);
    expect(rig.setIf('p', '/k', 1, 'w')).toMatchObject({ code: '409', seq: 3n });
  });

  it('against a limit is refused, with the cause as reason, and counted', () => {
    const rig = new ServerRig({ maxBodyBytes: 4, maxKeys: 1, maxPropertiesBytes: 4 });
    rig.set('/k', 'v');
    expect(rig.setIf('p', '/k', 1, 'too long')).toMatchObject({
      code: '400',
      seq: 1n,
      reason: 'body-too-large',
    });
    expect(rig.setIf('p', 'bad', 0, 'v')).toMatchObject({ code: '400', seq: 0n, reason: 'bad-key' });
    expect(rig.setIf('p', 'HUGZ', 0, 'v')).toMatchObject({ code: '400', reason: 'reserved-key' });
    expect(rig.setIf('p', '/new', 0, 'v')).toMatchObject({ code: '400', reason: 'too-many-keys' });
    expect(rig.setIf('p', '/k', 1, 'v', 'ttl=1\n')).toMatchObject({
      code: '400',
      reason: 'properties-too-long',
    });
    expect(rig.seq).toBe(1);
    expect(rig.dropped()).toEqual({
      'bad-key': 1,
      'body-too-large': 1,
      'properties-too-long': 1,
      'reserved-key': 1,
      'too-many-keys': 1,
    });
  });

  it('of two who expect the same, one wins', () => {
    const rig = new ServerRig();
    rig.set('/k', 'v');
    const codes = ['a', 'b', 'c'].map((peer) => rig.setIf(peer, '/k', 1, peer));
    expect(codes).toMatchObject([{ code: '200' }, { code: '409', seq: 2n }, { code: '409', seq: 2n }]);
  });
});

describe('answers', () => {
  it('that do not leave are counted', () => {
    const rig = new ServerRig();
    rig.takes = () => false;
    rig.ask('chp', 'p', 'STATE?');
    rig.ask('kvmsg', 'p', 'COUNT?', '', seq(0n));
    expect(rig.dropped()).toEqual({ 'reply-undelivered': 2 });
    expect(rig.eventsOf('dropped')).toMatchObject([{ wire: 'chp', peer: 'p', count: 1 }]);
  });

  it('updates that a closed publisher does not take are nothing', () => {
    const rig = new ServerRig();
    rig.subscribe('chp');
    rig.takes = () => false;
    rig.set('/k', 'v');
    expect(rig.dropped()).toEqual({});
  });
});
